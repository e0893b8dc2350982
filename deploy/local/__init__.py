"""A whole site of production on this machine: PostgreSQL, Redis, web servers, workers, a beat, and nginx.

``make prod-local`` runs it and puts a load on it; to break it there is :class:`deploy.local.site.Site`.
"""
