"""Who is a party to a dispute, and who runs the tournament that it is about."""

from __future__ import annotations

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.errors import DomainError
from deltacrown.games.models import list_match_sources
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services.subjects import MatchGone, get_match_row, has_competed
from deltacrown.tournaments.models import Tournament, TournamentMatchResult
from deltacrown.tournaments.services import can_organise


class MayNotResolve(DomainError):
    """The person has not the right to, or is a party to the dispute."""

    code = "forbidden"


def get_disputed_tournament(dispute: Dispute) -> Tournament | None:
    """Return the tournament of the disputed match or result; None of a match outside tournaments."""
    if dispute.result is not None:
        return dispute.result.tournament
    described = TournamentMatchResult.objects.filter(match_id=dispute.match_id or 0)
    found = described.select_related("tournament").first()
    return found.tournament if found else None


def runs_disputed(dispute: Dispute, user: User) -> bool:
    """Return whether ``user`` runs the tournament that the dispute is about, and is no party to it."""
    event = get_disputed_tournament(dispute)
    if event is None or not can_organise(event, user):
        return False
    return dispute.reporter_id != user.pk and not is_affected(dispute, user)


def is_affected(dispute: Dispute, user: User) -> bool:
    """Return whether ``user`` played in the disputed match, or in the tournament of the disputed result."""
    if dispute.result is not None:
        return has_competed(user, dispute.result.tournament_id)
    try:
        match = get_match_row(dispute.match_id or 0)
    except MatchGone:
        return False
    lines = {"game": match.game_id, "match_key": match.match_key, "user": user}
    return any(rows.exists() for rows in list_match_sources(**lines))


def require_resolver(dispute: Dispute, by: User) -> None:
    """Refuse unless ``by`` may resolve the dispute: staff with the right, and who runs its tournament.

    :raises MayNotResolve: they may not, or are a party to it.
    """
    event = None if has_right(by, Right.RESOLVE_DISPUTES) else get_disputed_tournament(dispute)
    if event is None or not can_organise(event, by):
        require_moderator(by)
    require_no_party(dispute, by)


def require_moderator(by: User) -> None:
    """Refuse unless ``by`` may resolve every dispute.

    :raises MayNotResolve: they may not.
    """
    if not has_right(by, Right.RESOLVE_DISPUTES):
        message = _("Resolving a dispute takes the permission %(right)s.")
        raise MayNotResolve(message % {"right": Right.RESOLVE_DISPUTES}, field="by")


def require_no_party(dispute: Dispute, by: User) -> None:
    """Refuse who filed the dispute, and whom its outcome touches.

    :raises MayNotResolve: they are a party to it.
    """
    if by.pk == dispute.reporter_id:
        raise MayNotResolve(_("You filed this dispute; another moderator must resolve it."), field="by")
    if is_affected(dispute, by):
        raise MayNotResolve(_("You played in what is disputed; somebody else must resolve it."), field="by")
