"""Signals sent by the services of this app after changes to tournaments.

A signal is sent once per service call, only when something changed, after the writes and inside their
transaction. A receiver may write rows in that transaction; if it fails, everything is rolled back. With
effects outside the database it uses ``transaction.on_commit``. ``tournament`` is the ``Tournament`` after
the change. ``sender`` is ``Tournament`` unless another one is given below.
"""

from django.dispatch import Signal

#: A draft was created: ``tournament``.
tournament_created = Signal()

#: Registration opened: ``tournament``.
tournament_opened = Signal()

#: Players were registered, or registered again after withdrawing. ``sender``: ``TournamentParticipation``;
#: ``tournament``; ``participations``: the rows written, never empty, with ``user`` and ``team`` loaded;
#: imported ones may have any status.
players_registered = Signal()

#: Players or teams were invited. ``sender``: ``TournamentInvitation``; ``tournament``; ``invitations``: the
#: rows written, never empty, with ``user`` or ``team`` loaded; ``told``: the keys of the users who answer
#: them; ``by``: who invited; ``now``: when.
entrants_invited = Signal()

#: The roster of a team changed. ``sender``: ``TournamentParticipation``; ``tournament``; ``participations``:
#: the rows written, of players who joined and who left, never empty, with ``user`` and ``team`` loaded;
#: ``changes``: the ``EntryChange`` rows.
roster_changed = Signal()

#: An entrant checked in. ``sender``: ``TournamentParticipation``; ``tournament``; ``participations``: the
#: row of the player, or the rows of the team.
entrant_checked_in = Signal()

#: A check-in was taken back. ``sender``: ``TournamentParticipation``; ``tournament``; ``participations``: the
#: row of the player, or the rows of the team.
check_in_taken_back = Signal()

#: An entrant withdrew. ``sender``: ``TournamentParticipation``; ``tournament``; ``participations``: the row
#: of the player, or the rows of the team.
entrant_withdrawn = Signal()

#: A withdrawal was taken back. ``sender``: ``TournamentParticipation``; ``tournament``; ``participations``:
#: the row of the player, or the rows of the team.
withdrawal_taken_back = Signal()

#: The tournament started: ``tournament``.
tournament_started = Signal()

#: The tournament was completed: ``tournament``; ``results``: its ``TournamentResult`` rows of players and
#: teams (``user`` is None on a team row), including disqualified ones, with ``user`` and ``team`` loaded,
#: possibly empty; ``now``: when.
tournament_completed = Signal()

#: The tournament was cancelled: ``tournament``; ``reason``: str; ``now``: when.
tournament_cancelled = Signal()

#: A completed tournament was annulled: ``tournament``; ``results``: its results, which count nowhere now,
#: with ``user`` and ``team`` loaded; ``reason``: str; ``by``: the ``User`` who decided, or None; ``now``.
tournament_annulled = Signal()

#: An annulment was lifted: as above; the ``results`` count again.
annulment_lifted = Signal()

#: A completed tournament was opened again: as above; the ``results`` count nowhere until the next end.
tournament_reopened = Signal()

#: An entrant's result was corrected. ``sender``: ``TournamentResult``; ``tournament``; ``changes``: a
#: ``ResultChange`` (``result`` after the change, ``old_placement``, ``old_prize``) per row written, never
#: empty; ``reason``: str; ``by``: the ``User`` who decided, or None; ``now``: when.
result_corrected = Signal()

#: An entrant was disqualified. ``sender``: ``TournamentResult``; ``tournament``; ``participations``: the
#: entrant's registrations; ``changes``: a ``ResultChange`` per result row that lost its placement, empty
#: before the tournament is completed; ``moved``: a ``ResultChange`` per row of another entrant that moved
#: up; ``reason``, ``by``, ``now`` as above.
entrant_disqualified = Signal()

#: A disqualification was lifted. ``sender``: ``Disqualification``; ``tournament``; ``participations``: the
#: entrant's registrations; ``changes``: a ``ResultChange`` per result row that has its placement again;
#: ``moved``: a ``ResultChange`` per row of another entrant that moved back; ``reason``, ``by``, ``now`` as
#: above.
disqualification_lifted = Signal()

#: Tournament data was added to matches. ``sender``: ``TournamentMatchResult``; ``rows``: the new rows,
#: never empty. ``games.signals.matches_recorded`` announces the matches themselves.
tournament_matches_recorded = Signal()
