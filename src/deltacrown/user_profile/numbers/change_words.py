"""Saying what changed a number, in words a player understands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from deltacrown.core.dates import read_stored_time, write_day, write_minute
from deltacrown.games.models import MATCH_TABLES, Match, MatchRow
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult, TournamentSeriesResult
from deltacrown.tournaments.services import (
    ANNULLED,
    REOPENED,
    RulingCause,
    find_ruling_causes,
    write_place,
)
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
    "published_placement_to",
    "recorded_at",
    "uncounted_reason",
    "void_reason",
    "voided_at",
    "withdrawn_from",
    "withheld_prize",
}

#: Columns that say together where a result is placed, and where it was before any disqualification.
_PLACE = ("placement", "placement_to", "unplaced_reason")
_PUBLISHED = ("published_placement", "published_placement_to")


@dataclass(frozen=True)
class Subject:
    """What a source row is about, in words, and where its page is.

    :param game_slug: with ``match_key`` of a match; empty for anything else.
    :param tournament_slug: of a registration, result or series; empty for anything else.
    """

    text: str
    game_slug: str = ""
    match_key: str = ""
    tournament_slug: str = ""


DELETED = Subject("a row deleted since")
REPAIRED = Subject("a repair")
#: The columns that are not called by their own names.
_LABELS = {
    "ended_by": "how it ended",
    "placement_to": "last place of the range",
    "prize_amount": "prize",
    "sequence": "order of play",
    "unplaced_reason": "reason for no placement",
}
#: What is said first, in the order of the alphabet like the rest.
_TOLD_FIRST = {"placement", "result", "score"}
#: The columns whose values are words of a list, with those words.
_CHOICES: dict[str, Mapping[str, str]] = {
    "ended_by": {choice.value: choice.label.lower() for choice in MatchRow.EndedBy},
}
#: The results of matches against somebody, in words.
_MET = {"WIN": "beat", "LOSS": "lost to", "DRAW": "drew with"}
#: The columns that say whose a row is.
_OWNERS = ("user_id", "reporter_id")
#: The columns of which any makes a row count no longer.
_TAKES_OUT = ("voided_at", "uncounted_reason", "disqualified_at")
#: Together they say when a match was played: at a time, or on a day.
_TIME_OF_MATCH = ("played_at", "is_time_known")
#: What a repair changed beyond what became of the rows.
REPAIRED_WORDS = "a difference that no row accounts for"


def find_subjects(changes: Iterable[Change]) -> dict[tuple[str, int], Row]:
    """Return (source, row) → the row that was changed, where it still exists; one query per table."""
    wanted: dict[str, set[int]] = {}
    for change in changes:
        if not change.is_repair:
            wanted.setdefault(change.source, set()).add(change.row)

    return {(source, row.pk): row for source, ids in wanted.items() for row in _find_rows(source, ids)}


def describe_subject(row: Any, *, opponent: str = "") -> Subject:
    """Return what a source row is about, what it names fetched along.

    :param opponent: whom a match was against, where that is known: ``beat Bob in Rocket, 12 Jun 2021``.
    """
    text = describe_row(row)
    if opponent and row.result in _MET:
        text = f"{_MET[row.result]} {opponent} in {row.game.name}, {write_day(row.played_at)}"
    if isinstance(row, MatchRow):
        return Subject(text, game_slug=row.game.slug, match_key=row.match_key)
    if isinstance(row, TournamentParticipation | TournamentResult | TournamentSeriesResult):
        return Subject(text, tournament_slug=row.tournament.slug)
    return Subject(text)


def describe_row(row: Row) -> str:
    """Return what one source row is about."""
    return _WORDS[history_label(type(row))](row)


def describe_reasons(given: Iterable[str], player: int) -> dict[str, str]:
    """Return stored reason → the reason in words, for the history of one player.

    The reason of a ruling is told of those it is about. Of everybody whom it moved only that it was made.

    :param player: the id of the player whose history it is.
    """
    reasons = {reason for reason in given if reason}
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


def describe_later(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return in a word what became of a row that counts: ``restored``, ``moved``, ``corrected``."""
    if any(old.get(column) and not new.get(column) for column in _TAKES_OUT):
        return "restored"
    return "moved" if any(old.get(name) != new.get(name) for name in _OWNERS) else "corrected"


