"""Remedies: the changes that upholding a dispute makes, through the services of the owning apps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.words import in_english
from deltacrown.games import services as games
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services.subjects import get_match_row
from deltacrown.teams.models import Team
from deltacrown.tournaments import services as tournaments
from deltacrown.tournaments.models import Tournament, TournamentResult

#: The longest reason, in characters, that match and result rows store.
OWNERS_REASON_LENGTH = 500


class UnfitRemedy(InvalidInput):
    """The remedy is for a match and the dispute about a result, or the other way round."""


@dataclass(frozen=True)
class VoidMatch:
    """Void the match, so that it counts for nobody, or only the line of one player.

    :param player: whose line; None for the whole match.
    """

    player: User | None = None


@dataclass(frozen=True)
class CorrectMatch:
    """Replace the results of players of the match, and their scores if given.

    :param results: username → correct result: ``WIN``, ``LOSS`` or ``DRAW``.
    :param scores: username → correct score of their side, or None for no score.
    """

    results: Mapping[str, str]
    scores: Mapping[str, str | int | None] | None = None


@dataclass(frozen=True)
class CorrectResult:
    """Replace the placement of the disputed result's entrant, and the prize unless ``prize`` is None.

    :param placement: None takes it away; ``unplaced_reason`` may say why.
    :param placement_to: the last place of a range.
    """

    placement: int | None
    prize: Decimal | None = None
    placement_to: int | None = None
    unplaced_reason: str = ""


@dataclass(frozen=True)
class Disqualify:
    """Disqualify an entrant: the one given, else the entrant of the disputed result."""

    user: User | None = None
    team: Team | None = None


Remedy = VoidMatch | CorrectMatch | CorrectResult | Disqualify


def apply_remedy(*, dispute: Dispute, remedy: Remedy, reason: str, now: datetime, by: User) -> None:
    """Apply a remedy through the service that owns the rows. Only ``uphold_dispute`` may call this.

    :param reason: shown with the changed rows, truncated to 500 characters.
    :raises UnfitRemedy: the remedy does not fit what the dispute is about.
    """
    with in_english():  # it is stored, and languages mark what is left out differently
        reason = Truncator(reason).chars(OWNERS_REASON_LENGTH)
    if isinstance(remedy, VoidMatch | CorrectMatch):
        _amend_match(dispute, remedy, reason, now, by)
    else:
        _amend_result(dispute, remedy, reason, now, by)


def _amend_match(
    dispute: Dispute, remedy: VoidMatch | CorrectMatch, reason: str, now: datetime, by: User
) -> None:
    if dispute.match_id is None:
        raise UnfitRemedy(
            _("The dispute is about a tournament result; correct the result or disqualify the entrant."),
            field="remedy",
        )
    match = get_match_row(dispute.match_id)
    if isinstance(remedy, VoidMatch):
        games.void_match(
            game=match.game,
            match_key=match.match_key,
            user=remedy.player,
            reason=reason,
            now=now,
            by=by,
        )
    else:
        games.correct_match(
            game=match.game,
            match_key=match.match_key,
            results=remedy.results,
            scores=remedy.scores,
            reason=reason,
            now=now,
            by=by,
        )


def _amend_result(
    dispute: Dispute, remedy: CorrectResult | Disqualify, reason: str, now: datetime, by: User
) -> None:
    if dispute.result_id is None:
        raise UnfitRemedy(_("The dispute is about a match; void the match or correct it."), field="remedy")
    result = TournamentResult.objects.select_related("tournament", "user", "team").get(pk=dispute.result_id)
    user, team = _entrant_of(result)
    if isinstance(remedy, CorrectResult):
        tournaments.correct_result(
            tournament=result.tournament,
            user=user,
            team=team,
            placement=remedy.placement,
            placement_to=remedy.placement_to,
            unplaced_reason=remedy.unplaced_reason,
            prize=remedy.prize,
            reason=reason,
            now=now,
            by=by,
        )
        return
    if remedy.user is not None or remedy.team is not None:
        user, team = remedy.user, remedy.team
    tournaments.disqualify_entrant(
        tournament=result.tournament, user=user, team=team, reason=reason, now=now, by=by
    )


def _entrant_of(result: TournamentResult) -> tuple[User | None, Team | None]:
    """Return user and team, one of them None: in a team event the team, also for a member's row."""
    if result.tournament.entrant_kind == Tournament.EntrantKind.TEAM:
        return None, result.team
    return result.user, None
