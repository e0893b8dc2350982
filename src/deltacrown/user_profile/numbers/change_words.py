"""Saying what changed a number, in words a player understands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from deltacrown.games.models import MATCH_TABLES, Match, MatchRow
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult
from deltacrown.user_profile.models import ExperienceAward, UserAchievement
from django_tally.history import Change
from django_tally.sources import history_label

Row = models.Model

#: Columns that say nothing by themselves of what happened.
_SILENT = {"voided_at", "void_reason", "disqualified_at", "disqualified_reason", "archived_at", "recorded_at"}


@dataclass(frozen=True)
class Subject:
    """What a source row is about, in words, and where its page is.

    :param game_slug: with ``match_key`` of a match; empty for anything else.
    :param tournament_slug: of a registration or result; empty for anything else.
    """

    text: str
    game_slug: str = ""
    match_key: str = ""
    tournament_slug: str = ""


DELETED = Subject("a row deleted since")


def describe_subjects(changes: Iterable[Change]) -> dict[tuple[str, int], Subject]:
    """Return (source, row) → what the row is about, for the rows that still exist; one query per table."""
    wanted: dict[str, set[int]] = {}
    for change in changes:
        wanted.setdefault(change.source, set()).add(change.row)

    found = [(source, row) for source, ids in wanted.items() for row in _find_rows(source, ids)]
    return {(source, row.pk): _subject(source, row) for source, row in found}


def _subject(source: str, row: Any) -> Subject:
    text = _WORDS[source](row)
    if isinstance(row, MatchRow):
        return Subject(text, game_slug=row.game.slug, match_key=row.match_key)
    if isinstance(row, TournamentParticipation | TournamentResult):
        return Subject(text, tournament_slug=row.tournament.slug)
    return Subject(text)


def describe_row(row: Row) -> str:
    """Return what one source row is about."""
    return _WORDS[history_label(type(row))](row)


def describe_change(change: Change) -> str:
    """Return what happened: recorded, voided, corrected from one thing to another, deleted."""
    old, new = change.old, change.new
    if old is None:
        return "recorded" if new is None else "arrived from another database, with a date of its own"
    if new is None:
        return "deleted"
    if not old.get("voided_at") and new.get("voided_at"):
        return f"voided: {new['void_reason']}"
    if old.get("voided_at") and not new.get("voided_at"):
        return "restored, the void was taken back"
    if not old.get("disqualified_at") and new.get("disqualified_at"):
        return f"disqualified: {new['disqualified_reason']}"
    return "; ".join(_describe_differences(old, new)) or "changed"


def _describe_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[str]:
    for column in old:
        if old[column] != new.get(column) and column not in _SILENT:
            if column in {"user_id", "reporter_id"}:
                yield "moved between players"
            elif column.endswith("_id"):
                yield f"moved to another {column.removesuffix('_id')}"
            else:
                was, now = _say(old[column]), _say(new.get(column))
                yield f"{column.replace('_', ' ')} corrected from {was} to {now}"


def _say(value: Any) -> str:
    return "none" if value is None else str(value)


def _find_rows(source: str, ids: set[int]) -> list[Row]:
    related = _RELATED[source]
    tables = MATCH_TABLES if source == Match._meta.label else (apps.get_model(source),)
    querysets = [table._base_manager.filter(pk__in=ids).select_related(*related) for table in tables]
    return [row for queryset in querysets for row in queryset]


def _match(row: Any) -> str:
    return f"{row.game.name} match {row.match_key}, played {row.played_at:%d %b %Y}"


def _participation(row: Any) -> str:
    return f"registration for {row.tournament.name}"


def _result(row: Any) -> str:
    return f"result at {row.tournament.name}"


def _achievement(row: Any) -> str:
    return f"achievement {row.achievement.name}"


def _experience(row: Any) -> str:
    return f"{row.points} points for {row.reason}"


def _dispute(row: Any) -> str:
    return f"dispute filed {row.filed_at:%d %b %Y}"


_WORDS: dict[str, Callable[[Any], str]] = {
    Match._meta.label: _match,
    TournamentParticipation._meta.label: _participation,
    TournamentResult._meta.label: _result,
    UserAchievement._meta.label: _achievement,
    ExperienceAward._meta.label: _experience,
    Dispute._meta.label: _dispute,
}
_RELATED: dict[str, tuple[str, ...]] = {
    Match._meta.label: ("game",),
    TournamentParticipation._meta.label: ("tournament",),
    TournamentResult._meta.label: ("tournament",),
    UserAchievement._meta.label: ("achievement",),
    ExperienceAward._meta.label: (),
    Dispute._meta.label: (),
}
