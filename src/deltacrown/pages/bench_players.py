"""The moderators' pages of players: finding one, and everything staff may do about one in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count
from django.utils.translation import gettext as _

from deltacrown.accounts.models import ExternalId, PlayerMerge, User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.accounts.services import find_players, list_external_ids
from deltacrown.core.audit import record_deed
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import NotFound
from deltacrown.core.inputs import is_storable
from deltacrown.core.pagination import Page
from deltacrown.games.models import Match, MatchRow
from deltacrown.moderation.models import Dispute
from deltacrown.pages.audit_log import LoggedDeed, list_latest_of
from deltacrown.pages.bench import OPENS_PLAYERS, require_right
from deltacrown.pages.disputes import DisputeItem, list_disputes_about
from deltacrown.pages.search import Found, search_players
from deltacrown.user_profile.models import Standing, UserProfile
from deltacrown.user_profile.people.addresses import get_account
from deltacrown.user_profile.people.anonymising import CannotAnonymise
from deltacrown.user_profile.people.merging import list_merges
from deltacrown.user_profile.people.standings import ToldStanding, get_standing
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.standing import SHOWN, is_listed
from deltacrown.user_profile.unlisted import sees_unlisted

PLAYERS_SHOWN = 20
#: How many disputes, rulings and voids the page of a player shows.
LATEST = 10


@dataclass(frozen=True)
class FoundPlayer:
    """A player in the list.

    :param standing: as it is now; a suspension that is over is none.
    :param open_disputes: how many that they filed are open; None where the viewer may not know.
    """

    profile: UserProfile
    formerly: str
    standing: Standing
    open_disputes: int | None = None


@dataclass(frozen=True)
class PlayerDesk:
    """What the page of one player shows; None where the viewer has not the right.

    :param told: the standing.
    :param filed: the latest disputes the player filed.
    :param about: the latest disputes of others about matches and results of the player.
    :param deeds: the latest rulings and changes about the player.
    :param voided: the latest lines of the player that are void.
    """

    profile: UserProfile
    told: ToldStanding | None
    filed: list[DisputeItem] | None
    about: list[DisputeItem] | None
    deeds: list[LoggedDeed] | None
    voided: list[MatchRow] | None
    merges: list[PlayerMerge] | None
    external_ids: list[ExternalId] | None
    may_decide: bool
    may_remove_picture: bool
    may_merge: bool
    may_anonymise: bool

    @property
    def is_gone(self) -> bool:
        """Return whether the account is nobody's any more: merged or anonymised."""
        return self.profile.standing in {Standing.MERGED, Standing.ANONYMISED}


def find_for_bench(
    query: str, page: str | None = None, *, viewer: Viewer, now: datetime, limit: int = PLAYERS_SHOWN
) -> Page[FoundPlayer]:
    """Return a page of the players found by shown name, former name, public id or username.

    :raises MayNotModerate: the viewer has no right over players.
    :raises InvalidInput: as ``search_players``.
    """
    reader = require_right(viewer, *OPENS_PLAYERS)
    record_deed(deed=Deed.READ_PLAYERS, by=reader)
    found = search_players(query, page, viewer=reader, limit=limit)
    named = [] if page else _find_by_username(query, found.items, reader)
    return found.with_items(lambda items: _describe([*named, *items], reader, now))


def get_player_desk(public_id: str, *, viewer: Viewer) -> PlayerDesk:
    """Return the moderators' page of one player, whatever the standing.

    :raises MayNotModerate: the viewer has no right over players.
    :raises NotFound: there is no such player, or the viewer may not see one of that standing.
    """
    reader = require_right(viewer, *OPENS_PLAYERS)
    profile = get_reachable(public_id, viewer=reader)
    user = profile.user
    record_deed(deed=Deed.READ_PLAYER, by=reader, of=user)
    sees_disputes = has_right(reader, Right.VIEW_DISPUTES)
    filed, about = list_disputes_about(user, viewer=reader, limit=LATEST) if sees_disputes else (None, None)
    sees_log = has_right(reader, Right.VIEW_AUDIT)
    may_merge = has_right(reader, Right.MERGE_PLAYERS)
    return PlayerDesk(
        profile=profile,
        told=get_standing(user, reader, profile),
        filed=filed,
        about=about,
        deeds=list_latest_of(user, viewer=reader, limit=LATEST) if sees_log else None,
        voided=_list_voided(user) if has_right(reader, Right.VIEW_HIDDEN) else None,
        merges=list_merges(user) if may_merge else None,
        external_ids=list_external_ids(user) if has_right(reader, Right.CREATE_PLAYERS) else None,
        may_decide=has_right(reader, Right.SUSPEND_PLAYERS),
        may_remove_picture=has_right(reader, Right.REMOVE_PICTURES),
        may_merge=may_merge,
        may_anonymise=has_right(reader, Right.ANONYMISE_PLAYERS),
    )


