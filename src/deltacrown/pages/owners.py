"""The player whose page is asked for, and how the viewer stands to them: all in one statement."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Subquery

from deltacrown.core.inputs import is_storable
from deltacrown.freshness.models import ContentVersion
from deltacrown.user_profile.models import Block, Follow, KycVerification, PrivacySettings, UserProfile
from deltacrown.user_profile.numbers.ranks import Rank, add_ranks, take_ranks
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


def find_owner(
    public_id: str, viewer: Viewer, *, with_ranks: bool = False, game: str | None = None
) -> Owner | None:
    """Return the player with this public id; None where nobody has it, or the standing hides the page.

    :param game: a game's slug: the places are those on its boards.
    """
    if not is_storable(public_id, multiline=False):
        return None
    related = ("user__privacy_settings", "user__kyc_verification")
    found = UserProfile.objects.filter(public_id=public_id).select_related(*related)
    of_owner = {"token": Subquery(ContentVersion.objects.filter(owner=OuterRef("user_id")).values("token"))}
    if viewer is not None and viewer.is_authenticated and viewer.is_active:
        of_owner["follows"] = Exists(Follow.objects.filter(follower=viewer.pk, followed=OuterRef("user_id")))
        of_owner["blocks"] = Exists(Block.objects.filter(blocker=viewer.pk, blocked=OuterRef("user_id")))
    found = found.annotate(**{f"owner_{name}": value for name, value in of_owner.items()})
    profile = (add_ranks(found, game) if with_ranks else found).first()
    if profile is None or profile.standing not in SHOWN:
        return None

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
