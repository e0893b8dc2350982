"""What happened to disputes, announced by the services that recorded it.

Every signal is sent inside the transaction that recorded the fact: a receiver may write rows beside
it, and does what leaves the database in ``transaction.on_commit``. What a remedy changed is announced
by the app that owns it.
"""

from django.dispatch import Signal

#: A player filed a dispute. ``sender``: ``Dispute``; ``dispute``: the new row.
dispute_filed = Signal()

#: A dispute was upheld and its remedy applied. ``sender``: ``Dispute``; ``dispute``: the row; ``remedy``: the dataclass applied.
dispute_upheld = Signal()

#: A dispute was rejected. ``sender``: ``Dispute``; ``dispute``: the row.
dispute_rejected = Signal()
