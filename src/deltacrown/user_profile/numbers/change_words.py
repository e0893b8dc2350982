"""Saying what changed a number, in words a player understands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from deltacrown.core.dates import write_day
from deltacrown.games.models import MATCH_TABLES, Match, MatchRow
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult
from deltacrown.tournaments.services import RulingCause, find_ruling_causes
from deltacrown.user_profile.models import ExperienceAward, UserAchievement
from django_tally.history import Change
from django_tally.sources import history_label

Row = models.Model

#: Columns that say nothing by themselves of what happened.
_SILENT = {
    "archived_at",
    "disqualified_at",
    "disqualified_from",
    "disqualified_reason",
    "published_placement",
    "recorded_at",
    "void_reason",
    "voided_at",
    "withdrawn_from",
    "withheld_prize",
}


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
REPAIRED = Subject("a repair")
#: What a repair changed beyond what became of the rows.
REPAIRED_WORDS = "a difference that no row accounts for"


def describe_subjects(changes: Iterable[Change]) -> dict[tuple[str, int], Subject]:
    """Return (source, row) → what the row is about, for the rows that still exist; one query per table."""
    wanted: dict[str, set[int]] = {}
    for change in changes:
        if not change.is_repair:
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


def describe_reasons(changes: Iterable[Change], player: int) -> dict[str, str]:
    """Return stored reason → the reason in words, for the history of one player.

    The reason of a ruling is told of those it is about. Of everybody whom it moved only that it was made.

    :param player: the id of the player whose history it is.
    """
    reasons = {change.reason for change in changes if change.reason}
    causes = find_ruling_causes(reasons)
    return {
        reason: _describe_ruling(causes[reason], player) if reason in causes else reason for reason in reasons
    }


def _describe_ruling(cause: RulingCause, player: int) -> str:
    ruling = cause.disqualification
    if player in cause.members:
        return ruling.lift_reason if cause.is_lifting else ruling.reason

    entrant = ruling.user.profile.name if ruling.user is not None else str(ruling.team)
    if cause.is_lifting:
        return f"moved down: the disqualification of {entrant} was lifted"
    return f"moved up: {entrant} was disqualified"


def describe_change(change: Change) -> str:
    """Return what happened: recorded, voided, corrected from one thing to another, deleted."""
    return REPAIRED_WORDS if change.is_repair else _describe_images(change.old, change.new)


def _describe_images(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    if old is None:
        return "recorded" if new is None else "came back, or was written while nothing watched"
    if new is None:
        return "deleted"
    return _describe_ruled(old, new) or "; ".join(_describe_differences(old, new)) or "changed"


def _describe_ruled(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return what a void, a disqualification or their undoing did to a row; empty when it was neither."""
    if bool(old.get("voided_at")) != bool(new.get("voided_at")):
        voided = new.get("voided_at")
        return f"voided: {new['void_reason']}" if voided else "restored, the void was taken back"
    if bool(old.get("disqualified_at")) != bool(new.get("disqualified_at")):
        if new.get("disqualified_at"):
            return f"disqualified: {new['disqualified_reason']}"
        return f"disqualification lifted, placed {new['placement']}"
    if _was_moved(old, new):
        return f"placement moved from {old['placement']} to {new['placement']}"
    return ""


def _was_moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether a result has another placement because of what was decided about somebody else."""
    published = old.get("published_placement")
    is_as_published = published is not None and published == new.get("published_placement")
    return is_as_published and old["placement"] != new["placement"]


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
    return f"{row.game.name} match {row.match_key}, played {write_day(row.played_at)}"


def _participation(row: Any) -> str:
    return f"registration for {row.tournament.name}"


def _result(row: Any) -> str:
    return f"result at {row.tournament.name}"


def _achievement(row: Any) -> str:
    return f"achievement {row.achievement.name}"


def _experience(row: Any) -> str:
    return f"{row.points} points for {row.reason}"


def _dispute(row: Any) -> str:
    return f"dispute filed {write_day(row.filed_at)}"


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
