"""Keep what tournaments say of a match, and of a series, with the lines: voided, corrected, or deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models.signals import post_delete

from deltacrown.games import signals as games
from deltacrown.games.models import ArchivedMatch, MatchRow
from deltacrown.games.services import MatchChange
from deltacrown.tournaments.models import TournamentMatchResult
from deltacrown.tournaments.services import list_series_of, remove_description, sync_series
from deltacrown.tournaments.services.descriptions import (
    drop_descriptions,
    find_forfeit_rule,
    sync_descriptions,
)


def on_match_lines_removing(*, rows: Sequence[MatchRow], **_: Any) -> None:
    drop_descriptions(rows=[row.pk for row in rows])


def on_match_corrected(
    *,
    changes: Sequence[MatchChange],
    added: Sequence[MatchRow],
    removed: Sequence[MatchRow],
    **_: Any,
) -> None:
    """Sync what is said of a match that has other players now, or another kind."""
    matter = [change.row for change in changes if change.has_moved or "kind" in change.differing]
    lines = [*matter, *added, *removed]
    if lines:
        sync_descriptions(keys={(lines[0].game_id, lines[0].match_key)})
    _sync_series_of([change.row for change in changes])


def on_match_voided_or_restored(*, rows: Sequence[MatchRow], **_: Any) -> None:
    """Sync the series of a match that counts no longer, or again."""
    _sync_series_of(rows)


def _sync_series_of(rows: Sequence[MatchRow]) -> None:
    official = [row.pk for row in rows if row.kind == MatchRow.Kind.TOURNAMENT]
    if official and (series := list_series_of(official)):
        sync_series(keys=series)


def on_description_deleted(*, instance: TournamentMatchResult, **_: Any) -> None:
    """Sync the series of a match that was deleted past the services, as Django's admin or a shell does."""
    if instance.series:
        sync_series(keys=[(instance.tournament_id, instance.series)])


def on_match_lines_added(*, rows: Sequence[MatchRow], **_: Any) -> None:
    """Describe the lines that later deliveries added, and find the opponents of the others anew."""
    sync_descriptions(keys={(row.game_id, row.match_key) for row in rows})


def on_forfeit_rule_asked(*, rows: Sequence[MatchRow], **_: Any) -> bool | None:
    return find_forfeit_rule(rows)


def on_archived_match_deleted(*, instance: ArchivedMatch, **_: Any) -> None:
    """Delete what is said of it, as the foreign key does for a live row; it knows no archive."""
    remove_description(match=instance.pk)


def connect() -> None:
    """Subscribe; called when the apps are ready."""
    games.match_lines_removing.connect(on_match_lines_removing)
    games.match_corrected.connect(on_match_corrected)
    games.match_lines_added.connect(on_match_lines_added)
    games.forfeit_rule_asked.connect(on_forfeit_rule_asked)
    games.match_voided.connect(on_match_voided_or_restored)
    games.match_restored.connect(on_match_voided_or_restored)
    post_delete.connect(on_description_deleted, sender=TournamentMatchResult)
    post_delete.connect(on_archived_match_deleted, sender=ArchivedMatch)
