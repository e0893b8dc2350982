"""The pages about disputes: filing one, one's own, the moderators' queue, and the review of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.db.models import F, prefetch_related_objects
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.audit import record_deed
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.core.inputs import is_storable
from deltacrown.core.pagination import Page, paginate
from deltacrown.games.models import MatchRow, list_match_sources
from deltacrown.games.services import get_match_line, list_match_lines
from deltacrown.moderation import services as moderation
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services import MayNotResolve, Remedy
from deltacrown.pages.bench import find_person
from deltacrown.pages.consequences import Consequences, carry_out, preview
from deltacrown.pages.dispute_evidence import Evidence, gather_evidence
from deltacrown.pages.tournaments import get_tournament
from deltacrown.teams.services import find_teams
from deltacrown.tournaments.models import Tournament, TournamentResult
from deltacrown.tournaments.services import get_result, write_place
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.people.addresses import find_users
from deltacrown.user_profile.standing import require_good_standing
from django_tally.transactions import atomic_service

PER_PAGE = 20
#: The most results that can be chosen from on the page to dispute one.
RESULTS_OFFERED = 200
RELATED = ("reporter__profile", "result__tournament", "result__team")
BENCH_RELATED = (*RELATED, "assigned_to__profile")


class Whose(StrEnum):
    """Of the queue: the disputes of everybody, of who looks, or of nobody."""

    ALL = "all"
    MINE = "mine"
    UNASSIGNED = "unassigned"


@dataclass(frozen=True)
class DisputeItem:
    """A dispute in a list, with its subject.

    :param handle: addresses its page; for staff.
    :param match: the disputed match, or ``None`` when the subject is a result or the match is gone.
    """

    dispute: Dispute
    handle: str
    match: MatchRow | None

    @property
    def result(self) -> TournamentResult | None:
        """Return the disputed result, or ``None`` when the subject is a match."""
        return self.dispute.result


@dataclass(frozen=True)
class ReviewPage:
    """A dispute before a moderator.

    :param rows: the lines of the disputed match, oldest first; empty when the subject is a result.
    :param may_resolve: whether the viewer may: it is their right, and the dispute is open and another's.
    :param tournament: what the viewer runs, who is not of the bench; None for staff.
    :param resolvers: to whom the viewer may give it; empty where they may not.
    :param evidence: what it is judged by; None for who filed it.
    """

    line: DisputeItem
    rows: list[MatchRow]
    may_resolve: bool
    tournament: Tournament | None = None
    resolvers: Sequence[User] = ()
    evidence: Evidence | None = None


@dataclass(frozen=True)
class MatchDisputePage:
    """The page on which a player disputes a match.

    :param match: the viewer's own line of it.
    :param until: the last time at which it can be disputed.
    :param is_late: whether that has passed.
    """

    match: MatchRow
    until: datetime
    is_late: bool


@dataclass(frozen=True)
class ResultChoice:
    """A result that can be disputed: of the player with ``public_id``, or of the team with ``team_slug``."""

    label: str
    public_id: str = ""
    team_slug: str = ""


@dataclass(frozen=True)
class ResultDisputePage:
    """The page on which a player disputes a result of a tournament.

    :param choices: the results that can still be disputed.
    :param is_late: whether there are results, and the time to dispute is over for all of them.
    """

    tournament: Tournament
    choices: list[ResultChoice]
    is_late: bool


def list_own_disputes(page: str | None = None, *, viewer: User, limit: int = PER_PAGE) -> Page[DisputeItem]:
    """Return a page of the disputes that ``viewer`` filed, latest first; staff get their own here too."""
    rows = Dispute.objects.filter(reporter=viewer).select_related(*RELATED)
    listing = f"own-disputes/{viewer.pk}"
    found = paginate(rows, listing=listing, order=("-filed_at", "-id"), cursor=page, limit=limit)
    return found.with_items(describe_disputes)


def list_queue(
    status: str,
    page: str | None = None,
    *,
    whose: str = Whose.ALL,
    by: str = "",
    about: str = "",
    viewer: User,
    limit: int = PER_PAGE,
) -> Page[DisputeItem]:
    """Return a page of everybody's disputes with one status, the longest waiting first.

    Those to which the viewer is a party are left out, unless they filed them.

    :param status: ``OPEN``, ``UPHELD`` or ``REJECTED``.
    :param whose: who has them in hand.
    :param by: who filed them: a public id or a username; empty for anybody.
    :param about: of whose matches and results others filed them, as ``by``.
    :raises MayNotResolve: ``viewer`` may not view disputes.
    :raises InvalidInput: for another status, for nobody's name, or an invalid cursor.
    """
    _require(viewer, Right.VIEW_DISPUTES)
    check_status(status)
    if whose not in list(Whose):
        told = {"whose": repr(whose[:20]), "choices": ", ".join(Whose)}
        raise InvalidInput(_("There are no disputes of %(whose)s: use %(choices)s.") % told, field="whose")
    record_deed(deed=Deed.READ_QUEUE, by=viewer)
    rows = Dispute.objects.filter(status=status).select_related(*BENCH_RELATED)
    rows = moderation.exclude_concerning(rows, viewer)
    if by:
        rows = rows.filter(reporter=find_person(by, field="by"))
    if about:
        rows = moderation.filter_about(rows, find_person(about, field="about"))
    if whose != Whose.ALL:
        rows = rows.filter(assigned_to=viewer if whose == Whose.MINE else None)
    listing = f"dispute-queue/{status}/{whose}/{viewer.pk if whose == Whose.MINE else ''}/{by}/{about}"
    found = paginate(rows, listing=listing, order=("filed_at", "id"), cursor=page, limit=limit)
    return found.with_items(describe_disputes)


def check_status(status: str) -> None:
    """Refuse what is no status of a dispute.

    :raises InvalidInput: it is none.
    """
    if status not in Dispute.Status.values:
        sentence = _("There is no status %(status)s: use %(statuses)s.")
        message = sentence % {"status": repr(status[:20]), "statuses": ", ".join(Dispute.Status.values)}
        raise InvalidInput(message, field="status")


def list_disputes_about(
    user: User, *, viewer: User, limit: int
) -> tuple[list[DisputeItem], list[DisputeItem]]:
    """Return the latest disputes that a player filed, and those of others about the player, for moderators.

    The latter are about matches in which the player has a line, and about the player's results. Those to
    which the viewer is a party are left out.
    """
    rows = moderation.exclude_concerning(Dispute.objects.select_related(*RELATED), viewer)
    latest = rows.order_by("-filed_at", "-id")
    filed = list(latest.filter(reporter=user)[:limit])
    about = list(moderation.filter_about(latest, user)[:limit])
    described = describe_disputes([*filed, *about])
    return described[: len(filed)], described[len(filed) :]


def get_review(handle: str, *, viewer: User) -> ReviewPage:
    """Return a dispute with everything a moderator, or who runs its tournament, needs to resolve it.

    :raises MayNotResolve: ``viewer`` may view no such dispute, whether there is one or not.
    :raises NotFound: there is no such dispute, as a moderator is told; also who is a party to it.
    """
    event = _find_organised(handle, viewer)
    dispute = moderation.get_dispute(handle, viewer=viewer)
    (item,) = describe_disputes([dispute])
    rows = list_match_lines(item.match.game, item.match.match_key) if item.match else []
    prefetch_related_objects(rows, "user__profile")
    is_open = item.dispute.status == Dispute.Status.OPEN
    able = event is not None or has_right(viewer, Right.RESOLVE_DISPUTES)
    is_reporter = dispute.reporter_id == viewer.pk
    may_resolve = is_open and able and not is_reporter
    gives = may_resolve and event is None
    resolvers = moderation.list_resolvers(item.dispute) if gives else []
    evidence = None if is_reporter else gather_evidence(dispute, rows, viewer=viewer)
    return ReviewPage(item, rows, may_resolve, event, resolvers, evidence)


def get_behind_review(handle: str, *, viewer: User) -> tuple[Dispute, Tournament | None]:
    """Return a dispute, and the tournament for who runs that, for a list of what it is judged by.

    :raises DomainError: as ``get_review``; who filed it learns nothing of that, either.
    """
    event = _find_organised(handle, viewer)
    dispute = moderation.get_dispute(handle, viewer=viewer)
    if dispute.reporter_id == viewer.pk:
        raise NotFound(_("There is no such dispute."), field="handle")
    return dispute, event


def _find_organised(handle: str, viewer: User) -> Tournament | None:
    """Return the tournament of the dispute, for who reviews it because they run that; None for moderators.

    :raises MayNotResolve: they are neither.
    """
    if has_right(viewer, Right.VIEW_DISPUTES):
        return None
    dispute = moderation.find_dispute(handle)
    if dispute is None or not moderation.runs_disputed(dispute, viewer):
        _require(viewer, Right.VIEW_DISPUTES)
        return None
    return moderation.get_disputed_tournament(dispute)


def get_match_dispute_page(game: str, match_key: str, *, viewer: User, now: datetime) -> MatchDisputePage:
    """Return the viewer's line of a match, and until when it can be disputed.

    :raises NotFound: there is no such match, or the viewer did not play in it.
    """
    match = _get_own_row(game, match_key, viewer=viewer)
    until = moderation.get_dispute_deadline(match.played_at, is_time_known=match.is_time_known)
    return MatchDisputePage(match, until, is_late=now > until)


def get_result_dispute_page(slug: str, *, viewer: User, now: datetime) -> ResultDisputePage:
    """Return the official results of a tournament that can still be disputed.

    :raises NotFound: there is no such tournament.
    """
    event = get_tournament(slug, viewer=viewer)
    is_team = event.entrant_kind == Tournament.EntrantKind.TEAM
    rows = TournamentResult.objects.filter(tournament=event, user__isnull=is_team)
    best_first = rows.order_by(F("placement").asc(nulls_last=True), "id")
    offered = list(best_first.select_related("team", "user__profile")[:RESULTS_OFFERED])

    in_time = [row for row in offered if now <= moderation.get_dispute_deadline(row.decided_at)]
    choices = [_describe_choice(row) for row in in_time]
    return ResultDisputePage(event, choices, is_late=bool(offered) and not in_time)


@atomic_service
def file_match_dispute(*, game: str, match_key: str, reason: str, reporter: User, now: datetime) -> Dispute:
    """Record a player's objection to a match they played in; refusals are those of ``file_dispute``.

    :raises NotFound: there is no such match, or the reporter did not play in it.
    :raises Suspended: the reporter is suspended.
    """
    row = _get_own_row(game, match_key, viewer=reporter)
    require_good_standing(reporter, now)
    return moderation.file_dispute(reporter=reporter, match=row, reason=reason, now=now)


@atomic_service
def file_result_dispute(
    *, slug: str, public_id: str = "", team_slug: str = "", reason: str, reporter: User, now: datetime
) -> Dispute:
    """Record a player's objection to a result of a tournament they entered.

    Other refusals are those of ``file_dispute``.

    :param public_id: of the player with the result; give it or ``team_slug``.
    :raises NotFound: there is no such tournament.
    :raises InvalidInput: there is no such player or team.
    :raises Suspended: the reporter is suspended.
    """
    event = get_tournament(slug, viewer=reporter)
    require_good_standing(reporter, now)
    user = find_users([public_id]).get(public_id) if public_id else None
    team = find_teams([team_slug]).get(team_slug) if team_slug else None
    if user is None and team is None:
        raise InvalidInput(_("Choose the result that is wrong."), field="result")

    result = get_result(event, user=user, team=team)
    return moderation.file_dispute(reporter=reporter, result=result, reason=reason, now=now)


@atomic_service
def resolve_dispute(
    *, handle: str, remedy: Remedy | None, resolution: str, by: User, now: datetime
) -> Dispute:
    """Uphold the dispute and apply ``remedy``, or reject it when there is none.

    :param resolution: what was found; shown to the reporter.
    :raises MayNotResolve: ``by`` may not resolve disputes, or is the reporter.
    :raises InvalidInput: the remedy or the resolution cannot be taken.
    """
    _require_say(handle, by)
    dispute = moderation.get_dispute(handle, viewer=by)
    if remedy is None:
        return moderation.reject_dispute(dispute=dispute, by=by, resolution=resolution, now=now)
    return moderation.uphold_dispute(dispute=dispute, by=by, remedy=remedy, resolution=resolution, now=now)


@atomic_service
def uphold_dispute(*, handle: str, remedy: Remedy, resolution: str, by: User, now: datetime) -> Consequences:
    """Uphold the dispute with ``remedy``, and return what that changed, as far as ``by`` is told.

    :raises DomainError: as ``resolve_dispute``.
    """
    found = carry_out(
        lambda: resolve_dispute(handle=handle, remedy=remedy, resolution=resolution, by=by, now=now)
    )
    return _tell(found, by)


def preview_upholding(
    *, handle: str, remedy: Remedy, resolution: str, by: User, now: datetime
) -> Consequences:
    """Return what upholding the dispute with ``remedy`` would change; nothing is.

    :param resolution: as given so far, which may be nothing yet.
    :raises DomainError: as ``resolve_dispute``.
    """
    words = resolution.strip() or _("No words yet.")  # never stored
    found = preview(lambda: resolve_dispute(handle=handle, remedy=remedy, resolution=words, by=by, now=now))
    return _tell(found, by)


def _tell(found: Consequences, by: User) -> Consequences:
    """Return what ``by`` is told: what players hide of their numbers is not for who runs a tournament."""
    if has_right(by, Right.VIEW_DISPUTES):
        return found
    return replace(found, players=[], untold=0, tells_numbers=False)


def _require_say(handle: str, by: User) -> None:
    if not has_right(by, Right.RESOLVE_DISPUTES) and _find_organised(handle, by) is None:
        _require(by, Right.RESOLVE_DISPUTES)


def _get_own_row(game: str, match_key: str, *, viewer: User) -> MatchRow:
    named = get_game(game if is_storable(game, multiline=False) else "")
    return get_match_line(named, match_key, user=viewer)


def _describe_choice(row: TournamentResult) -> ResultChoice:
    sentence = _("%(place)s. %(name)s") if row.placement else _("unplaced: %(name)s")
    if row.disqualified_at is not None:
        sentence = _("disqualified: %(name)s")
    told = {"place": write_place(row.placement, row.placement_to)}
    if row.user is not None:
        profile = row.user.profile
        return ResultChoice(sentence % {**told, "name": profile.name}, public_id=profile.public_id)

    name, slug = (row.team.name, row.team.slug) if row.team else ("", "")
    return ResultChoice(sentence % {**told, "name": name}, team_slug=slug)


def describe_disputes(disputes: Sequence[Dispute]) -> list[DisputeItem]:
    """Return disputes with their matches, live or archived, in two queries for all of them."""
    ids = [each.match_id for each in disputes if each.match_id is not None]
    matches: dict[int | None, MatchRow] = {}
    if ids:
        for rows in list_match_sources(pk__in=ids):
            matches |= {row.pk: row for row in rows.select_related("game")}
    return [DisputeItem(each, moderation.write_handle(each), matches.get(each.match_id)) for each in disputes]


def _require(viewer: User, right: Right) -> None:
    if not has_right(viewer, right):
        sentence = _("Reviewing disputes takes the permission %(right)s.")
        raise MayNotResolve(sentence % {"right": right}, field="by")
