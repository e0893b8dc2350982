"""Signals sent by the services of this app after changes to follows and achievements.

A signal is sent once per service call, only when something changed, after the writes and inside their
transaction. A receiver may write rows in that transaction; with effects outside the database it uses
``transaction.on_commit``.
"""

from django.dispatch import Signal

#: A player follows another. ``sender``: ``Follow``; ``follow``: the new row.
player_followed = Signal()

#: Players earned achievements, or were given them. ``sender``: ``UserAchievement``; ``awards``: the new rows,
#: never empty, with ``user`` and ``achievement`` loaded.
achievements_awarded = Signal()
