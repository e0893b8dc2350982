"""The pages on merged accounts: the list of merges, what a merge would do, and doing and undoing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from deltacrown.accounts.models import PlayerMerge, User
from deltacrown.accounts.rights import Right
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import NotFound
from deltacrown.core.pagination import InvalidCursor, Order, Page, paginate, read_position, write_position
from deltacrown.pages.bench import find_person, require_right
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import StatLine, list_stats
from deltacrown.user_profile.people.merging import (
    MergePreview,
    preview_merge,
    rehearse_merge,
    undo_merge,
)
from deltacrown.user_profile.privacy import Viewer

#: Merges are numbered in the order in which they were decided.
LATEST_FIRST: Order = ("-id",)
MERGES_SHOWN = 20
_HANDLES = "merge-handle"


@dataclass(frozen=True)
class MergeLine:
    """A merge in the list.

    :param handle: addresses its undo; empty where it cannot be undone any more.
    """

    merge: PlayerMerge
    kept: UserProfile
    merged: UserProfile
    handle: str


@dataclass(frozen=True)
class MergedNumber:
    """A number of both accounts now, and of the kept one afterwards."""

    stat: StatLine
    kept: Any
    merged: Any
    after: Any


@dataclass(frozen=True)
class MergePage:
    """What a merge would do, before it is decided.

    :param undo_until: until when it could be undone, were it done now.
    """

    kept: UserProfile
    merged: UserProfile
    preview: MergePreview
    numbers: list[MergedNumber]
    undo_until: datetime


def list_all_merges(
    page: str | None = None, *, viewer: Viewer, now: datetime, limit: int = MERGES_SHOWN
) -> Page[MergeLine]:
    """Return a page of all merges, the latest first.

    :raises MayNotModerate: the viewer may not merge accounts.
    :raises InvalidInput: the cursor or the limit is not valid.
    """
    reader = require_right(viewer, Right.MERGE_PLAYERS)
    record_deed(deed=Deed.READ_MERGES, by=reader)
    rows = PlayerMerge.objects.select_related(
        "kept__profile", "merged__profile", "decided_by__profile", "undone_by__profile"
    ).defer("moved", "set_aside", "record")
    found = paginate(rows, listing="merges", order=LATEST_FIRST, cursor=page, limit=limit)
    return found.with_items(lambda merges: _describe(merges, now))


def get_merge_page(kept: str, merged: str, *, viewer: Viewer, now: datetime) -> MergePage:
    """Return what a merge of two accounts would do. Everything it wrote to find out is rolled back.

    :param kept: the public id or the username of the account that stays.
    :param merged: that of the account that ends.
    :raises MayNotModerate: the viewer may not merge accounts.
    :raises InvalidInput: somebody is named that there is not, or both are one.
    :raises CannotMerge: these two cannot be merged; the message says what to do instead.
    """
    reader = require_right(viewer, Right.MERGE_PLAYERS)
    stays, ends = find_person(kept, field="kept"), find_person(merged, field="merged")
    about = write_about("user", stays.pk)
    record_deed(deed=Deed.READ_MERGE, by=reader, of=ends, about=about)
    preview = preview_merge(kept=stays, merged=ends)
    before = list_stats(stays), list_stats(ends)
    after = rehearse_merge(kept=stays, merged=ends, by=reader, now=now, read=list_stats)
    numbers = [
        MergedNumber(line, line.value, other.value, then.value)
        for line, other, then in zip(*before, after, strict=True)
    ]
    until = now + timedelta(days=settings.MERGE_UNDO_DAYS)
    return MergePage(_get_profile(stays), _get_profile(ends), preview, numbers, until)


def undo_merge_by_handle(*, handle: str, by: Viewer, now: datetime) -> MergeLine:
    """Take a merge back; refusals are those of ``undo_merge``.

    :raises MayNotModerate: ``by`` may not merge accounts.
    :raises NotFound: there is no such merge.
    """
    # not atomic: one service is
    who = require_right(by, Right.MERGE_PLAYERS)
    try:
        (pk,) = read_position(_HANDLES, handle)
    except InvalidCursor:
        pk = None
    merge = PlayerMerge.objects.filter(pk=pk).first()
    if merge is None:
        raise NotFound(_("There is no such merge."), field="handle")
    undone = undo_merge(merge=merge, by=who, now=now)
    return MergeLine(undone, _get_profile(undone.kept), _get_profile(undone.merged), "")


def _describe(merges: Sequence[PlayerMerge], now: datetime) -> list[MergeLine]:
    return [
        MergeLine(
            merge=merge,
            kept=merge.kept.profile,
            merged=merge.merged.profile,
            handle=_write_handle(merge) if merge.undone_at is None and now <= merge.undo_until else "",
        )
        for merge in merges
    ]


def _write_handle(merge: PlayerMerge) -> str:
    return write_position(_HANDLES, [merge.pk])


def _get_profile(user: User) -> UserProfile:
    profile: UserProfile = UserProfile.objects.select_related("user").get(user=user)
    return profile