def _describe_images(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    if old is None:
        return "recorded" if new is None else "came back, or was written while nothing watched"
    if new is None:
        return "deleted"
    return _describe_ruled(old, new) or "; ".join(_describe_differences(old, new)) or "changed"


def _describe_ruled(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return what a void, a disqualification or their undoing did to a row; empty when it was neither."""
    if bool(old.get("voided_at")) != bool(new.get("voided_at")):
        return _describe_void(old, new)
    if bool(old.get("uncounted_reason")) != bool(new.get("uncounted_reason")):
        return _describe_counting(old, new)
    if bool(old.get("disqualified_at")) != bool(new.get("disqualified_at")):
        if new.get("disqualified_at"):
            return f"disqualified: {new['disqualified_reason']}"
        return f"disqualification lifted, {_say_placed(new)}"
    if _was_moved(old, new):
        return f"placement moved from {_say_place(old)} to {_say_place(new)}"
    return ""


def _say_place(image: Mapping[str, Any]) -> str:
    """Return the placement of a result: ``5``, ``5–8``, ``none``, and why there is none."""
    place = write_place(image.get("placement"), image.get("placement_to"))
    why = image.get("unplaced_reason")
    return place or (f"none ({why})" if why else "none")


def _say_placed(image: Mapping[str, Any]) -> str:
    return "without a placement" if image.get("placement") is None else f"placed {_say_place(image)}"


def _describe_void(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    if new.get("voided_at"):
        return f"voided: {new['void_reason']}"

    differences = "; ".join(_describe_differences(old, new))
    return f"recorded anew: {differences}" if differences else "restored, the void was taken back"


def _describe_counting(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return what a row says that counts no longer, or counts from now on."""
    was, now = old.get("uncounted_reason") or "", new.get("uncounted_reason") or ""
    if now:
        return now if now.startswith((ANNULLED, REOPENED)) else f"no longer counted: {now}"

    words = f"counted from now on, it was not: {was}"
    if was.startswith(ANNULLED):
        words = "counts again, the annulment was taken back"
    elif was.startswith(REOPENED):
        words = "counts again, completed anew"
    return "; ".join([words, *_describe_differences(old, new)])


def _was_moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether a result has another placement because of what was decided about somebody else."""
    published = old.get("published_placement")
    is_as_published = published is not None and all(old.get(name) == new.get(name) for name in _PUBLISHED)
    return is_as_published and any(old.get(name) != new.get(name) for name in _PLACE[:2])


def _describe_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[str]:
    if "placement" in old and _say_place(old) != _say_place(new):
        yield f"placement corrected from {_say_place(old)} to {_say_place(new)}"

    told_apart = {*_SILENT, *_PLACE}
    differing = [column for column in old if old[column] != new.get(column) and column not in told_apart]
    # Databases keep the columns of an image in an order of their own.
    differing.sort(key=lambda column: (column not in _TOLD_FIRST, column))
    if set(differing) & set(_TIME_OF_MATCH):
        yield f"played at corrected from {_say_time(old)} to {_say_time(new)}"

    for column in differing:
        if column not in _TIME_OF_MATCH:
            yield _describe_difference(column, old[column], new.get(column))


def _describe_difference(column: str, was: Any, now: Any) -> str:
    if column in _OWNERS:
        return "moved between players"
    if column.endswith("_id"):
        return f"moved to another {column.removesuffix('_id')}"

    label = _LABELS.get(column, column.replace("_", " "))
    return f"{label} corrected from {_say(column, was)} to {_say(column, now)}"


def _say(column: str, value: Any) -> str:
    is_none = value is None or value == ""
    return "none" if is_none else _CHOICES.get(column, {}).get(value, str(value))


def _say_time(image: Mapping[str, Any]) -> str:
    """Return when a match was played, by an image of its row: a day where only that is known."""
    played_at = read_stored_time(image["played_at"])
    return write_minute(played_at) if image.get("is_time_known", True) else write_day(played_at)


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


def _series(row: Any) -> str:
    return f"series {row.series} at {row.tournament.name}, played {write_day(row.played_at)}"


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
    TournamentSeriesResult._meta.label: _series,
    UserAchievement._meta.label: _achievement,
    ExperienceAward._meta.label: _experience,
    Dispute._meta.label: _dispute,
}
_RELATED: dict[str, tuple[str, ...]] = {
    Match._meta.label: ("game",),
    TournamentParticipation._meta.label: ("tournament",),
    TournamentResult._meta.label: ("tournament",),
    TournamentSeriesResult._meta.label: ("tournament",),
    UserAchievement._meta.label: ("achievement",),
    ExperienceAward._meta.label: (),
    Dispute._meta.label: (),
}
