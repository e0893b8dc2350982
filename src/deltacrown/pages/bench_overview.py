"""The moderator's bench: who may enter it, and what waits there."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.moderation.services import MayNotResolve
from deltacrown.pages.disputes import DisputeItem, Whose, list_queue

#: How many of those that wait longest.
WAITING_SHOWN = 5
#: The rights that lead to a page of the bench.
RIGHTS = (
    Right.VIEW_DISPUTES,
    Right.RESOLVE_DISPUTES,
    Right.CHANGE_MATCHES,
    Right.SUSPEND_PLAYERS,
    Right.REMOVE_PICTURES,
    Right.MERGE_PLAYERS,
    Right.ANONYMISE_PLAYERS,
    Right.VIEW_VERIFICATIONS,
    Right.DECIDE_VERIFICATIONS,
)


def may_enter(person: User | None) -> bool:
    """Return whether a person has any right of the bench; no query for who is not of the staff."""
    return any(has_right(person, right) for right in RIGHTS)


@dataclass(frozen=True)
class Bench:
    """What waits on the bench, for one viewer.

    :param rights: what the viewer may do there.
    :param waiting: the open disputes that wait longest; empty for who may not read them.
    :param own: those of them that the viewer has in hand.
    """

    rights: frozenset[Right]
    waiting: list[DisputeItem]
    own: list[DisputeItem]

    @property
    def sees_disputes(self) -> bool:
        """Return whether the viewer may read disputes."""
        return Right.VIEW_DISPUTES in self.rights


def get_bench(*, viewer: User) -> Bench:
    """Return the overview of the bench.

    :raises MayNotResolve: ``viewer`` has no right of it.
    """
    rights = frozenset(right for right in RIGHTS if has_right(viewer, right))
    if not rights:
        raise MayNotResolve(_("The bench is for staff with a right to moderate."), field="by")
    if Right.VIEW_DISPUTES not in rights:
        return Bench(rights, [], [])
    waiting, own = (
        list_queue("OPEN", whose=whose, viewer=viewer, limit=WAITING_SHOWN).items
        for whose in (Whose.ALL, Whose.MINE)
    )
    return Bench(rights, waiting, own)
