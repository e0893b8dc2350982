"""The player whose page is asked for, and how the viewer stands to them: all in one statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from deltacrown.core.inputs import is_storable
from deltacrown.core.prepared import FoundRow, Parameter, PreparedQuery
from deltacrown.freshness.models import ContentVersion
from deltacrown.user_profile.models import Block, Follow, KycVerification, PrivacySettings, UserProfile
from deltacrown.user_profile.numbers.ranks import Rank, add_ranks, list_ahead, take_ranks
from deltacrown.user_profile.privacy import Viewer, Visibility, is_self
from deltacrown.user_profile.standing import SHOWN


@dataclass(frozen=True)
class Owner:
    """The owner of a page whose standing lets it be shown, as of one moment.

    :param token: the content token; what is built after it was read may be kept under it.
    :param flags: the privacy settings; None where there are none, which hides.
    :param follows: whether the viewer follows the player; None when they cannot. ``blocks`` likewise.
    :param visibility: all that the viewer may see, where it is known: to ask is an entry in the audit log.
    :param is_verified: told to the player alone.
    :param ranks: follow from the numbers of others, and must not be kept.
    """

    profile: UserProfile
    token: int | None
    flags: PrivacySettings | None
    follows: bool | None
    blocks: bool | None
    is_verified: bool
    ranks: list[Rank] = field(default_factory=list)
    visibility: Visibility | None = None


@dataclass(frozen=True)
class FoundOwner:
    """An owner who was found, as far as one looks for what is kept: the rest is made of the row when asked.

    :param places: name of a board → how many are ahead there; None where the player has no place.
    """

    row: FoundRow[UserProfile]
    user_id: int
    token: int | None
    places: tuple[int | None, ...]

    def make(self, viewer: Viewer) -> Owner:
        """Return the owner as ``viewer``, for whom they were looked for, stands to them."""
        profile = self.row.make()
        # Off the profile, which is kept for everybody.
        token, follows, blocks = (
            profile.__dict__.pop(f"owner_{name}", None) for name in ("token", "follows", "blocks")
        )
        own = is_self(viewer, profile.user)
        verification = getattr(profile.user, "kyc_verification", None) if own else None
        return Owner(
            profile=profile,
            token=token,
            flags=getattr(profile.user, "privacy_settings", None),
            follows=None if own else follows,
            blocks=None if own else blocks,
            is_verified=own
            and verification is not None
            and verification.status == KycVerification.Status.VERIFIED,
            ranks=take_ranks(profile),
        )


def find_owner(
    public_id: str, viewer: Viewer, *, with_ranks: bool = False, game: str | None = None
) -> Owner | None:
    """Return the player with this public id; None where nobody has it, or the standing hides the page.

    :param game: a game's slug: the places are those on its boards.
    """
    found = look_for_owner(public_id, viewer, with_ranks=with_ranks, game=game)
    return None if found is None else found.make(viewer)


def look_for_owner(
    public_id: str, viewer: Viewer, *, with_ranks: bool = False, game: str | None = None
) -> FoundOwner | None:
    """As ``find_owner``, but most of the owner is not made yet. One statement."""
    if not is_storable(public_id, multiline=False):
        return None
    is_known = viewer is not None and viewer.is_authenticated and viewer.is_active
    in_game = with_ranks and game is not None
    query = _prepare(is_known=is_known, with_ranks=with_ranks, in_game=in_game)
    values = (public_id, viewer.pk if is_known and viewer is not None else None, game if in_game else None)
    given = [value for value in values if value is not None]
    row = query.find(*given)
    if row is None or row["standing"] not in SHOWN:
        return None
    return FoundOwner(row, row["user_id"], row["owner_token"], list_ahead(row) if with_ranks else ())


@cache
def _prepare(*, is_known: bool, with_ranks: bool, in_game: bool) -> PreparedQuery[UserProfile]:
    """Return the query for an owner by the public id, then who looks, then the slug of a game."""

    def build() -> QuerySet[UserProfile]:
        return _list_owners(is_known=is_known, with_ranks=with_ranks, in_game=in_game)

    # A game is no key: to count who is ahead in one with many players takes another plan.
    return PreparedQuery(build, is_by_key=not in_game)


def _list_owners(*, is_known: bool, with_ranks: bool, in_game: bool) -> QuerySet[UserProfile]:
    related = ("user__privacy_settings", "user__kyc_verification")
    found: QuerySet[Any] = UserProfile.objects.filter(public_id=Parameter(0)).select_related(*related)
    tokens = ContentVersion.objects.filter(owner=OuterRef("user_id")).values("token")
    of_owner: dict[str, Any] = {"token": Subquery(tokens)}
    if is_known:
        of_owner["follows"] = Exists(
            Follow.objects.filter(follower=Parameter(1), followed=OuterRef("user_id"))
        )
        of_owner["blocks"] = Exists(Block.objects.filter(blocker=Parameter(1), blocked=OuterRef("user_id")))
    found = found.annotate(**{f"owner_{name}": value for name, value in of_owner.items()})
    if with_ranks:
        found = add_ranks(found, Parameter(1 + is_known) if in_game else None)
    return found.order_by("pk")[:1]
