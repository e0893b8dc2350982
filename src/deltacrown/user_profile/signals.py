"""Signals sent by the services of this app after changes to follows, achievements, names and merges.

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

#: Achievements were taken back. ``sender``: ``UserAchievement``; ``awards``: the rows that were deleted,
#: never empty, with ``achievement`` loaded.
achievements_revoked = Signal()

#: Players are shown under another name, as they or others changed it. ``sender``: ``UserProfile``; ``users``:
#: their keys, never empty. A username that is shown is announced by ``accounts.signals.player_renamed``.
players_shown_otherwise = Signal()

#: An account was merged into another. ``sender``: ``PlayerMerge``; ``kept``, ``merged``: the two users;
#: ``now``: when.
players_merged = Signal()

#: A merge was undone. ``sender``: ``PlayerMerge``; ``kept``, ``merged``, ``now`` as above.
players_parted = Signal()
