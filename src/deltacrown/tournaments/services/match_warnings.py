"""What looks odd about matches, also beside their tournaments and other matches. Nothing of it is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from django.utils.translation import gettext as _

from deltacrown.core.dates import write_day
from deltacrown.core.numerals import write_whole
from deltacrown.games.models import MatchRow
from deltacrown.games.services import (
    Double,
    MatchKey,
    MatchRecord,
    RecordOutcome,
    Subject,
    add_double,
    find_doubles,
    list_oddities,
)
from deltacrown.tournaments.models import Tournament, TournamentMatchResult

#: How far from its tournament a match may be dated: qualifiers and postponed rounds are played within weeks.
FAR_OFF = timedelta(days=31)
#: How long after the start where no end is recorded: a league plays for a season, which is a year at most.
LONGEST_SEASON = timedelta(days=366)


def list_match_warnings(rows: Sequence[MatchRow], *, can_open: Callable[[str], bool]) -> list[str]:
    """Return what looks odd about a recorded match, a sentence each, for staff: with the keys of others.

    :param rows: its lines, ``game`` loaded; void ones are not looked at.
    :param can_open: says whether the reader may see the match of a key of the same game; of a match that
        they may not see, nothing is said.
    """
    standing = [row for row in rows if not row.is_voided]
    if not standing:
        return []

    warnings = list_oddities(standing)
    known = TournamentMatchResult.objects.filter(match__in=[row.pk for row in rows])
    described = known.select_related("tournament").order_by("match").first()
    if described is not None:
        warnings += describe_dating(described.tournament, standing[0].played_at)

    counting = [row for row in standing if row.counts]
    if not counting:
        return warnings

    subject = Subject.of_rows(counting)
    doubles = find_doubles([subject])
    doubles = drop_other_rounds(doubles, {subject.key: described} if described else {})
    seen = (double for each in doubles.values() for double in each if can_open(double.match_key))
    return [*warnings, *(double.describe(names_key=True) for double in islice(seen, 1))]


def describe_dating(tournament: Tournament, played_at: datetime) -> list[str]:
    """Return that a match is dated far from its tournament, if it is."""
    starts_at, ends_at = tournament.starts_at, tournament.ends_at
    if starts_at - played_at > FAR_OFF:
        sentence = _("It is dated %(day)s, %(n)s days before %(tournament)s began.")
        return [_describe_distance(sentence, tournament, played_at, starts_at - played_at)]

    last, limit = (starts_at, LONGEST_SEASON) if ends_at is None else (ends_at, FAR_OFF)
    if played_at - last > limit:
        sentence = _("It is dated %(day)s, %(n)s days after %(tournament)s ended.")
        if ends_at is None:
            sentence = _("It is dated %(day)s, %(n)s days after %(tournament)s began.")
        return [_describe_distance(sentence, tournament, played_at, played_at - last)]
    return []


def _describe_distance(
    sentence: str, tournament: Tournament, played_at: datetime, distance: timedelta
) -> str:
    said = {"day": write_day(played_at), "n": write_whole(distance.days), "tournament": tournament.name}
    return sentence % said


def drop_other_rounds(
    doubles: Mapping[MatchKey, Sequence[Double]], described: Mapping[MatchKey, TournamentMatchResult]
) -> dict[MatchKey, list[Double]]:
    """Return the doubles without those of one day that are of another tournament, round or series.

    :param described: what is said of the matches that have doubles.
    """
    by_day = [double for found in doubles.values() for double in found if double.is_by_day]
    rows = [row.pk for double in by_day for row in double.rows]
    known = TournamentMatchResult.objects.filter(match__in=rows) if rows and described else []
    said = {row.match_id: row for row in known}

    kept: dict[MatchKey, list[Double]] = {}
    for key, found in doubles.items():
        for double in found:
            own = described.get(key) if double.is_by_day else None
            if own is None or not _is_other(own, double, said):
                kept.setdefault(key, []).append(double)
    return kept


def warn_of_doubles(
    records: Sequence[MatchRecord],
    outcomes: Sequence[RecordOutcome],
    described: Mapping[MatchKey, TournamentMatchResult],
) -> list[RecordOutcome]:
    """Return the outcomes of matches of tournaments, with warnings of those that seem to have two keys."""
    taken = [record for record, outcome in zip(records, outcomes, strict=True) if outcome.refusal is None]
    doubles = find_doubles([Subject.of_record(record) for record in taken])
    doubles = drop_other_rounds(doubles, described) if doubles else {}
    warned = []
    for record, outcome in zip(records, outcomes, strict=True):
        found = doubles.get(record.key) if outcome.refusal is None else None
        warned.append(add_double(outcome, found[0], records) if found else outcome)
    return warned


def add_warnings(outcome: RecordOutcome, warnings: Sequence[str]) -> RecordOutcome:
    """Return an outcome with more warnings, unless it is a refusal."""
    if outcome.refusal is not None or not warnings:
        return outcome
    return replace(outcome, warnings=(*outcome.warnings, *warnings))


def _is_other(
    said: TournamentMatchResult, double: Double, others: Mapping[int, TournamentMatchResult]
) -> bool:
    found = [others[row.pk] for row in double.rows if row.pk in others]
    names = ("tournament_id", "round", "series", "map_name")
    return any(getattr(other, name) != getattr(said, name) for other in found for name in names)
