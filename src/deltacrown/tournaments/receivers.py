"""Keep what tournaments say of a match with its lines: corrected, removed, or deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models.signals import post_delete

from deltacrown.games import signals as games
from deltacrown.games.models import ArchivedMatch, MatchRow
from deltacrown.games.services import MatchChange
from deltacrown.tournaments.services import remove_description
from deltacrown.tournaments.services.descriptions import drop_descriptions, sync_descriptions


def on_match_lines_removing(*, rows: Sequence[MatchRow], **_: Any) -> None:
    drop_descriptions(rows=rows)


def on_match_corrected(
    *,
    changes: Sequence[MatchChange],
    added: Sequence[MatchRow],
    removed: Sequence[MatchRow],
    **_: Any,
) -> None:
    """Sync what is said of a match that has other players now, or another kind."""
    matter = [change.row for change in changes if change.has_moved or change.row.kind != change.old_kind]
    lines = [*matter, *added, *removed]
    if lines:
        sync_descriptions(line=lines[0])


def on_archived_match_deleted(*, instance: ArchivedMatch, **_: Any) -> None:
    """Delete what is said of it, as the foreign key does for a live row; it knows no archive."""
    remove_description(match=instance.pk)


def connect() -> None:
    """Subscribe; called when the apps are ready."""
    games.match_lines_removing.connect(on_match_lines_removing)
    games.match_corrected.connect(on_match_corrected)
    post_delete.connect(on_archived_match_deleted, sender=ArchivedMatch)
