"""Disputes: filed by players, resolved by moderators."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import Field

from deltacrown.api import shapes
from deltacrown.api.access import MODERATOR, PERSON, caller_of
from deltacrown.api.people import by_username, find_game, find_player, find_team
from deltacrown.api.resource import Resource
from deltacrown.api.shapes import PageOf, Paging, page_of
from deltacrown.api.shapes.disputes import (
    Dispute,
    GivenDispute,
    GivenRejection,
    GivenRemedy,
    GivenUpholding,
    ResultName,
)
from deltacrown.core.clock import now
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import MatchRow
from deltacrown.games.services import get_match_line
from deltacrown.moderation import models
from deltacrown.moderation import services as moderation
from deltacrown.pages.tournaments import get_tournament
from deltacrown.tournaments.models import TournamentResult
from deltacrown.tournaments.services import get_result
from deltacrown.user_profile.standing import require_good_standing

resource = Resource("disputes")

HandlePath = Annotated[str, Path(description="The dispute's handle.")]


class DisputeQuery(Paging):
    """Which disputes."""

    status: shapes.DisputeStatus | None = Field(None, description="Only those that stand so.")


@resource.read("/disputes", answers=PageOf[Dispute], access=PERSON)
def list_disputes(request: HttpRequest, query: Query[DisputeQuery]) -> Any:
    """The caller's own disputes, latest first; who may view disputes sees everybody's."""
    member = caller_of(request).member
    found = moderation.list_disputes(query.page, viewer=member, status=query.status, limit=query.limit)
    return page_of(found.with_items(lambda rows: [_describe(each) for each in rows]))


@resource.write("POST", "/disputes", answers=Dispute, access=PERSON, refuses=[404, 409], status=201)
def file_dispute(request: HttpRequest, body: GivenDispute) -> Any:
    """Object to a match one played in, or to a result of a tournament one entered.

    The same objection filed again while it is open is the same dispute.
    """
    reporter = caller_of(request).member
    require_good_standing(reporter, now())
    match = _match(request, body) if body.match else None
    result = _result(request, body.result) if body.result else None
    filed = moderation.file_dispute(
        reporter=reporter,
        match=match,
        result=result,
        reason=body.reason,
        now=now(),
    )
    return _describe(filed)


@resource.read("/disputes/{handle}", answers=Dispute, access=PERSON, refuses=[404])
def get_dispute(request: HttpRequest, handle: HandlePath) -> Any:
    """A dispute, for its reporter, for staff who may view disputes, and for who runs its tournament."""
    return _describe(moderation.get_dispute(handle, viewer=caller_of(request).member))


@resource.write("POST", "/disputes/{handle}/uphold", answers=Dispute, access=MODERATOR, refuses=[404, 409])
def uphold_dispute(request: HttpRequest, handle: HandlePath, body: GivenUpholding) -> Any:
    """Find for the reporter, and put the disputed rows right in the same transaction."""
    by = caller_of(request).member
    dispute = moderation.get_dispute(handle, viewer=by)
    remedy = _remedy(body.remedy)
    upheld = moderation.uphold_dispute(
        dispute=dispute,
        by=by,
        remedy=remedy,
        resolution=body.resolution,
        now=now(),
    )
    return _describe(upheld)


@resource.write("POST", "/disputes/{handle}/reject", answers=Dispute, access=MODERATOR, refuses=[404, 409])
def reject_dispute(request: HttpRequest, handle: HandlePath, body: GivenRejection) -> Any:
    """Find against the reporter; everything stays as it is."""
    by = caller_of(request).member
    dispute = moderation.get_dispute(handle, viewer=by)
    rejected = moderation.reject_dispute(dispute=dispute, by=by, resolution=body.resolution, now=now())
    return _describe(rejected)


def _match(request: HttpRequest, body: GivenDispute) -> MatchRow:
    """Return the caller's row of the match; refuse as unknown one that they did not play in."""
    assert body.match is not None  # noqa: S101
    return get_match_line(find_game(body.match.game), body.match.match_key, user=caller_of(request).member)


def _result(request: HttpRequest, name: ResultName) -> TournamentResult:
    event = get_tournament(name.tournament, viewer=caller_of(request).member)
    user = find_player(name.player, field="player") if name.player is not None else None
    team = find_team(name.team, field="team") if name.team is not None else None
    return get_result(event, user=user, team=team)


def _remedy(given: GivenRemedy) -> moderation.Remedy:
    if given.kind == "void_match":
        whole = given.player is None
        return moderation.VoidMatch(None if whole else find_player(str(given.player), field="player"))
    if given.kind == "disqualify":
        return moderation.Disqualify()
    if given.kind == "correct_result":
        if "placement" not in given.model_fields_set:
            raise InvalidInput("correct_result needs the right placement.", field="placement")
        return moderation.CorrectResult(
            given.placement,
            given.prize,
            placement_to=given.placement_to,
            unplaced_reason=given.unplaced_reason,
        )
    return moderation.CorrectMatch(
        by_username(given.results, field="results"), by_username(given.scores, field="scores")
    )


def _describe(dispute: models.Dispute) -> dict[str, Any]:
    match = _find_match(dispute)
    names = ("reason", "status", "filed_at", "resolution", "resolved_at")
    return {
        **{name: getattr(dispute, name) for name in names},
        "handle": moderation.write_handle(dispute),
        "reporter": dispute.reporter.profile.public_id,
        "about": "result" if dispute.match_id is None else "match",
        "game": match and match.game.slug,
        "match_key": match and match.match_key,
        "tournament": dispute.result.tournament.slug if dispute.result else None,
    }


def _find_match(dispute: models.Dispute) -> MatchRow | None:
    """Return the disputed match; None of a result, and when the row was deleted in SQL."""
    try:
        return moderation.get_disputed_match(dispute)
    except moderation.MatchGone:
        return None
