"""Running a tournament, from the draft to the results, and entering one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from deltacrown.accounts.models import User
from deltacrown.api.access import ORGANISER, Caller, caller_of
from deltacrown.api.idempotency import IdempotencyKey, answer_idempotently
from deltacrown.api.people import find_game, find_player, find_players_named, find_team, find_teams_named
from deltacrown.api.resources.tournaments import SlugPath, describe_tournament, resource
from deltacrown.api.shapes.entries import GivenStep, NewEntrant
from deltacrown.api.shapes.tournaments import (
    GivenAnnouncement,
    GivenCorrection,
    GivenCurrency,
    GivenDisqualification,
    GivenEntrant,
    GivenReason,
    GivenStanding,
    NewTournament,
    Registration,
    RuledTournament,
    Standings,
    Tournament,
)
from deltacrown.core.clock import now
from deltacrown.pages.tournament_entrants import describe_registrations
from deltacrown.pages.tournaments import get_tournament
from deltacrown.teams.models import Team
from deltacrown.teams.services import list_roster
from deltacrown.tournaments import models
from deltacrown.tournaments import services as tournaments
from deltacrown.user_profile.standing import require_enterable, require_good_standing

#: 10,000 standings of 200 bytes.
MOST_BYTES_OF_STANDINGS = 2 * 1024 * 1024

RULING: dict[str, Any] = {"answers": RuledTournament, "access": ORGANISER, "refuses": [404, 409]}
STEP: dict[str, Any] = {"answers": Tournament, "access": ORGANISER, "refuses": [404, 409]}
ENTRY: dict[str, Any] = {"answers": list[Registration], "access": ORGANISER, "refuses": [404, 409]}


@resource.write("POST", "/tournaments", answers=Tournament, access=ORGANISER, refuses=[409], status=201)
def create_tournament(
    request: HttpRequest, response: HttpResponse, body: NewTournament, idempotency_key: IdempotencyKey = None
) -> Any:
    """Create a tournament as a draft; the caller organises it."""
    caller = caller_of(request)

    def create() -> dict[str, Any]:
        require_good_standing(caller.member, now())
        given = body.model_dump(exclude={"game"})
        event = tournaments.create_tournament(**given, game=find_game(body.game), organiser=caller.member)
        event.refresh_from_db()
        return Tournament.model_validate(describe_tournament(event)).model_dump(mode="json")

    return _read_back(answer_idempotently(request, response, caller, idempotency_key, create))


@resource.write("POST", "/tournaments/{slug}/open", **STEP)
def open_tournament(request: HttpRequest, slug: SlugPath) -> Any:
    """Open a draft for registration."""
    event = _find_own(request, slug)
    require_good_standing(caller_of(request).member, now())
    return describe_tournament(tournaments.open_registration(tournament=event))


@resource.write("POST", "/tournaments/{slug}/start", **STEP)
def start_tournament(request: HttpRequest, slug: SlugPath) -> Any:
    """Close registration and begin."""
    return describe_tournament(tournaments.start_tournament(tournament=_find_own(request, slug)))


@resource.write("POST", "/tournaments/{slug}/cancel", **STEP)
def cancel_tournament(request: HttpRequest, slug: SlugPath, body: GivenReason) -> Any:
    """Cancel a tournament that is not completed; registrations and matches played stay recorded and counted."""  # noqa: E501 - the public text
    event = _find_own(request, slug)
    return describe_tournament(tournaments.cancel_tournament(tournament=event, reason=body.reason, now=now()))


@resource.write("POST", "/tournaments/{slug}/prize-currency", **STEP)
def set_prize_currency(request: HttpRequest, slug: SlugPath, body: GivenCurrency) -> Any:
    """Set the currency of all prizes; the amounts stay. Once the tournament is completed, only staff may."""
    event = _find(request, slug)
    tournaments.require_currency_say(event, caller_of(request).member)
    tournaments.set_prize_currency(tournament=event, prize_currency=body.prize_currency)
    return describe_tournament(event)


@resource.write("POST", "/tournaments/{slug}/announcement", **STEP)
def set_announcement(request: HttpRequest, slug: SlugPath, body: GivenAnnouncement) -> Any:
    """Set what is announced: the rules, the sum of all prizes, until when one registers.

    All three are replaced. After `registration_closes_at` only the organiser and staff enter anybody.
    """
    event = _find_own(request, slug)
    tournaments.set_announcement(tournament=event, **body.model_dump())
    return describe_tournament(event)


@resource.write("POST", "/tournaments/{slug}/complete", **RULING, most_bytes=MOST_BYTES_OF_STANDINGS)
def complete_tournament(request: HttpRequest, slug: SlugPath, body: Standings) -> Any:
    """End a running tournament with its official results; the same standings again change nothing.

    Standings are taken as published: ties, gaps, ranges, unranked entrants, no winner or several, the first
    few only. `warnings` says what is odd about them.
    """
    event = _find_own(request, slug)
    results = tournaments.complete_tournament(
        tournament=event,
        standings=_standings(body.standings, caller_of(request)),
        now=now(),
        by=caller_of(request).member,
    )
    return _describe_ruled(event, results.warnings)


@resource.write("POST", "/tournaments/{slug}/annul", **STEP)
def annul_tournament(request: HttpRequest, slug: SlugPath, body: GivenReason) -> Any:
    """Annul a completed tournament: its results are kept, shown struck, and count nowhere.

    Registrations stay, and its matches count as they did; void those that should not. `lift_annulment` takes
    it back.
    """
    return _decide(request, slug, body, tournaments.annul_tournament)


@resource.write("POST", "/tournaments/{slug}/lift-annulment", **STEP)
def lift_annulment(request: HttpRequest, slug: SlugPath, body: GivenReason) -> Any:
    """Take an annulment back and restore exactly the results there were.

    What staff annulled only staff can restore.
    """
    event, by = _find(request, slug), caller_of(request).member
    tournaments.require_lifting(event, by)
    return describe_tournament(
        tournaments.lift_annulment(tournament=event, reason=body.reason, now=now(), by=by)
    )


@resource.write("POST", "/tournaments/{slug}/reopen", **STEP)
def reopen_tournament(request: HttpRequest, slug: SlugPath, body: GivenReason) -> Any:
    """Open a completed tournament again: it runs, and its results count nowhere until the next end.

    `complete_tournament` may then bring other standings. Disqualifications stay.
    """
    return _decide(request, slug, body, tournaments.reopen_tournament)


@resource.write("POST", "/tournaments/{slug}/correct-result", **RULING)
def correct_result(request: HttpRequest, slug: SlugPath, body: GivenCorrection) -> Any:
    """Set an entrant's placement in a completed tournament, a range, or none; others are not moved.

    A disqualified entrant is let in again first, and that moves the others back. `warnings` says what is odd
    about the standings now: a new tie, a gap, a prize larger than that of somebody placed better.
    """
    event, caller = _find_own(request, slug), caller_of(request)
    user, team = _named(body, caller)
    rows = tournaments.correct_result(
        tournament=event,
        user=user,
        team=team,
        placement=body.placement,
        placement_to=body.placement_to,
        unplaced_reason=body.unplaced_reason,
        prize=body.prize,
        reason=body.reason,
        now=now(),
        by=caller.member,
    )
    return _describe_ruled(event, rows.warnings)


@resource.write("POST", "/tournaments/{slug}/disqualify", **RULING)
def disqualify_entrant(request: HttpRequest, slug: SlugPath, body: GivenDisqualification) -> Any:
    """Disqualify an entrant, before or after the end; whoever was placed worse moves up.

    The reason is told on the entrant's rows only. What is taken is remembered: `lift_disqualification`
    restores it.
    """
    event, caller = _find_own(request, slug), caller_of(request)
    user, team = _named(body, caller)
    rows = tournaments.disqualify_entrant(
        tournament=event, user=user, team=team, reason=body.reason, now=now(), by=caller.member
    )
    return _describe_ruled(event, rows.warnings)


@resource.write("POST", "/tournaments/{slug}/lift-disqualification", **RULING)
def lift_disqualification(request: HttpRequest, slug: SlugPath, body: GivenDisqualification) -> Any:
    """Take a disqualification back and restore exactly what it moved: status, placement, prize, title.

    Everybody whom it moved up moves back. Several can be lifted in any order.
    """
    event, caller = _find_own(request, slug), caller_of(request)
    user, team = _named(body, caller)
    rows = tournaments.lift_disqualification(
        tournament=event, user=user, team=team, reason=body.reason, now=now(), by=caller.member
    )
    return _describe_ruled(event, rows.warnings)


@resource.write("POST", "/tournaments/{slug}/entrants", **ENTRY)
def register_entrant(request: HttpRequest, slug: SlugPath, body: NewEntrant) -> Any:
    """Register a player or a team while registration is open; who is registered stays so.

    Players enter themselves; a team is entered by its captain or, where it has none, by any member; the
    organiser, and staff who may run every tournament, enter anybody, also late, while the tournament runs:
    then whatever its places.
    """
    event, caller = _find(request, slug), caller_of(request)
    user, team = _entrant(body, caller)
    require_good_standing(caller.member, now())
    roster = find_players_named(body.roster, field="roster", by=caller) if body.roster is not None else None
    tournaments.require_entry(event, caller.member, user=user, team=team, now=now(), roster=roster)
    tournaments.require_dating(event, caller.member, body.at)
    if team is not None and not tournaments.can_organise(event, caller.member):
        require_enterable(list_roster(team, now()) if roster is None else roster, now())
    step: dict[str, Any] = {
        "tournament": event,
        "registered_at": body.at,
        "late": tournaments.can_organise(event, caller.member),
        "reason": body.reason,
        "now": now(),
        "by": caller.member,
    }
    if team is not None:
        return describe_registrations(tournaments.register_team(team=team, roster=roster, **step))
    assert user is not None  # noqa: S101 - one of the two is there
    return describe_registrations([tournaments.register_player(user=user, **step)])


@resource.write("POST", "/tournaments/{slug}/check-in", **ENTRY)
def check_in_entrant(request: HttpRequest, slug: SlugPath, body: GivenStep) -> Any:
    """Confirm that an entrant is there, while registration is open; `take_back_check_in` undoes it.

    Who may withdraw an entrant may check it in.
    """
    require_good_standing(caller_of(request).member, now())
    return describe_registrations(tournaments.check_in(**_spoken_for(request, slug, body)))


@resource.write("POST", "/tournaments/{slug}/take-back-check-in", **ENTRY)
def take_back_check_in(request: HttpRequest, slug: SlugPath, body: GivenStep) -> Any:
    """Undo a check-in, while registration is open: the entrant is registered, as it was before.

    Who may check an entrant in may take that back. One that is not checked in stays so.
    """
    require_good_standing(caller_of(request).member, now())
    return describe_registrations(tournaments.take_back_check_in(**_spoken_for(request, slug, body)))


@resource.write("POST", "/tournaments/{slug}/withdraw", **ENTRY)
def withdraw_entrant(request: HttpRequest, slug: SlugPath, body: GivenStep) -> Any:
    """Take an entrant out of a tournament that has not ended; the registration stays recorded, marked.

    Players withdraw themselves; a team is withdrawn by its captain or, where it has none, by a player of the
    roster it registered; the organiser and staff withdraw anybody. `take_back_withdrawal` undoes it.
    """
    return describe_registrations(tournaments.withdraw(**_spoken_for(request, slug, body)))


@resource.write("POST", "/tournaments/{slug}/take-back-withdrawal", **ENTRY)
def take_back_withdrawal(request: HttpRequest, slug: SlugPath, body: GivenStep) -> Any:
    """Let an entrant that withdrew in again, with the roster and the status it had.

    Who may withdraw may also come back while registration is open; after the start the organiser and staff
    let them in.
    """
    event, caller = _find(request, slug), caller_of(request)
    user, team = _entrant(body, caller)
    require_good_standing(caller.member, now())
    tournaments.require_return(event, caller.member, user=user, team=team, now=now())
    step = _step(event, caller, user, team, body)
    return describe_registrations(tournaments.take_back_withdrawal(**step))


def _find(request: HttpRequest, slug: str) -> models.Tournament:
    return get_tournament(slug, viewer=caller_of(request).member)


def _find_own(request: HttpRequest, slug: str) -> models.Tournament:
    """Return the tournament; refuse a caller who does not run it."""
    event = _find(request, slug)
    tournaments.require_organiser(event, caller_of(request).member)
    return event


def _decide(request: HttpRequest, slug: str, body: GivenReason, decide: Callable[..., Any]) -> dict[str, Any]:
    """Make a decision about a tournament as a whole, and return the tournament."""
    event, caller = _find_own(request, slug), caller_of(request)
    return describe_tournament(decide(tournament=event, reason=body.reason, now=now(), by=caller.member))


def _spoken_for(request: HttpRequest, slug: str, body: GivenStep) -> dict[str, Any]:
    """Return the arguments of a step that whoever speaks for the entrant may take."""
    event, caller = _find(request, slug), caller_of(request)
    user, team = _entrant(body, caller)
    tournaments.require_say(event, caller.member, user=user, team=team, now=now())
    return _step(event, caller, user, team, body)


def _step(
    event: models.Tournament, caller: Caller, user: User | None, team: Team | None, body: GivenStep
) -> dict[str, Any]:
    """Return the arguments of a step of an entrant; refuse a time from who may not date it."""
    tournaments.require_dating(event, caller.member, body.at)
    return {
        "tournament": event,
        "user": user,
        "team": team,
        "at": body.at,
        "reason": body.reason,
        "now": now(),
        "by": caller.member,
    }


def _describe_ruled(event: models.Tournament, warnings: list[str]) -> dict[str, Any]:
    return {**describe_tournament(event), "warnings": warnings}


def _entrant(body: GivenEntrant | GivenStanding, caller: Caller) -> tuple[User | None, Team | None]:
    """Return the player or team that a body names; the caller when it names nobody."""
    user, team = _named(body, caller)
    return (caller.member, None) if user is None and team is None else (user, team)


def _named(body: GivenEntrant | GivenStanding, caller: Caller) -> tuple[User | None, Team | None]:
    """Return the player or team that a body names."""
    user = find_player(body.player, field="player", by=caller) if body.player is not None else None
    team = find_team(body.team, field="team", by=caller) if body.team is not None else None
    return user, team


def _standings(given: list[GivenStanding], by: Caller) -> list[tournaments.Standing]:
    named = [each.player for each in given if each.player is not None]
    users = dict(zip(named, find_players_named(named, field="standings", by=by), strict=True))

    teams = find_teams_named([each.team for each in given if each.team is not None], field="standings", by=by)

    standings = []
    for each in given:
        standing = tournaments.Standing(
            user=users[each.player] if each.player is not None else None,
            team=teams[each.team] if each.team is not None else None,
            placement=each.placement,
            placement_to=each.placement_to,
            unplaced_reason=each.unplaced_reason,
            prize=each.prize,
            disqualified_reason=each.disqualified_reason,
        )
        standings.append(standing)
    return standings


def _read_back(answer: dict[str, Any]) -> Tournament:
    return Tournament.model_validate(answer)
