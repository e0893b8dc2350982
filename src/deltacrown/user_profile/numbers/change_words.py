"""Saying what changed a number, in words a player understands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.translation import gettext, gettext_noop, pgettext

from deltacrown.core.dates import read_stored_time, write_day, write_minute
from deltacrown.core.prepared_keys import KeyedQuery, is_among
from deltacrown.core.words import translate_stored
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
from deltacrown.user_profile.achievements.experience import translate_reason
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


#: What columns are called; one that is left out has the words of its name.
_LABELS = {
    "ended_by": gettext_noop("how it ended"),
    "kind": gettext_noop("kind"),
    "map_name": gettext_noop("map name"),
    "match_key": gettext_noop("match key"),
    "placement_to": gettext_noop("last place of the range"),
    "points": gettext_noop("points"),
    "prize_amount": gettext_noop("prize"),
    "prize_currency": gettext_noop("prize currency"),
    "reason": gettext_noop("reason"),
    "result": gettext_noop("result"),
    "round": gettext_noop("round"),
    "score": gettext_noop("score"),
    "sequence": gettext_noop("order of play"),
    "series": gettext_noop("series"),
    "side": gettext_noop("side"),
    "stats": gettext_noop("stats"),
    "status": gettext_noop("status"),
    "unplaced_reason": gettext_noop("reason for no placement"),
}
#: Column without ``_id`` → what is said when the row was moved to another.
_MOVED_TO = {
    "game": gettext_noop("moved to another game"),
    "match": gettext_noop("moved to another match"),
    "team": gettext_noop("moved to another team"),
    "tournament": gettext_noop("moved to another tournament"),
}
#: What is said first, in the order of the alphabet like the rest.
_TOLD_FIRST = {"placement", "result", "score"}
#: The columns whose values are words of a list, with those words.
_CHOICES: dict[str, type[models.TextChoices]] = {"ended_by": MatchRow.EndedBy}
#: The results of matches against somebody, in words.
_MET = {
    "WIN": gettext_noop("beat %(opponent)s in %(game)s, %(day)s"),
    "LOSS": gettext_noop("lost to %(opponent)s in %(game)s, %(day)s"),
    "DRAW": gettext_noop("drew with %(opponent)s in %(game)s, %(day)s"),
}
#: The columns that say whose a row is.
_OWNERS = ("user_id", "reporter_id")
#: The columns of which any makes a row count no longer.
_TAKES_OUT = ("voided_at", "uncounted_reason", "disqualified_at")
#: The rows that nothing changes but a decision about them; registrations and disputes have a course.
_RULED_ON = {each._meta.label for each in (Match, TournamentResult, TournamentSeriesResult)}
#: Together they say when a match was played: at a time, or on a day.
_TIME_OF_MATCH = ("played_at", "is_time_known")
#: What a repair changed beyond what became of the rows.
REPAIRED_WORDS = gettext_noop("a difference that no row accounts for")


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
        met = {"opponent": opponent, "game": row.game.name, "day": write_day(row.played_at)}
        text = gettext(_MET[row.result]) % met
    if isinstance(row, MatchRow):
        return Subject(text, game_slug=row.game.slug, match_key=row.match_key)
    if isinstance(row, TournamentParticipation | TournamentResult | TournamentSeriesResult):
        return Subject(text, tournament_slug=row.tournament.slug)
    return Subject(text)


def describe_missing(change: Change) -> Subject:
    """Return what a change was about that has no row: a repair, or a row deleted since."""
    return Subject(gettext("a repair") if change.is_repair else gettext("a row deleted since"))


def describe_row(row: Row) -> str:
    """Return what one source row is about."""
    return _WORDS[history_label(type(row))](row)


def list_related(model: type[Any]) -> tuple[str, ...]:
    """Return what the words of a row of this model need fetched along."""
    return _RELATED[history_label(model)]


def describe_reasons(given: Iterable[str], player: int) -> dict[str, str]:
    """Return stored reason → the reason in words, for the history of one player.

    The reason of a ruling is told of those it is about. Of everybody whom it moved only that it was made.

    :param player: the id of the player whose history it is.
    """
    reasons = {reason for reason in given if reason}
    causes = find_ruling_causes(reasons)
    return {
        reason: _describe_ruling(causes[reason], player) if reason in causes else translate_stored(reason)
        for reason in reasons
    }


def _describe_ruling(cause: RulingCause, player: int) -> str:
    ruling = cause.disqualification
    if player in cause.members:
        return ruling.lift_reason if cause.is_lifting else ruling.reason

    entrant = ruling.user.profile.name if ruling.user is not None else str(ruling.team)
    if cause.is_lifting:
        return gettext("moved down: the disqualification of %(entrant)s was lifted") % {"entrant": entrant}
    return gettext("moved up: %(entrant)s was disqualified") % {"entrant": entrant}


def describe_change(change: Change) -> str:
    """Return what happened: recorded, voided, corrected from one thing to another, deleted."""
    return gettext(REPAIRED_WORDS) if change.is_repair else _describe_images(change.old, change.new)


def is_ruling(change: Change) -> bool:
    """Return whether somebody decided about what was recorded: not its recording, nor its course."""
    if change.old is None or change.is_repair:
        return False
    return change.source in _RULED_ON or bool(change.new and _describe_ruled(change.old, change.new))


def describe_later(old: Mapping[str, Any], new: Mapping[str, Any], day: str) -> str:
    """Return what became of a row that counts, and when: restored, moved or corrected."""
    if any(old.get(column) and not new.get(column) for column in _TAKES_OUT):
        sentence = gettext("restored %(day)s")
    elif any(old.get(name) != new.get(name) for name in _OWNERS):
        sentence = gettext("moved %(day)s")
    else:
        sentence = gettext("corrected %(day)s")
    return sentence % {"day": day}


def _describe_images(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    if old is None:
        return (
            gettext("recorded") if new is None else gettext("came back, or was written while nothing watched")
        )
    if new is None:
        return gettext("deleted")
    return _describe_ruled(old, new) or "; ".join(_describe_differences(old, new)) or gettext("changed")


def _describe_ruled(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return what a void, a disqualification or their undoing did to a row; empty when it was neither."""
    if bool(old.get("voided_at")) != bool(new.get("voided_at")):
        return _describe_void(old, new)
    if bool(old.get("uncounted_reason")) != bool(new.get("uncounted_reason")):
        return _describe_counting(old, new)
    if bool(old.get("disqualified_at")) != bool(new.get("disqualified_at")):
        return _describe_disqualification(new)
    if _was_moved(old, new):
        moved = {"was": _say_place(old), "now": _say_place(new)}
        return gettext("placement moved from %(was)s to %(now)s") % moved
    return ""


