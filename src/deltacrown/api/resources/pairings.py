"""Who plays whom in a tournament: read by the sides, reported by them, and ruled by who runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query

from deltacrown.accounts.models import User
from deltacrown.api.access import ORGANISER, OWN, caller_of
from deltacrown.api.idempotency import IdempotencyKey, answer_idempotently
from deltacrown.api.resources.tournaments import SlugPath, resource
from deltacrown.api.shapes import PageOf, Paging, page_of
from deltacrown.api.shapes.pairings import GivenOutcome, GivenRuledOutcome, Organisers, Pairing
from deltacrown.api.shapes.tournaments import GivenReason
from deltacrown.core.clock import now
from deltacrown.pages import desk_people, pairings, pairings_ruled
from deltacrown.pages.results_desk import link_entrant
from deltacrown.pages.tournament_entrants import EntrantLink
from deltacrown.tournaments.services import GameOutcome, Outcome
from deltacrown.tournaments.services import pairings as services

HandlePath = Annotated[str, Path(description="The pairing's handle.")]

CHANGE: dict[str, Any] = {"answers": Pairing, "access": ORGANISER, "refuses": [404, 409]}


@resource.read("/tournaments/{slug}/pairings", answers=PageOf[Pairing], access=OWN, refuses=[404])
def list_pairings(request: HttpRequest, slug: SlugPath, query: Query[Paging]) -> Any:
    """Who plays whom, in order of play.

    Who runs the tournament sees all pairings, a player those of their side, and others none.
    """
    found = pairings.list_pairings(
        slug, query.page, viewer=caller_of(request).member, now=now(), limit=query.limit
    )
    return page_of(found.with_items(lambda shown: [_describe(each) for each in shown]))


@resource.write("POST", "/tournaments/{slug}/pairings/{handle}/report", **CHANGE)
def report_pairing(  # noqa: PLR0917 - ninja hands these over
    request: HttpRequest,
    response: HttpResponse,
    slug: SlugPath,
    handle: HandlePath,
    body: GivenOutcome,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Report the result for the caller's side: a player for themselves, a captain for the team.

    Where the other side reports the same, it is confirmed: its matches are recorded, and the winner moves on.
    Otherwise the organiser decides. Until then a side may report anew; the same again changes nothing.
    """

    def change(by: User) -> None:
        pairings.report(slug=slug, handle=handle, outcome=_read(body), by=by, now=now())

    return _change(request, response, (slug, handle), idempotency_key, change)


@resource.write("POST", "/tournaments/{slug}/pairings/{handle}/rule", **CHANGE)
def rule_pairing(  # noqa: PLR0917 - ninja hands these over
    request: HttpRequest,
    response: HttpResponse,
    slug: SlugPath,
    handle: HandlePath,
    body: GivenRuledOutcome,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Enter the result as who runs the tournament, whatever the sides reported; the same again changes nothing.

    One that is confirmed otherwise is taken back first: `take_back_pairing`.
    """  # noqa: E501 - the public text

    def change(by: User) -> None:
        pairings_ruled.rule(
            slug=slug, handle=handle, outcome=_read(body), reason=body.reason, by=by, now=now()
        )

    return _change(request, response, (slug, handle), idempotency_key, change)


@resource.write("POST", "/tournaments/{slug}/pairings/{handle}/take-back", **CHANGE)
def take_back_pairing(  # noqa: PLR0917 - ninja hands these over
    request: HttpRequest,
    response: HttpResponse,
    slug: SlugPath,
    handle: HandlePath,
    body: GivenReason,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Take a confirmed result back: its matches are void, nobody has moved on, and the sides report again.

    One that is not confirmed stays as it is.
    """

    def change(by: User) -> None:
        pairings_ruled.take_back(slug=slug, handle=handle, reason=body.reason, by=by, now=now())

    return _change(request, response, (slug, handle), idempotency_key, change)


@resource.read("/tournaments/{slug}/organisers", answers=Organisers, access=OWN, refuses=[403, 404])
def list_organisers(request: HttpRequest, slug: SlugPath) -> Any:
    """Who runs a tournament, for those who run it: its organiser, and at most fifty beside them."""
    shown = desk_people.get_people_page(slug, viewer=caller_of(request).member)
    others = [
        {
            "player": line.player,
            "added_by": line.added_by and line.added_by.public_id,
            "added_at": line.added_at,
        }
        for line in shown.others
    ]
    return {"organiser": shown.organiser, "others": others}


def _change(
    request: HttpRequest,
    response: HttpResponse,
    named: tuple[str, str],
    key: str | None,
    change: Callable[[User], None],
) -> Pairing:
    """Change a pairing once per idempotency key, and return it as it is then."""
    caller = caller_of(request)
    slug, handle = named

    def answer() -> dict[str, Any]:
        try:
            change(caller.member)
        except services.InvalidOutcome as refused:
            # A form has a field for each game; here the message alone says which one.
            raise services.InvalidOutcome(refused.message, field="games") from refused
        shown = pairings.get_pairing_page(slug, handle, viewer=caller.member, now=now())
        return Pairing.model_validate(_describe(shown)).model_dump(mode="json")

    return Pairing.model_validate(answer_idempotently(request, response, caller, key, answer))


def _read(body: GivenOutcome) -> Outcome:
    games = tuple(GameOutcome(each.winner, each.first_score, each.second_score) for each in body.games)
    return Outcome(games, body.no_show)


def _describe(shown: pairings.PairingPage) -> dict[str, Any]:
    item, row = shown.item, shown.item.pairing
    names = ("number", "round", "state", "best_of", "scheduled_at", "confirmed_at")
    return {
        **{name: getattr(row, name) for name in names},
        "handle": item.handle,
        "first": _name(row.first),
        "second": _name(row.second),
        "reports_for": shown.side,
        "first_report": shown.find_told(1),
        "second_report": shown.find_told(2),
        "outcome": item.outcome if row.is_confirmed else None,
        "recorded_otherwise": item.says_otherwise,
    }


def _name(entrant: object) -> EntrantLink | None:
    return None if entrant is None else link_entrant(entrant)
