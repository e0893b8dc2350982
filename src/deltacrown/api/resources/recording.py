"""Record matches as game servers deliver them, and void, restore or correct them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from deltacrown.api.access import CORRECTOR, RECORDER, caller_of
from deltacrown.api.deliveries import deliver
from deltacrown.api.idempotency import IdempotencyKey, answer_idempotently
from deltacrown.api.people import by_username, find_game, find_players_named
from deltacrown.api.resources.matches import resource
from deltacrown.api.shapes.matches import (
    GivenLine,
    GivenMatchCorrection,
    GivenMatches,
    GivenVoid,
    MatchState,
    Outcomes,
)
from deltacrown.core.clock import now
from deltacrown.games import services as games
from deltacrown.games.models import MatchRow
from deltacrown.user_profile.people.addresses import list_public_ids


@resource.write("POST", "/matches", answers=Outcomes, access=RECORDER, most_bytes=None)
def record_matches(
    request: HttpRequest, response: HttpResponse, body: GivenMatches, idempotency_key: IdempotencyKey = None
) -> Any:
    """Record 1 to 1,000 matches, each whole or refused with its reason.

    A body of another shape is refused whole (422) and nothing is recorded. Otherwise every match stands
    by itself, and what became of each is told in the order given. The match key makes repeats safe: a match
    that is recorded with the same content is `unchanged`, one with other content `refused`.
    """
    caller = caller_of(request)
    return answer_idempotently(
        request, response, caller, idempotency_key, lambda: deliver(body.matches, now=now())
    )


@resource.write("POST", "/matches/void", answers=MatchState, access=CORRECTOR, refuses=[404])
def void_match(request: HttpRequest, body: GivenVoid) -> Any:
    """Void a match: it stays visible, marked with the reason, and counts nowhere.

    One that is void already keeps its date and reason.
    """
    game, by = find_game(body.game), caller_of(request).member
    return _state(games.void_match(game=game, match_key=body.match_key, reason=body.reason, now=now(), by=by))


@resource.write("POST", "/matches/restore", answers=MatchState, access=CORRECTOR, refuses=[404])
def restore_match(request: HttpRequest, body: GivenVoid) -> Any:
    """Take a void back: the match counts again."""
    game, by = find_game(body.game), caller_of(request).member
    return _state(
        games.restore_match(game=game, match_key=body.match_key, reason=body.reason, now=now(), by=by)
    )


@resource.write("POST", "/matches/correct", answers=MatchState, access=CORRECTOR, refuses=[404, 409])
def correct_match(request: HttpRequest, body: GivenMatchCorrection) -> Any:
    """Correct what is recorded of a match: results, scores, sides, stats, time, kind, and players.

    A line can be moved to the right player, added, or taken out. What is not named stays as it is. The match
    as corrected must be one that could be recorded; its numbers, achievements, timelines and what its
    tournament says of it follow.
    """
    game, by = find_game(body.game), caller_of(request).member
    moved = find_players_named(body.moved.values(), field="moved")
    rows = games.correct_match(
        game=game,
        match_key=body.match_key,
        results=by_username(body.results, field="results"),
        scores=by_username(body.scores, field="scores"),
        sides=by_username(body.sides, field="sides"),
        stats=by_username(body.stats, field="stats"),
        moved=by_username(dict(zip(body.moved, moved, strict=True)), field="moved"),
        added=_lines(body.added),
        removed=[user.username for user in find_players_named(body.removed, field="removed")],
        played_at=body.played_at,
        kind=body.kind,
        reason=body.reason,
        now=now(),
        by=by,
    )
    return _state(rows)


def _lines(given: Sequence[GivenLine]) -> list[games.LineRecord]:
    users = find_players_named([line.player for line in given], field="added")
    return [
        games.LineRecord(user=user, result=line.result, side=line.side, score=line.score, stats=line.stats)
        for user, line in zip(users, given, strict=True)
    ]


def _state(rows: Sequence[MatchRow]) -> dict[str, Any]:
    ids = list_public_ids(row.user_id for row in rows)
    first = rows[0]
    return {
        "game_slug": first.game.slug,
        "match_key": first.match_key,
        "voided_at": first.voided_at,
        "void_reason": first.void_reason,
        "results": {ids[row.user_id]: row.result for row in rows},
        "scores": {ids[row.user_id]: row.score for row in rows},
    }
