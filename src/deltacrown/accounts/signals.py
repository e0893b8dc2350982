"""What happened to accounts, announced by its services.

A signal is sent inside the transaction that wrote the fact, after the writes, once per service call
and only when something changed; what leaves the database a receiver does in ``transaction.on_commit``.
"""

from django.dispatch import Signal

#: Players were created. ``sender``: ``User``; ``users``: the new users, never empty.
players_created = Signal()
