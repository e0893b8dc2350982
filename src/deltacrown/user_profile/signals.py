"""What happened to profiles and badges, announced by the services that recorded it.

Every signal is sent inside the transaction that recorded the fact, once per service call: a receiver
may write rows beside it, and does what leaves the database in ``transaction.on_commit``.
"""

from django.dispatch import Signal

#: Players earned achievements. ``sender``: ``UserAchievement``; ``awards``: the new rows, never empty, with ``user``
#: and ``achievement`` set.
achievement_awarded = Signal()

#: A player lost an achievement. ``sender``: ``UserAchievement``; ``user``, ``achievement``, and ``reason``, one sentence.
achievement_revoked = Signal()
