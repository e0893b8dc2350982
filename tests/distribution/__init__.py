"""Which statements of the site carry the player, by whom a distributed PostgreSQL would keep its rows.

``python -m tests.distribution`` asks for every page and operation, records, runs every job, and counts.
"""
