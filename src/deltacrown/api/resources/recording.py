"""Record matches as game servers deliver them, and void, restore or correct them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from deltacrown.api.access import CORRECTOR, CREATOR, RECORDER, Caller, caller_of
from deltacrown.api.deliveries import deliver
from deltacrown.api.idempotency import IdempotencyKey, answer_idempotently
from deltacrown.api.people import by_username, find_game, find_player, find_players_named
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
from deltacrown.games.models import Game, MatchRow
from deltacrown.pages.matches import list_seen_lines
from deltacrown.user_profile.people.addresses import list_public_ids


@resource.write("POST", "/matches", answers=Outcomes, access=RECORDER, most_bytes=None)
def record_matches(
    request: HttpRequest, response: HttpResponse, body: GivenMatches, idempotency_key: IdempotencyKey = None
) -> Any:
    """Record 1 to 1,000 matches, each whole or refused with its reason.

    A body of another shape is refused whole (422) and nothing is recorded. Otherwise every match stands
    by itself, and what became of each is told in the order given. The match key makes repeats safe: a match
    that is recorded with the same content is `unchanged`, one with other content `refused`, and one to which
    a delivery adds players or a tournament's description is `completed`. What only looks odd is recorded,
    with `warnings`.

    With `create_missing`, unknown players (named by username) and teams are created, and who is not entered
    in the tournament of a match is entered where the caller runs it. Nothing is created for a match that is
    refused.
    """
    caller = caller_of(request)
    if body.create_missing:
        CREATOR.admit(caller)

    return answer_idempotently(
        request, response, caller, idempotency_key, lambda: deliver(body, caller=caller, now=now())
    )


@resource.write("POST", "/matches/void", answers=MatchState, access=CORRECTOR, refuses=[404])
def void_match(request: HttpRequest, body: GivenVoid) -> Any:
    """Void a match, or one player's line of it: it stays visible, marked with the reason, and counts nowhere.

    What is void already keeps its date and reason. The answer has the lines that the caller may see.
    """
    return _void(request, body, games.void_match)


@resource.write("POST", "/matches/restore", answers=MatchState, access=CORRECTOR, refuses=[404])
def restore_match(request: HttpRequest, body: GivenVoid) -> Any:
    """Take a void back: the match counts again, or one player's line of it.

    Without a player every line counts again, also one that was void alone. The answer has the lines that the
    caller may see.
    """
    return _void(request, body, games.restore_match)


@resource.write("POST", "/matches/correct", answers=MatchState, access=CORRECTOR, refuses=[404, 409])
def correct_match(request: HttpRequest, body: GivenMatchCorrection) -> Any:
    """Correct what is recorded of a match: results, scores, placements, stats, time, kind, players and more.

    A line can be moved to the right player, added, or taken out. What is not named stays as it is, also the
    void of a line. The match as corrected must be one that could be recorded; its numbers, achievements,
    timelines and what its tournament says of it follow. The answer has the lines that the caller may see, and
    warnings where that are all.
    """
    game, by = find_game(body.game), caller_of(request).member
    rows = games.correct_match(
        game=game,
        match_key=body.match_key,
        reason=body.reason,
        now=now(),
        by=by,
        **_correction(body, caller_of(request)),
    )
    return _state(game, body.match_key, caller_of(request), rows.warnings)


def _correction(body: GivenMatchCorrection, by: Caller) -> games.MatchCorrection:
    """Return what a body corrects, by username."""
    moved = find_players_named(body.moved.values(), field="moved", by=by)
    correction: games.MatchCorrection = {
        "results": by_username(body.results, field="results", by=by),
        "scores": by_username(body.scores, field="scores", by=by),
        "sides": by_username(body.sides, field="sides", by=by),
        "placements": by_username(body.placements, field="placements", by=by),
        "ended_by": by_username(body.ended_by, field="ended_by", by=by),
        "uncounted": by_username(body.uncounted, field="uncounted", by=by),
        "stats": by_username(body.stats, field="stats", by=by),
        "moved": by_username(dict(zip(body.moved, moved, strict=True)), field="moved", by=by),
        "added": _lines(body.added, by),
        "removed": [user.username for user in find_players_named(body.removed, field="removed", by=by)],
        "played_at": body.played_at,
        "is_time_known": body.is_time_known,
        "kind": body.kind,
    }
    if "sequence" in body.model_fields_set:
        correction["sequence"] = body.sequence
    return correction


def _void(request: HttpRequest, body: GivenVoid, service: Callable[..., list[MatchRow]]) -> dict[str, Any]:
    """Void or restore what a body names, and return the match."""
    game, by = find_game(body.game), caller_of(request).member
    user = None if body.player is None else find_player(body.player, field="player", by=caller_of(request))
    service(game=game, match_key=body.match_key, reason=body.reason, now=now(), by=by, user=user)
    return _state(game, body.match_key, caller_of(request))


def _lines(given: Sequence[GivenLine], by: Caller) -> list[games.LineRecord]:
    users = find_players_named([line.player for line in given], field="added", by=by)
    return [
        games.LineRecord(
            user=user,
            result=line.result,
            side=line.side,
            score=line.score,
            placement=line.placement,
            ended_by=line.ended_by,
            uncounted_reason=line.uncounted_reason,
            stats=line.stats,
        )
        for user, line in zip(users, given, strict=True)
    ]


def _state(game: Game, match_key: str, caller: Caller, warnings: Sequence[str] = ()) -> dict[str, Any]:
    """Return a match after a change: the lines that the caller may see, as a reader of the match does.

    What looks odd is told of all lines together, so only to who sees all of them.
    """
    seen = list_seen_lines(game, match_key, viewer=caller.viewer)
    rows: Sequence[MatchRow] = seen.rows
    ids = list_public_ids(row.user_id for row in rows)
    first = rows[0] if rows else None
    is_void = all(row.is_voided for row in rows)
    return {
        "game_slug": game.slug,
        "match_key": match_key,
        **{name: getattr(first, name, None) for name in ("kind", "played_at", "is_time_known", "sequence")},
        "leaves_out": seen.leaves_out,
        "voided_at": first.voided_at if first and is_void else None,
        "void_reason": first.void_reason if first and is_void else "",
        "results": {ids[row.user_id]: row.result for row in rows},
        "scores": {ids[row.user_id]: row.score for row in rows},
        "voided": {ids[row.user_id]: row.void_reason for row in rows if row.is_voided},
        "warnings": [] if seen.leaves_out else list(warnings),
        "lines": {ids[row.user_id]: row for row in rows},
    }
