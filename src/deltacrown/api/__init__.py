"""The HTTP API, version 1.

``resources`` has a module per resource, ``shapes`` the shapes of requests and answers.
"""
