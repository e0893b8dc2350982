"""Who gets the result of a team: its roster at the end, and who left it after playing for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from deltacrown.core.natural_order import get_numbered_key
from deltacrown.games.models import list_match_sources
from deltacrown.tournaments.models import Tournament, TournamentMatchResult, TournamentParticipation

Rosters = Mapping[int, Sequence[TournamentParticipation]]


@dataclass(frozen=True)
class Played:
    """One match that a player played for a team in a tournament.

    :param counts: whether it counts, as ``MatchRow.counts``.
    """

    user: int
    team: int
    played_at: datetime
    counts: bool
    order: tuple[datetime, str]


def list_played(tournament: Tournament, users: Collection[int]) -> list[Played]:
    """Return the matches that players played for teams of a tournament, in order of play. Three queries."""
    rows = TournamentMatchResult.objects.filter(tournament=tournament, user__in=users, team__isnull=False)
    teams = dict(rows.values_list("match", "team"))
    if not teams:
        return []

    lines = {line.pk: line for source in list_match_sources(pk__in=teams) for line in source}
    played = [
        Played(
            line.user_id,
            teams[line.pk],
            line.played_at,
            line.counts,
            (line.played_at, get_numbered_key(line.sequence, line.match_key)),
        )
        for line in lines.values()
    ]
    return sorted(played, key=lambda each: each.order)


def add_leavers(
    tournament: Tournament, rosters: Rosters, *, placed: Collection[int | None] = ()
) -> dict[int, list[TournamentParticipation]]:
    """Return the rosters, by team, with everybody who gets the result of the team.

    That is who is on the roster at the end, and who left it, is on no other, and played a match for the team
    that counts. Who did so for two teams gets the result of the one they played for last.

    :param placed: the ids of players who have a result already, which is with another team.
    """
    recipients = {entrant: list(roster) for entrant, roster in rosters.items()}
    if tournament.entrant_kind == Tournament.EntrantKind.SOLO:
        return recipients

    left = tournament.participations.filter(status=TournamentParticipation.Status.WITHDRAWN)
    leavers = {row.user_id: row for row in left.select_related("user", "team").order_by("pk")}
    last = (
        {each.user: each.team for each in list_played(tournament, leavers) if each.counts} if leavers else {}
    )
    if not last:
        return recipients

    by_team = defaultdict(list)
    for user, team in last.items():
        if user not in placed:
            by_team[team].append(leavers[user])
    for team, rows in by_team.items():
        if team in recipients:
            present = {row.user_id for row in recipients[team]}
            recipients[team] += [row for row in rows if row.user_id not in present]
    return recipients
