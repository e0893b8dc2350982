"""What happened in tournaments, announced by its services.

Every signal is sent inside the transaction that wrote the fact, after the writes, once per service
call and only when something changed: a receiver may write rows beside it, its failure undoes the
whole, and what leaves the database it does in ``transaction.on_commit``. ``tournament`` is the
``Tournament`` as it is now. ``sender`` is ``Tournament`` unless named.
"""

from django.dispatch import Signal

#: A draft was created: ``tournament``.
tournament_created = Signal()

#: Registration opened: ``tournament``.
tournament_opened = Signal()

#: Players were registered, or registered again after withdrawing. ``sender``: ``TournamentParticipation``; ``tournament``;
#: ``participations``: the rows written, never empty, ``user`` and ``team`` set; imported ones may have any status.
players_registered = Signal()

#: An entrant checked in. ``sender``: ``TournamentParticipation``; ``tournament``; ``participations``: the player's row or the team's.
entrant_checked_in = Signal()

#: An entrant withdrew. ``sender``: ``TournamentParticipation``; ``tournament``; ``participations``: the player's row or the team's.
entrant_withdrawn = Signal()

#: The tournament began: ``tournament``.
tournament_started = Signal()

#: The tournament ended: ``tournament``; ``results``: its ``TournamentResult`` rows, players' and teams' (``user`` None on a
#: team row), disqualified ones too, ``user`` and ``team`` set, maybe empty; ``now``: when.
tournament_completed = Signal()

#: The tournament will not be finished: ``tournament``; ``reason``: str; ``now``: when.
tournament_cancelled = Signal()

#: An entrant's result was corrected. ``sender``: ``TournamentResult``; ``tournament``; ``changes``: a ``ResultChange``
#: (``result`` as it is now, ``old_placement``, ``old_prize``) per row written, never empty; ``reason``: str; ``by``: the ``User`` who
#: decided, or None; ``now``: when.
result_corrected = Signal()

#: An entrant was disqualified. ``sender``: ``TournamentResult``; ``tournament``; ``participations``: its rows; ``changes``: a
#: ``ResultChange`` per result row that lost its placement, empty before the end; ``moved``: one per row placed worse that moved
#: up; ``reason``, ``by``, ``now`` as above.
entrant_disqualified = Signal()

#: Matches of tournaments were described. ``sender``: ``TournamentMatchResult``; ``rows``: the new rows, never empty. The
#: matches themselves are announced by ``games.signals.matches_recorded``.
tournament_matches_recorded = Signal()