def get_for_picture(public_id: str, *, viewer: Viewer) -> UserProfile:
    """Return whose picture the viewer may remove.

    :raises MayNotModerate: the viewer may remove none.
    :raises NotFound: there is no such player.
    """
    return get_reachable(public_id, viewer=require_right(viewer, Right.REMOVE_PICTURES))


def get_for_anonymising(public_id: str, *, viewer: Viewer) -> UserProfile:
    """Return who may be anonymised by the viewer.

    :raises MayNotModerate: the viewer may anonymise nobody.
    :raises NotFound: there is no such player.
    :raises CannotAnonymise: the player was anonymised, or the account was merged into another.
    """
    profile = get_reachable(public_id, viewer=require_right(viewer, Right.ANONYMISE_PLAYERS))
    if profile.standing == Standing.ANONYMISED:
        raise CannotAnonymise(_("This player is anonymised already."), field="user")
    if profile.standing == Standing.MERGED:
        message = _("The account was merged into another; anonymise that one, or undo the merge first.")
        raise CannotAnonymise(message, field="user")
    return profile


def get_reachable(public_id: str, *, viewer: User) -> UserProfile:
    """Return the account with this public id, if its standing is one that the viewer may see.

    :raises NotFound: there is none, or it is closed and the viewer decides about no closed accounts.
    """
    profile = get_account(public_id)
    decides = any(has_right(viewer, each) for each in (Right.MERGE_PLAYERS, Right.ANONYMISE_PLAYERS))
    if profile.standing not in SHOWN and not decides and not sees_unlisted(viewer):
        raise NotFound(_("There is no such player."), field="public_id")
    return profile


def _find_by_username(
    query: str, found: Sequence[Found[UserProfile]], viewer: User
) -> list[Found[UserProfile]]:
    """Return who signs in by this name, also where pages show another, unless they are found anyway."""
    text = query.strip()
    user = find_players([text]).get(text) if is_storable(text, multiline=False) else None
    if user is None or user.pk in {each.item.user_id for each in found}:
        return []
    profiles = UserProfile.objects.select_related("user").filter(user=user)
    if not sees_unlisted(viewer):
        profiles = profiles.filter(is_listed())
    return [Found(profile) for profile in profiles]


def _describe(found: Sequence[Found[UserProfile]], viewer: User, now: datetime) -> list[FoundPlayer]:
    users = [each.item.user_id for each in found]
    joined = User.objects.in_bulk(users)
    lines = []
    for each in found:
        profile = each.item
        profile.user = joined[profile.user_id]
        lines.append(FoundPlayer(profile, each.formerly, _get_standing(profile, now)))
    if not has_right(viewer, Right.VIEW_DISPUTES):
        return lines
    counted = Dispute.objects.filter(reporter__in=users, status=Dispute.Status.OPEN)
    counts = dict(counted.values_list("reporter").annotate(Count("pk")).order_by())
    return [replace(line, open_disputes=counts.get(line.profile.user_id, 0)) for line in lines]


def _get_standing(profile: UserProfile, now: datetime) -> Standing:
    until = profile.standing_until
    is_over = profile.standing == Standing.SUSPENDED and until is not None and until <= now
    return Standing.ACTIVE if is_over else Standing(profile.standing)


def _list_voided(user: User) -> list[MatchRow]:
    rows = Match.objects.filter(user=user, voided_at__isnull=False).select_related("game")
    return list(rows.order_by("-played_at", "-id")[:LATEST])
