"""Signals sent by the services of this app after changes to games and matches.

A signal is sent once per service call, only when something changed, after the writes and inside their
transaction. A receiver may write rows in that transaction; if it fails, everything is rolled back. With
effects outside the database it uses ``transaction.on_commit``. A row is a ``Match`` or an ``ArchivedMatch``.
"""

from django.dispatch import Signal

#: A game was created. ``sender``: ``Game``; ``game``.
game_created = Signal()

#: Matches were recorded. ``sender``: ``Match``; ``rows``: the new ``Match`` rows, never empty, with
#: ``user`` and ``game`` loaded; rows of matches that were recorded as void have ``voided_at``.
matches_recorded = Signal()

#: A match was voided. ``sender``: ``Match``; ``rows``: its rows, which no longer count, never empty;
#: ``reason``: str; ``by``: the ``User`` who voided it, or None; ``now``: when.
match_voided = Signal()

#: A voided match was restored. ``sender``: ``Match``; ``rows``: its rows, which count again, never empty;
#: ``reason``, ``by``, ``now`` as above.
match_restored = Signal()

#: A match was corrected. ``sender``: ``Match``; ``changes``: a ``MatchChange`` (``row`` after the change, and
#: what it said before) per changed row; ``added``: the new rows; ``removed``: the rows taken out, which are
#: deleted; not all three are empty; ``reason``, ``by``, ``now`` as above.
match_corrected = Signal()

#: Lines are about to be taken out of a match by a correction: what points to them can be changed now.
#: ``sender``: ``Match``; ``rows``: those lines; ``stays``: the lines that stay, never empty.
match_lines_removing = Signal()
