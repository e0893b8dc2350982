"""What happened in games, announced by its services.

Every signal is sent inside the transaction that wrote the fact, after the writes, once per service
call and only when something changed: a receiver may write rows beside it, its failure undoes the
whole, and what leaves the database it does in ``transaction.on_commit``. A row is a ``Match`` or an
``ArchivedMatch``.
"""

from django.dispatch import Signal

#: A game was created. ``sender``: ``Game``; ``game``.
game_created = Signal()

#: Matches were recorded. ``sender``: ``Match``; ``rows``: the new ``Match`` rows, never empty, ``user`` and ``game`` set;
#: those recorded as already void have ``voided_at``.
matches_recorded = Signal()

#: A match was voided. ``sender``: ``Match``; ``rows``: those that count no longer, never empty; ``reason``: str;
#: ``by``: the ``User`` who did, or None; ``now``: when.
match_voided = Signal()

#: A void was taken back. ``sender``: ``Match``; ``rows``: those that count again, never empty; ``reason``, ``by``, ``now`` as above.
match_restored = Signal()

#: A match was corrected. ``sender``: ``Match``; ``changes``: a ``MatchChange`` (``row`` as it is now, ``old_result``,
#: ``old_score``) per row that changed, never empty; ``reason``, ``by``, ``now`` as above.
match_corrected = Signal()
