"""Two accounts of one person, made one by staff."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path

from deltacrown.accounts.models import PlayerMerge, User
from deltacrown.api.access import MERGER, caller_of
from deltacrown.api.people import find_player
from deltacrown.api.resource import Resource
from deltacrown.api.resources.players import PlayerPath
from deltacrown.api.shapes.merges import GivenMerge, Merge, MergePreview
from deltacrown.core.clock import now
from deltacrown.user_profile.people import merging

resource = Resource("merges")

MergedPath = Annotated[str, Path(description="The public id of the account that ends, or ended.")]


@resource.read("/players/{public_id}/merges", answers=list[Merge], access=MERGER, refuses=[422])
def list_merges(request: HttpRequest, public_id: PlayerPath) -> Any:
    """The latest merges into an account and of it, at most a hundred, undone ones too."""
    return [_show(each) for each in merging.list_merges(_find(public_id))]


@resource.read(
    "/players/{public_id}/merges/{merged}/preview",
    answers=MergePreview,
    access=MERGER,
    refuses=[409, 422],
)
def preview_merge(request: HttpRequest, public_id: PlayerPath, merged: MergedPath) -> Any:
    """What merging `merged` into the player would do. Changes nothing."""
    found = merging.preview_merge(kept=_find(public_id), merged=merging.find_account(merged, field="merged"))
    return {**asdict(found), "warning": found.warning}


@resource.write(
    "POST", "/players/{public_id}/merges", answers=Merge, access=MERGER, refuses=[409], status=201
)
def merge_players(request: HttpRequest, public_id: PlayerPath, body: GivenMerge) -> Any:
    """Merge an account into the player's: it is as if there had been one from the start.

    409 where the two cannot be merged, and where they met in a match, unless `allow_meetings` is given.
    """
    merge = merging.merge_players(
        kept=_find(public_id),
        merged=merging.find_account(body.merged, field="merged"),
        by=caller_of(request).member,
        reason=body.reason,
        now=now(),
        allow_meetings=body.allow_meetings,
    )
    return _show(merge)


@resource.write(
    "POST",
    "/players/{public_id}/merges/{merged}/undo",
    answers=Merge,
    access=MERGER,
    refuses=[404, 409],
)
def undo_merge(request: HttpRequest, public_id: PlayerPath, merged: MergedPath) -> Any:
    """Undo a merge: both accounts have again what they had, as it is by now."""
    merge = merging.get_merge(merged=merging.find_account(merged, field="merged"))
    return _show(merging.undo_merge(merge=merge, by=caller_of(request).member, now=now()))


def _find(public_id: str) -> User:
    return find_player(public_id, field="public_id")


def _show(merge: PlayerMerge) -> dict[str, Any]:
    names = ("reason", "merged_at", "undo_until", "undone_at")
    return {
        **{name: getattr(merge, name) for name in names},
        "kept": merge.kept.profile.public_id,
        "merged": merge.merged.profile.public_id,
        "decided_by": merge.decided_by.profile.public_id if merge.decided_by else None,
    }
