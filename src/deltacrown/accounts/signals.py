"""Signals sent by the services of this app after changes to accounts.

A signal is sent once per service call, only when something changed, after the writes and inside their
transaction. A receiver with effects outside the database uses ``transaction.on_commit``.
"""

from django.dispatch import Signal

#: Players were created. ``sender``: ``User``; ``users``: the new users, never empty.
players_created = Signal()

#: A player has another username. ``sender``: ``User``; ``user``. Others see it where no other name is shown.
player_renamed = Signal()
