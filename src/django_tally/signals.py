"""Signals of the engine, sent inside the transaction that they tell of."""

from django.dispatch import Signal

#: Numbers that had drifted were repaired. ``sender``: ``Repair``; ``repairs``: the new rows, never empty.
numbers_repaired = Signal()
