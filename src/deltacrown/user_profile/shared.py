"""What is the same for everybody of one audience, kept for a while; see docs/explanation/caching.md.

It is kept per audience, never per viewer. What staff see is not kept; what players see of themselves is, of
their overview alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from deltacrown.accounts.models import User
from deltacrown.freshness import keeping
from deltacrown.freshness.tokens import get_token
from deltacrown.user_profile.privacy import Audience, Viewer, get_audience

Value = TypeVar("Value")

#: Everybody of such an audience sees the same, but staff: a right of theirs may show them more.
SHARED = frozenset({Audience.ANONYMOUS, Audience.MEMBER, Audience.FOLLOWER})

#: For how many seconds the first page of each list is kept at most (SPEC section 6).
MATCHES_KEPT, TIMELINE_KEPT = 60, 30
#: How many entries such a page has: those of a page for which nobody names a number.
USUAL_LIMIT = 10


def get_shared_audience(
    viewer: Viewer, owner: User, *, follows: bool | None = None, keeps_own: bool = False
) -> Audience | None:
    """Return the audience with which ``viewer`` shares what is kept of ``owner``, or None.

    Staff share with nobody, whatever their rights.

    :param follows: whether the viewer follows the owner, where that is read already.
    :param keeps_own: whether what players see of themselves is kept too.
    """
    if viewer is not None and getattr(viewer, "is_staff", False):
        return None

    audience = get_audience(viewer, owner, follows=follows)
    is_kept = audience in SHARED or (keeps_own and audience is Audience.SELF)
    return audience if is_kept else None


def get_shared(
    kind: type[Value],
    *,
    owner: User,
    viewer: Viewer,
    seconds: int,
    build: Callable[[], Value],
) -> Value:
    """Return what is shown of ``owner`` to the audience of ``viewer``, kept or built now.

    A change of the privacy settings changes the owner's token, as every change of what is shown does. So what
    was kept may still be shown.

    :param kind: the type of the value, a dataclass.
    """
    token = get_token(owner.pk)
    audience = get_shared_audience(viewer, owner)
    if token is None or audience is None:
        return build()

    return keeping.get_or_build(
        kind,
        owner=owner.pk,
        token=token,
        audience=audience.value,
        seconds=seconds,
        build=build,
    )
