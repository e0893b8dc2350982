"""Signals sent by the services of this app after changes to disputes.

A signal is sent inside the transaction of the change. A receiver may write rows in that transaction;
with effects outside the database it uses ``transaction.on_commit``. The app that owns the rows sends
the signals for what a remedy changed.
"""

from django.dispatch import Signal

#: A player filed a dispute. ``sender``: ``Dispute``; ``dispute``: the new row.
dispute_filed = Signal()

#: A dispute was upheld and its remedy applied. ``sender``: ``Dispute``; ``dispute``: the row; ``remedy``:
#: the dataclass that was applied.
dispute_upheld = Signal()

#: A dispute was rejected. ``sender``: ``Dispute``; ``dispute``: the row.
dispute_rejected = Signal()
