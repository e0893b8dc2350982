"""What happened to profiles and badges, announced by the services that recorded it.

Every signal is sent inside the transaction that recorded the fact, once per service call: a receiver
may write rows beside it, and does what leaves the database in ``transaction.on_commit``.
"""

from django.dispatch import Signal

#: Players earned achievements. ``sender``: ``UserAchievement``; ``awards``: the new rows, never empty, with ``user``
#: and ``achievement`` set.
achievement_awarded = Signal()

#: Players lost achievements. ``sender``: ``UserAchievement``; ``awards``: the rows that were, never empty, with ``user`` and
#: ``achievement`` set; ``reason``, one sentence.
achievement_revoked = Signal()

#: Achievements held were earned by another fact than was recorded. ``sender``: ``UserAchievement``; ``awards``: the rows
#: changed, never empty, with ``user`` and ``achievement`` set.
achievement_restated = Signal()

#: What players earned in tournaments changed. ``sender``: ``ExperienceAward``; ``users``: their ids, never empty. The experience
#: of achievements is told by the signals of achievements.
experience_changed = Signal()

#: A player's verification was decided, or asked for again. ``sender``: ``KycVerification``; ``verification``: the row.
verification_changed = Signal()
