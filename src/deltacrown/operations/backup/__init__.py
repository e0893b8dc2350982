"""Make a copy of a whole site that is right in itself, while the site writes; and put it back.

A backup is a folder: the database as its own tools write it, the pictures of players, a manifest that says
what is in it, and the checksum of every file.
"""
