"""How people come in: what django-allauth asks of this site, and what this site asks of it.

Signing up, confirming an address, a forgotten password, the second factor and the list of sessions are
django-allauth's. Whose name is free, who is let in, how often one may try and what is kept are decided here,
and written by ``accounts.services``. See decision 0055.
"""
