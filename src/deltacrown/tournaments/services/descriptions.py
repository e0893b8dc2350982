"""What a tournament says of the lines of its matches, and how it follows them when they are corrected."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db import router

from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import Match, MatchRow
from deltacrown.games.services import MatchKey, list_lines_by_match
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentMatchResult
from deltacrown.tournaments.services.roster_book import PlayedTime, RosterBook
from deltacrown.tournaments.services.series import list_series_of, sync_series
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

#: Match key and player's id → a team's id.
Teams = Mapping[tuple[MatchKey, int], int | None]

ROWS_PER_QUERY, ROWS_PER_UPDATE = 10_000, 1_000
#: What of a description follows the lines of its match.
FOLLOWING = ["user", "team", "opponent_team", "opponent_user"]


class InvalidTournamentMatch(InvalidInput):
    """The match cannot be one of the tournament: it is of another game, or names a team of nobody in it."""


@atomic_service
def drop_descriptions(*, rows: Sequence[int]) -> None:
    """Delete what tournaments say of some lines, by the ids of their rows."""
    series = list_series_of(rows)

    # Not one by one, with a signal each, which would sync the series as often.
    TournamentMatchResult.objects.filter(match_id__in=rows)._raw_delete(router.db_for_write(Match))
    if series:
        sync_series(keys=series)


@atomic_service
def sync_descriptions(*, keys: Collection[MatchKey], teams: Teams | None = None) -> None:
    """Make what tournaments say of some matches follow their lines, after they were corrected, or more known.

    Lines of other players get their own description, teams that were not known and opponents are found anew,
    and a match that is casual now is none of a tournament. A match that was never described stays so.

    :param teams: match key and player's id → the team they played for, where it is to be another.
    """
    matches = list_lines_by_match(keys)
    known = _list_known(row.pk for rows in matches.values() for row in rows)
    described = {key: rows for key, rows in matches.items() if any(row.pk in known for row in rows)}
    casual = [row.pk for rows in described.values() if _is_casual(rows) for row in rows]
    if casual:
        drop_descriptions(rows=casual)

    official = {key: rows for key, rows in described.items() if not _is_casual(rows)}
    players = {row.user_id for rows in official.values() for row in rows}
    book = RosterBook({row.tournament_id for row in known.values()} if players else set(), players)
    fresh = []
    for key, rows in official.items():
        like = next(known[row.pk] for row in rows if row.pk in known)
        told = {user: team for (match, user), team in (teams or {}).items() if match == key}
        played_for = _find_teams(like.tournament, rows, known, book, told)
        fresh += [_describe_line(like, row, played_for) for row in rows]
    _write(fresh, known)


def _list_known(matches: Iterable[int]) -> dict[int, TournamentMatchResult]:
    """Return row's id → what its tournament says of it."""
    known: dict[int, TournamentMatchResult] = {}
    for batch in in_batches(sorted(matches), ROWS_PER_QUERY):
        rows = TournamentMatchResult.objects.filter(match__in=batch).select_related("tournament")
        known |= {row.match_id: row for row in rows}

    return known


def _is_casual(rows: Sequence[MatchRow]) -> bool:
    return any(row.kind == Match.Kind.CASUAL for row in rows)


def _write(fresh: Sequence[TournamentMatchResult], known: Mapping[int, TournamentMatchResult]) -> None:
    """Write descriptions as they are now, over those that are known."""
    for row in fresh:
        if row.match_id in known:
            row.pk = known[row.match_id].pk
    different = [row for row in fresh if row.pk is not None and _differs(row, known[row.match_id])]
    TournamentMatchResult.objects.bulk_update(different, FOLLOWING, batch_size=ROWS_PER_UPDATE)
    new = sorted((row for row in fresh if row.pk is None), key=lambda row: row.match_id)
    TournamentMatchResult.objects.bulk_create(new)
    series = {(row.tournament_id, row.series) for row in fresh if row.series}
    if series:
        sync_series(keys=series)
    if new:
        signals.tournament_matches_recorded.send(TournamentMatchResult, rows=new)


def _differs(row: TournamentMatchResult, known: TournamentMatchResult) -> bool:
    return any(getattr(row, f"{name}_id") != getattr(known, f"{name}_id") for name in FOLLOWING)


def _find_teams(
    tournament: Tournament,
    lines: Sequence[MatchRow],
    known: Mapping[int, TournamentMatchResult],
    book: RosterBook,
    told: Mapping[int, int | None],
) -> dict[int, int | None]:
    """Return player's id → team's id: as told, as described for the player before, or as the rosters say."""
    described = {row.user_id: known[row.pk].team_id for row in lines if row.pk in known}
    stated = {
        row.user_id: team
        for row in lines
        if row.pk in known and known[row.pk].user_id == row.user_id and (team := known[row.pk].team_id)
    }
    played = PlayedTime(lines[0].played_at, lines[0].is_time_known)
    return book.find_line_teams(
        tournament, lines, played, stated={**stated, **told}, described=described
    ).teams


def find_forfeit_rule(rows: Sequence[MatchRow]) -> bool | None:
    """Return whether the tournament of a match counts what a forfeit decided; None where it has no rule."""
    known = TournamentMatchResult.objects.filter(match__in=[row.pk for row in rows])
    rule: bool | None = known.values_list("tournament__counts_forfeits", flat=True).first()
    return rule


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
        best_of=like.best_of,
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
