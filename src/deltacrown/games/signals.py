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

#: A match, or some of its lines, were voided. ``sender``: ``Match``; ``rows``: those rows, never empty;
#: ``reason``: str; ``by``: the ``User`` who voided it, or None; ``now``: when.
match_voided = Signal()

#: A void of a match, or of some of its lines, was taken back. ``sender``: ``Match``; ``rows``: those rows,
#: never empty; ``reason``, ``by``, ``now`` as above.
match_restored = Signal()

#: A match was corrected. ``sender``: ``Match``; ``changes``: a ``MatchChange`` (``row`` after the change, and
#: what it said before) per changed row; ``added``: the new rows; ``removed``: the rows taken out, which are
#: deleted; not all three are empty; ``reason``, ``by``, ``now`` as above.
match_corrected = Signal()

#: Lines are about to be taken out of a match by a correction: what points to them can be changed now.
#: ``sender``: ``Match``; ``rows``: those lines; ``stays``: the lines that stay, never empty.
match_lines_removing = Signal()

#: Later deliveries named more players of recorded matches. ``sender``: ``Match``; ``rows``: the new rows,
#: never empty, which ``matches_recorded`` has announced; ``changes``: a ``MatchChange`` per older row that
#: counts otherwise now, as a forfeit no longer decides the match.
match_lines_added = Signal()

#: Whether a recorded match counts that a forfeit decided is to be found. ``sender``: ``Match``; ``rows``: its
#: lines. A receiver that knows a rule returns it; the others None.
forfeit_rule_asked = Signal()
