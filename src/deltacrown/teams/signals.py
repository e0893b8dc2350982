"""What happened in teams, announced by its services.

Every signal is sent inside the transaction that recorded the fact, once per service call: a receiver
may write rows beside it, and does what leaves the database in ``transaction.on_commit``.
"""

from django.dispatch import Signal

#: Players joined teams. ``sender``: ``TeamMembership``; ``memberships``: the new rows, never empty, with ``team`` and ``user`` set.
team_joined = Signal()

#: Players left teams. ``sender``: ``TeamMembership``; ``memberships``: the rows that ended, never empty, with ``team`` and ``user`` set.
team_left = Signal()
