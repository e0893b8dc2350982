"""The matches of a pairing: recorded when it is confirmed, and what they say now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.games.models import MatchRow
from deltacrown.games.services import LineRecord, MatchNotFound, MatchRecord, list_lines_by_match, void_match
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Pairing, TournamentMatchResult
from deltacrown.tournaments.models.pairing import FIRST, SECOND, Side
from deltacrown.tournaments.services.match_records import TournamentMatchRecord
from deltacrown.tournaments.services.matches import record_tournament_matches
from deltacrown.tournaments.services.pairings.layout import THIRD_PLACE
from deltacrown.tournaments.services.pairings.outcomes import DRAWN, GameOutcome, Outcome, other_side
from deltacrown.tournaments.services.pairings.reading import list_players
from django_tally.batches import in_batches

Result = MatchRow.Result
EndedBy = MatchRow.EndedBy
#: Rounds of one encounter, which need no number.
ALONE = ("Final", THIRD_PLACE)


def list_match_keys(pairing: Pairing) -> list[str]:
    """Return the keys of the matches of a confirmed pairing, in the order of play."""
    outcome = Outcome.read(pairing.outcome)
    games = len(outcome.games) + bool(outcome.no_show)
    revised = f"-r{pairing.revision}" if pairing.revision else ""
    return [f"pairing-{pairing.key}{revised}-{game}" for game in range(1, games + 1)]


def record_outcome(pairing: Pairing, outcome: Outcome, *, played_at: datetime, now: datetime) -> None:
    """Record the matches of a pairing, whose ``outcome`` is set; what is recorded already stays so.

    A side that did not show up loses a match of no series, which tells alone who won where forfeits do not
    count; one that gave up midway loses a last game of the series.

    :raises DomainError: as ``record_tournament_matches`` refuses the first of them.
    """
    games = [*outcome.games]
    if outcome.no_show:
        games.append(GameOutcome(outcome.winner))
    series = _name_series(pairing) if outcome.games else ""
    players = [list_players(pairing.tournament, entrant) for entrant in pairing.sides if entrant is not None]
    records = [
        TournamentMatchRecord(
            tournament=pairing.tournament,
            match=MatchRecord(
                game=pairing.tournament.game,
                match_key=key,
                played_at=played_at,
                sequence=place,
                lines=_build_lines(
                    pairing, game, players, given_up=outcome.no_show if place == len(outcome.games) else None
                ),
            ),
            round=pairing.round,
            series=series,
            best_of=pairing.best_of if series else None,
            teams=_build_teams(pairing, players),
        )
        for place, (key, game) in enumerate(zip(list_match_keys(pairing), games, strict=True))
    ]
    for told in record_tournament_matches(records=records, now=now):
        if told.refusal is not None:
            raise told.refusal


def _build_lines(
    pairing: Pairing, game: GameOutcome, players: Sequence[Sequence[User]], *, given_up: Side | None
) -> tuple[LineRecord, ...]:
    lines = []
    for side, entrant in ((FIRST, pairing.first), (SECOND, pairing.second)):
        result = Result.DRAW if game.winner == DRAWN else Result.WIN if game.winner == side else Result.LOSS
        lines += [
            LineRecord(
                user=user,
                result=result,
                side=entrant.name if isinstance(entrant, Team) else "",
                score=game.scores[side - 1],
                ended_by=EndedBy.FORFEIT if given_up == side else EndedBy.PLAY,
            )
            for user in players[side - 1]
        ]
    return tuple(lines)


def _build_teams(pairing: Pairing, players: Sequence[Sequence[User]]) -> dict[int, Team]:
    return {
        user.pk: entrant
        for entrant, together in zip(pairing.sides, players, strict=True)
        if isinstance(entrant, Team)
        for user in together
    }


def _name_series(pairing: Pairing) -> str:
    """Return a name that no other series of the tournament has: ``Semi-final 2``, or with what came after.

    A series that was taken back stays on record, void, with the players it had.
    """
    name = pairing.round[:80]
    if name not in ALONE:
        earlier = Pairing.objects.filter(tournament=pairing.tournament_id, round=pairing.round)
        name = f"{name} {earlier.filter(number__lte=pairing.number).count()}"
    told = TournamentMatchResult.objects.filter(tournament=pairing.tournament_id, series__startswith=name)
    taken = set(told.values_list("series", flat=True).distinct())
    names = [name, *(f"{name} ({again})" for again in range(2, len(taken) + 2))]
    return next(each for each in names if each not in taken)


def void_recorded(pairing: Pairing, *, reason: str, by: User, now: datetime) -> None:
    """Void the matches of a confirmed pairing; those that were deleted are gone."""
    for key in list_match_keys(pairing):
        try:
            void_match(game=pairing.tournament.game, match_key=key, reason=reason, by=by, now=now)
        except MatchNotFound:
            continue


def find_recorded_winners(pairings: Sequence[Pairing]) -> dict[int, int | None]:
    """Return pairing's id → the side that won by its recorded matches as they are now. Three queries.

    0 is a draw; None where all of them are void or gone.
    """
    confirmed = [pairing for pairing in pairings if pairing.is_confirmed]
    return {pairing.pk: _judge(games) for pairing, games in _read_games(confirmed)}


def read_recorded(pairing: Pairing) -> tuple[int | None, Outcome]:
    """Return the side that won by the recorded matches, and what they say now, in the order of play.

    A game that is void or gone is in it as one that nobody won: each keeps the key of its match.
    """
    games = next((games for _, games in _read_games([pairing] if pairing.is_confirmed else [])), [])
    winner = _judge(games)
    before = Outcome.read(pairing.outcome)
    told = [_tell(lines) for lines in games[: len(before.games)]]
    gave_up = other_side(winner) if before.no_show and winner else None
    return winner, Outcome(tuple(told), gave_up)


@dataclass(frozen=True)
class _Line:
    """A line of a recorded match, and the side it is of."""

    side: int | None
    row: MatchRow


def _read_games(pairings: Sequence[Pairing]) -> Iterator[tuple[Pairing, list[list[_Line]]]]:
    """Yield each pairing with the lines of each of its games that count: none of one that is void or gone."""
    keys = {row.pk: [(row.tournament.game_id, key) for key in list_match_keys(row)] for row in pairings}
    lines = list_lines_by_match({key for each in keys.values() for key in each})
    teams = _list_teams([row.pk for rows in lines.values() for row in rows], pairings)
    for pairing in pairings:
        yield (
            pairing,
            [
                [
                    _Line(_find_side(pairing, row, teams.get(row.pk)), row)
                    for row in lines.get(key, ())
                    if not row.is_voided
                ]
                for key in keys[pairing.pk]
            ],
        )


def _list_teams(matches: Sequence[int], pairings: Sequence[Pairing]) -> dict[int, int]:
    """Return line's id → the team it was played for: a team may be called otherwise by now."""
    if not any(isinstance(row.first, Team) for row in pairings):
        return {}
    found: dict[int, int] = {}
    for batch in in_batches(matches):
        told = TournamentMatchResult.objects.filter(match__in=batch, team__isnull=False)
        found |= dict(told.values_list("match_id", "team_id"))
    return found


def _find_side(pairing: Pairing, row: MatchRow, team: int | None) -> int | None:
    for side, entrant in ((FIRST, pairing.first), (SECOND, pairing.second)):
        if entrant is not None and entrant.pk == (row.user_id if isinstance(entrant, User) else team):
            return side
    return None


def _tell(lines: Sequence[_Line]) -> GameOutcome:
    """Return what the lines of one game say; nobody won it where they name no one side."""
    winners = {line.side for line in lines if line.row.result == Result.WIN} - {None}
    scores = [next((line.row.score for line in lines if line.side == side), "") for side in (FIRST, SECOND)]
    return GameOutcome((winners.pop() or DRAWN) if len(winners) == 1 else DRAWN, *scores)


def _judge(games: Sequence[Sequence[_Line]]) -> int | None:
    """Return the side that won: who won more of the games, or did not give up the last."""
    told = [lines for lines in games if lines]
    if not told:
        return None
    losers = {line.side for line in told[-1] if line.row.ended_by == EndedBy.FORFEIT}
    if losers in ({FIRST}, {SECOND}):
        return SECOND if losers == {FIRST} else FIRST
    return Outcome(tuple(_tell(lines) for lines in told)).winner
