"""What a tournament says of the lines of its matches, and how it follows them when they are corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import Match, MatchRow
from deltacrown.games.services import list_match_lines
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentMatchResult, TournamentParticipation
from deltacrown.tournaments.services.states import Status
from django_tally.transactions import atomic_service

#: What of a description follows the lines of its match.
FOLLOWING = ["user", "team", "opponent_team", "opponent_user"]


class InvalidTournamentMatch(InvalidInput):
    """The match cannot be one of the tournament: another game, or players who are not registered."""


@atomic_service
def drop_descriptions(*, rows: Sequence[MatchRow]) -> None:
    """Delete what tournaments say of some lines, which are taken out of their match."""
    TournamentMatchResult.objects.filter(match_id__in=[row.pk for row in rows]).delete()


@atomic_service
def sync_descriptions(*, line: MatchRow) -> None:
    """Make what a tournament says of a match follow its lines, after they were corrected.

    Lines of other players get their own description, opponents are found anew, and a match that is casual now
    is none of a tournament.

    :raises InvalidTournamentMatch: a player of the match is not registered for its tournament.
    """
    lines = list_match_lines(line.game, line.match_key)
    known = {
        row.match_id: row for row in TournamentMatchResult.objects.filter(match__in=[row.pk for row in lines])
    }
    if not known:
        return
    if any(row.kind == Match.Kind.CASUAL for row in lines):
        drop_descriptions(rows=lines)
        return

    first = known[min(known)]
    teams = _find_teams(first.tournament, lines, known)
    fresh = [_describe_line(first, row, teams) for row in lines]
    for row in fresh:
        if row.match_id in known:
            row.pk = known[row.match_id].pk
    TournamentMatchResult.objects.bulk_update([row for row in fresh if row.pk is not None], FOLLOWING)
    new = TournamentMatchResult.objects.bulk_create([row for row in fresh if row.pk is None])
    if new:
        signals.tournament_matches_recorded.send(TournamentMatchResult, rows=new)


def _find_teams(
    tournament: Tournament, lines: Sequence[MatchRow], known: Mapping[int, TournamentMatchResult]
) -> dict[int, int | None]:
    """Return player's id → team's id: as described for the line before, or else as registered."""
    players = [row.user_id for row in lines]
    registered = TournamentParticipation.objects.filter(tournament=tournament, user__in=players)
    teams: dict[int, int | None] = dict(registered.values_list("user", "team"))
    for row in lines:
        if row.pk in known and known[row.pk].user_id == row.user_id:
            teams[row.user_id] = known[row.pk].team_id

    strangers = sorted(row.user.shown_name for row in lines if row.user_id not in teams)
    if strangers:
        advice = advise_entering(tournament)
        raise InvalidTournamentMatch(
            f"{', '.join(strangers)} not registered for {tournament.name}{advice}.", field="user"
        )
    return teams


def advise_entering(tournament: Tournament) -> str:
    """Return the advice to register players, where that can be done."""
    return "; register them first" if tournament.status == Status.OPEN else ", and registration is closed"


def _describe_line(
    like: TournamentMatchResult, line: MatchRow, teams: Mapping[int, int | None]
) -> TournamentMatchResult:
    team = teams[line.user_id]
    opponent_team, opponent_user = find_opponents(line.user_id, teams)
    return TournamentMatchResult(
        tournament_id=like.tournament_id,
        user_id=line.user_id,
        match_id=line.pk,
        team_id=team,
        opponent_team_id=opponent_team,
        opponent_user_id=opponent_user,
        round=like.round,
        series=like.series,
        map_name=like.map_name,
        stats=like.stats,
    )


def find_opponents(user: int, teams: Mapping[int, int | None]) -> tuple[int | None, int | None]:
    """Return the opponent's team and the opponent, each only when there is exactly one.

    :param teams: player's id → team's id, of everybody in the match.
    """
    team = teams[user]
    other_teams = set(teams.values()) - {None, team} if team is not None else set()
    other_players = teams.keys() - {user}
    return (
        other_teams.pop() if len(other_teams) == 1 else None,
        next(iter(other_players)) if len(other_players) == 1 else None,
    )
