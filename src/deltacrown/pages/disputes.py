"""What each page about disputes shows and does, in one call: filing, one's own, the moderators' queue and a review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import is_storable
from deltacrown.core.pagination import Page, paginate
from deltacrown.games.models import Game, MatchRow, list_match_sources
from deltacrown.games.services import get_match_line, list_match_lines
from deltacrown.moderation import services as moderation
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services import MayNotResolve, Remedy
from deltacrown.pages.tournaments import get_tournament
from deltacrown.teams.services import find_teams
from deltacrown.tournaments.models import Tournament, TournamentResult
from deltacrown.tournaments.services import get_result
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.people.addresses import find_users
from django_tally.transactions import atomic_service

PER_PAGE = 20
#: The most results a form offers to choose from.
RESULTS_OFFERED = 200


@dataclass(frozen=True)
class DisputeLine:
    """A dispute in a list, with what it is about.

    :param handle: what its page is found by; for staff.
    :param match: the disputed match, or ``None`` when it is about a result or the match is gone.
    """

    dispute: Dispute
    handle: str
    match: MatchRow | None

    @property
    def result(self) -> TournamentResult | None:
        """The disputed result, or ``None`` when it is about a match."""
        return self.dispute.result


@dataclass(frozen=True)
class Review:
    """A dispute before a moderator.

    :param rows: of the disputed encounter, oldest first; none when it is about a result.
    :param may_resolve: whether the viewer may: not their own dispute, and it is open.
    """

    line: DisputeLine
    rows: list[MatchRow]
    may_resolve: bool


@dataclass(frozen=True)
class MatchForm:
    """What disputing a match begins with.

    :param match: the viewer's own row of it.
    :param until: when the time to dispute it ends.
    :param is_late: whether that has passed.
    """

    match: MatchRow
    until: datetime
    is_late: bool


@dataclass(frozen=True)
class ResultChoice:
    """A result that can be disputed; ``name`` is what a form sends for it."""

    name: str
    label: str


@dataclass(frozen=True)
class ResultForm:
    """What disputing a result of a tournament begins with.

    :param choices: the results that can still be disputed.
    :param is_late: whether there are results, and all were decided too long ago.
    """

    tournament: Tournament
    choices: list[ResultChoice]
    is_late: bool


def list_own_disputes(page: str | None = None, *, viewer: User, limit: int = PER_PAGE) -> Page[DisputeLine]:
    """Return a page of the disputes ``viewer`` filed, latest first; staff get their own here too."""
    rows = Dispute.objects.filter(reporter=viewer).select_related("reporter__profile", "result__tournament", "result__team")
    found = paginate(rows, listing=f"own-disputes/{viewer.pk}", order=("-filed_at", "-id"), cursor=page, limit=limit)
    return found.with_items(_lines)


def list_queue(status: str, page: str | None = None, *, viewer: User, limit: int = PER_PAGE) -> Page[DisputeLine]:
    """Return a page of everybody's disputes of one status, those that wait longest first.

    :param status: ``OPEN``, ``UPHELD`` or ``REJECTED``.
    :raises MayNotResolve: ``viewer`` is not staff.
    :raises InvalidInput: for another status, or a cursor that cannot be taken.
    """
    _require_staff(viewer)
    if status not in Dispute.Status.values:
        raise InvalidInput(f"{status[:20]!r} is no status: use {', '.join(Dispute.Status.values)}.", field="status")
    rows = Dispute.objects.filter(status=status).select_related("reporter__profile", "result__tournament", "result__team")
    found = paginate(rows, listing=f"dispute-queue/{status}", order=("filed_at", "id"), cursor=page, limit=limit)
    return found.with_items(_lines)


def get_review(handle: str, *, viewer: User) -> Review:
    """A dispute with everything a moderator decides it by.

    :raises MayNotResolve: ``viewer`` is not staff.
    :raises NotFound: there is no such dispute.
    """
    _require_staff(viewer)
    (line,) = _lines([moderation.get_dispute(handle, viewer=viewer)])
    rows = list_match_lines(line.match.game, line.match.match_key) if line.match else []
    is_open = line.dispute.status == Dispute.Status.OPEN
    return Review(line, rows, is_open and line.dispute.reporter_id != viewer.pk)


def get_match_to_dispute(game: str, match_key: str, *, viewer: User) -> MatchRow:
    """The viewer's own row of a match.

    :raises NotFound: there is no such match.
    :raises NotAParticipant: the viewer had no part in it.
    """
    row = get_match_line(_find_game(game), match_key, user=viewer)
    if row.user_id != viewer.pk:
        raise moderation.NotAParticipant("Only those who played in a match can dispute it.", field="match")
    return row


def get_match_form(game: str, match_key: str, *, viewer: User, now: datetime) -> MatchForm:
    """What a player who disputes a match is shown first; refusals are those of ``get_match_to_dispute``."""
    match = get_match_to_dispute(game, match_key, viewer=viewer)
    until = moderation.get_dispute_deadline(match.played_at)
    return MatchForm(match, until, is_late=now > until)


def get_results_to_dispute(slug: str, *, viewer: User, now: datetime) -> ResultForm:
    """The official results of a tournament that can still be disputed, to choose one from."""
    event = get_tournament(slug, viewer=viewer)
    is_team = event.entrant_kind == Tournament.EntrantKind.TEAM
    rows = TournamentResult.objects.filter(tournament=event, user__isnull=is_team).select_related("team", "user__profile")
    offered = list(rows.order_by("placement", "id")[:RESULTS_OFFERED])
    timely = [_choice(row) for row in offered if now <= moderation.get_dispute_deadline(row.decided_at)]
    return ResultForm(event, timely, is_late=bool(offered) and not timely)


@atomic_service
def file_match_dispute(*, game: str, match_key: str, reason: str, reporter: User, now: datetime) -> Dispute:
    """Object to a match one played in; refusals are those of ``moderation.services.file_dispute``."""
    row = get_match_to_dispute(game, match_key, viewer=reporter)
    return moderation.file_dispute(reporter=reporter, match=row, reason=reason, now=now)


@atomic_service
def file_result_dispute(*, slug: str, result: str, reason: str, reporter: User, now: datetime) -> Dispute:
    """Object to a result of a tournament one entered.

    :param result: the ``name`` of one of the choices of ``get_results_to_dispute``.
    """
    event = get_tournament(slug, viewer=reporter)
    kind, _, name = result.partition(":")
    user = find_users([name]).get(name) if kind == "player" else None
    team = find_teams([name]).get(name) if kind == "team" else None
    if user is None and team is None:
        raise InvalidInput("Choose the result that is wrong.", field="result")
    return moderation.file_dispute(reporter=reporter, result=get_result(event, user=user, team=team), reason=reason, now=now)


@atomic_service
def resolve_dispute(*, handle: str, form: Mapping[str, str], by: User, now: datetime) -> Dispute:
    """Uphold or reject a dispute as a moderator's form says.

    :param form: ``decision`` (``uphold`` or ``reject``), ``resolution``, and to uphold ``remedy``: ``void``,
        ``correct`` (with ``result-PUBLIC_ID`` and ``score-PUBLIC_ID``), ``place`` (with ``placement`` and ``prize``) or ``disqualify``.
    :raises InvalidInput: the form leaves something out, or what is said cannot be.
    """
    _require_staff(by)
    dispute = moderation.get_dispute(handle, viewer=by)
    resolution = form.get("resolution", "")
    if form.get("decision") == "reject":
        return moderation.reject_dispute(dispute=dispute, by=by, resolution=resolution, now=now)
    if form.get("decision") != "uphold":
        raise InvalidInput("Choose to uphold or to reject.", field="decision")
    return moderation.uphold_dispute(dispute=dispute, by=by, remedy=_read_remedy(dispute, form), resolution=resolution, now=now)


def _read_remedy(dispute: Dispute, form: Mapping[str, str]) -> Remedy:
    remedy = form.get("remedy")
    if remedy == "void":
        return moderation.VoidMatch()
    if remedy == "disqualify":
        return moderation.Disqualify()
    if remedy == "place":
        prize = form.get("prize", "").strip()
        return moderation.CorrectResult(_whole(form.get("placement", ""), "placement"), _amount(prize) if prize else None)
    if remedy == "correct":
        return _read_correction(dispute, form)
    raise InvalidInput("Choose what is to be put right.", field="remedy")


def _read_correction(dispute: Dispute, form: Mapping[str, str]) -> Remedy:
    match = moderation.get_disputed_match(dispute)
    rows = list_match_lines(match.game, match.match_key) if match else []
    results = {row.user.username: form.get(f"result-{_id(row)}", row.result) for row in rows}
    scores = {row.user.username: _score(form.get(f"score-{_id(row)}"), row) for row in rows}
    if all((results[row.user.username], scores[row.user.username]) == (row.result, row.score) for row in rows):
        raise InvalidInput("Nothing would change: give a player another result or score.", field="remedy")
    return moderation.CorrectMatch(results, scores)


def _id(row: MatchRow) -> str:
    return row.user.profile.public_id


def _score(text: str | None, row: MatchRow) -> int | None:
    """The score a form gives, empty for none; the one on record where it says nothing."""
    if text is None:
        return row.score
    return _whole(text, "score") if text.strip() else None


def _whole(text: str, field: str) -> int:
    if not (text.strip().lstrip("-").isascii() and text.strip().lstrip("-").isdigit() and len(text) < 10):
        raise InvalidInput(f"{text[:20]!r} is no whole number.", field=field)
    return int(text)


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidInput(f"{text[:20]!r} is no amount.", field="prize") from None


def _find_game(slug: str) -> Game:
    return get_game(slug if is_storable(slug, multiline=False) else "")


def _choice(row: TournamentResult) -> ResultChoice:
    place = f"{row.placement}." if row.placement else "disqualified:"
    if row.user is not None:
        return ResultChoice(f"player:{row.user.profile.public_id}", f"{place} {row.user.profile.name}")
    team = row.team
    return ResultChoice(f"team:{team.slug if team else ''}", f"{place} {team.name if team else ''}")


def _lines(disputes: Sequence[Dispute]) -> list[DisputeLine]:
    """Disputes with their matches, wherever these are kept, in two queries for all of them."""
    ids = [each.match_id for each in disputes if each.match_id is not None]
    found = [rows.select_related("game") for rows in list_match_sources(pk__in=ids)] if ids else []
    rows: dict[int | None, MatchRow] = {row.pk: row for table in found for row in table}
    return [DisputeLine(each, moderation.write_handle(each), rows.get(each.match_id)) for each in disputes]


def _require_staff(viewer: User) -> None:
    if not viewer.is_staff:
        raise MayNotResolve("Only staff review disputes.", field="by")