def _describe_disqualification(new: Mapping[str, Any]) -> str:
    """Return that an entrant was disqualified and why, or that this was lifted."""
    if new.get("disqualified_at"):
        reason = translate_stored(new["disqualified_reason"])
        return gettext("disqualified: %(reason)s") % {"reason": reason}
    if new.get("placement") is None:
        return gettext("disqualification lifted, without a placement")
    return gettext("disqualification lifted, placed %(place)s") % {"place": _say_place(new)}


def _say_place(image: Mapping[str, Any]) -> str:
    """Return the placement of a result: ``5``, ``5–8``, ``none``, and why there is none."""
    place = write_place(image.get("placement"), image.get("placement_to"))
    why = image.get("unplaced_reason")
    if place or not why:
        return place or pgettext("instead of a value", "none")
    return pgettext("instead of a value", "none (%(why)s)") % {"why": translate_stored(why)}


def _describe_void(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    if new.get("voided_at"):
        return gettext("voided: %(reason)s") % {"reason": translate_stored(new["void_reason"])}

    if differences := "; ".join(_describe_differences(old, new)):
        return gettext("recorded anew: %(differences)s") % {"differences": differences}
    return gettext("restored, the void was taken back")


def _describe_counting(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return what a row says that counts no longer, or counts from now on."""
    was, now = old.get("uncounted_reason") or "", new.get("uncounted_reason") or ""
    if now:
        if now.startswith(ANNULLED):
            return gettext("annulled: %(reason)s") % {"reason": now.removeprefix(ANNULLED)}
        if now.startswith(REOPENED):
            return gettext("reopened: %(reason)s") % {"reason": now.removeprefix(REOPENED)}
        return gettext("no longer counted: %(reason)s") % {"reason": translate_stored(now)}

    if was.startswith(ANNULLED):
        words = gettext("counts again, the annulment was taken back")
    elif was.startswith(REOPENED):
        words = gettext("counts again, completed anew")
    else:
        words = gettext("counted from now on, it was not: %(reason)s") % {"reason": translate_stored(was)}
    return "; ".join([words, *_describe_differences(old, new)])


def _was_moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether a result has another placement because of what was decided about somebody else."""
    published = old.get("published_placement")
    is_as_published = published is not None and all(old.get(name) == new.get(name) for name in _PUBLISHED)
    return is_as_published and any(old.get(name) != new.get(name) for name in _PLACE[:2])


def _describe_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[str]:
    if "placement" in old and _say_place(old) != _say_place(new):
        moved = {"was": _say_place(old), "now": _say_place(new)}
        yield gettext("placement corrected from %(was)s to %(now)s") % moved

    told_apart = {*_SILENT, *_PLACE}
    differing = [column for column in old if old[column] != new.get(column) and column not in told_apart]
    # Databases keep the columns of an image in an order of their own.
    differing.sort(key=lambda column: (column not in _TOLD_FIRST, column))
    if set(differing) & set(_TIME_OF_MATCH):
        times = {"was": _say_time(old), "now": _say_time(new)}
        yield gettext("played at corrected from %(was)s to %(now)s") % times

    for column in differing:
        if column not in _TIME_OF_MATCH:
            yield _describe_difference(column, old[column], new.get(column))


def _describe_difference(column: str, was: Any, now: Any) -> str:
    if column in _OWNERS:
        return gettext("moved between players")
    if column.endswith("_id"):
        thing = column.removesuffix("_id")
        return gettext(_MOVED_TO[thing]) if thing in _MOVED_TO else f"moved to another {thing}"

    told = {
        "label": translate_stored(_LABELS.get(column, column.replace("_", " "))),
        "was": _say(column, was),
        "now": _say(column, now),
    }
    return gettext("%(label)s corrected from %(was)s to %(now)s") % told


def _say(column: str, value: Any) -> str:
    if value is None or value == "":
        return pgettext("instead of a value", "none")
    if column in _CHOICES and value in _CHOICES[column].values:
        return str(_CHOICES[column](value).label).lower()
    return translate_stored(str(value)) if column == "result" else str(value)


def _say_time(image: Mapping[str, Any]) -> str:
    """Return when a match was played, by an image of its row: a day where only that is known."""
    played_at = read_stored_time(image["played_at"])
    return write_minute(played_at) if image.get("is_time_known", True) else write_day(played_at)


def _find_rows(source: str, ids: set[int]) -> list[Row]:
    tables: tuple[Any, ...] = MATCH_TABLES if source == Match._meta.label else (apps.get_model(source),)
    found: dict[int, Row] = {}
    for table in tables:
        # Rows move to the archive, never back: it is asked for what the live table does not have.
        if missing := ids - found.keys():
            found |= {row.pk: row for row in _prepare_rows(table).run(keys=missing)}
    return list(found.values())


@cache
def _prepare_rows(table: type[Any]) -> KeyedQuery:
    whole = table._base_manager.select_related(*list_related(table))
    return KeyedQuery(lambda keys: whole.filter(is_among("pk", keys)))


def _match(row: Any) -> str:
    named = {"game": row.game.name, "match": row.match_key, "day": write_day(row.played_at)}
    return gettext("%(game)s match %(match)s, played %(day)s") % named


def _participation(row: Any) -> str:
    return gettext("registration for %(tournament)s") % {"tournament": row.tournament.name}


def _result(row: Any) -> str:
    return gettext("result at %(tournament)s") % {"tournament": row.tournament.name}


def _series(row: Any) -> str:
    named = {"series": row.series, "tournament": row.tournament.name, "day": write_day(row.played_at)}
    return gettext("series %(series)s at %(tournament)s, played %(day)s") % named


def _achievement(row: Any) -> str:
    return gettext("achievement %(name)s") % {"name": translate_stored(row.achievement.name)}


def _experience(row: Any) -> str:
    told = {"points": row.points, "reason": translate_reason(row)}
    return gettext("%(points)s points for %(reason)s") % told


def _dispute(row: Any) -> str:
    return gettext("dispute filed %(day)s") % {"day": write_day(row.filed_at)}


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
