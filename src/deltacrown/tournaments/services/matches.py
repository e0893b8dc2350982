"""Matches of tournaments: recorded by ``games``, described here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from deltacrown.core.inserts import insert_rows
from deltacrown.core.names import make_name_key
from deltacrown.games.services import (
    LineRecord,
    MatchRecord,
    Postponed,
    RecordOutcome,
    RecordStatus,
    record_matches,
)
from deltacrown.teams.services import list_words_of_renamed
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import TournamentMatchResult
from deltacrown.tournaments.services.described import Described, learn_best_of
from deltacrown.tournaments.services.descriptions import (
    drop_descriptions,
    sync_descriptions,
)
from deltacrown.tournaments.services.match_records import Registrations, TournamentMatchRecord
from deltacrown.tournaments.services.match_warnings import add_warnings, describe_dating, warn_of_doubles
from deltacrown.tournaments.services.series import queue_for_series, sync_series
from django_tally.transactions import atomic_service


@atomic_service
def record_tournament_matches(
    *, records: Sequence[TournamentMatchRecord], now: datetime
) -> list[RecordOutcome]:
    """Record many matches of tournaments, each whole or refused, in a constant number of queries.

    A match that is recorded but not described is described now; its outcome is ``COMPLETED``. A completed,
    annulled or cancelled tournament still takes matches; a draft does not.

    Whoever played is the one whose match it is, also a player who is on no roster: a warning says so, and for
    which team it was recorded. ``RosterBook.find_line_teams`` says how that is found.

    :return: the outcome of each record, in the order given.
    """
    queue_for_series({(record.tournament.pk, record.series) for record in records if record.series})
    registrations = Registrations(records)
    outcomes: dict[int, RecordOutcome] = {}
    matches: dict[int, MatchRecord] = {}
    for place, record in enumerate(records):
        if fault := registrations.find_fault(record):
            outcomes[place] = RecordOutcome.refused(fault)
        else:
            matches[place] = registrations.build_match(record)
    matches = _add_side_words(records, matches, registrations)

    recorded = record_matches(records=[*matches.values()], now=now, postpones=True)
    outcomes |= zip(matches, recorded, strict=True)
    outcomes |= _amend_recorded(records, matches, outcomes, registrations, now)
    taken = {place: records[place] for place in matches if outcomes[place].refusal is None}
    outcomes |= _describe(taken, outcomes, registrations)
    return _warn(records, outcomes, registrations)


def _warn(
    records: Sequence[TournamentMatchRecord],
    outcomes: Mapping[int, RecordOutcome],
    registrations: Registrations,
) -> list[RecordOutcome]:
    """Return the outcomes in order, with what is odd about who played, dates, and keys."""
    dated = []
    for place, record in enumerate(records):
        outcome = outcomes[place]
        if outcome.refusal is None:
            event = registrations.tournaments[record.tournament.pk]
            warnings = [
                *registrations.find_teams(record).warnings,
                *describe_dating(event, record.match.played_at),
            ]
            outcome = add_warnings(outcome, warnings)
        dated.append(outcome)

    said = {record.match.key: _say(record) for record in records}
    return warn_of_doubles([record.match for record in records], dated, said)


def _say(record: TournamentMatchRecord) -> TournamentMatchResult:
    """Return what a delivery says of every line of its match alike."""
    return TournamentMatchResult(
        tournament_id=record.tournament.pk,
        round=record.round,
        series=record.series,
        map_name=record.map_name,
    )


def _add_side_words(
    records: Sequence[TournamentMatchRecord],
    matches: Mapping[int, MatchRecord],
    registrations: Registrations,
) -> dict[int, MatchRecord]:
    """Return the matches, with what else their sides are or were called, where a side is the player's team.

    One query where players have teams, two more where a team has been renamed.
    """
    teams = {
        (place, line.user.pk): registrations.find_teams(records[place]).teams[line.user.pk]
        for place, match in matches.items()
        for line in match.lines
        if line.side
    }
    words = list_words_of_renamed({team for team in teams.values() if team is not None})
    if not words:
        return dict(matches)

    def add(place: int, line: LineRecord) -> LineRecord:
        names = words.get(teams.get((place, line.user.pk)) or 0, set())
        return replace(line, side_words=names) if make_name_key(line.side) in names else line

    return {
        place: replace(match, lines=tuple(add(place, line) for line in match.lines))
        for place, match in matches.items()
    }


def _amend_recorded(
    records: Sequence[TournamentMatchRecord],
    matches: Mapping[int, MatchRecord],
    outcomes: Mapping[int, RecordOutcome],
    registrations: Registrations,
    now: datetime,
) -> dict[int, RecordOutcome]:
    """Add players whom later deliveries know, and replace void matches; return the outcomes by place."""
    postponed = {place: outcomes[place].refusal for place in matches}
    asked = {place: why for place, why in postponed.items() if isinstance(why, Postponed)}
    if not asked:
        return {}

    found = Described.find([records[place] for place in asked])
    amended: dict[int, RecordOutcome] = {}
    for place, why in asked.items():
        record = records[place]
        if why.replaces:
            # Of a match that is recorded anew the tournament says what the new delivery does.
            drop_descriptions(rows=[*found.lines[record.match.key].values()])
        elif conflict := found.find_conflict(record, registrations):
            amended[place] = RecordOutcome.refused(conflict)

    rest = [place for place in asked if place not in amended]
    recorded = record_matches(records=[matches[place] for place in rest], now=now)
    amended |= zip(rest, recorded, strict=True)
    _set_teams([records[place] for place in rest if amended[place].status == RecordStatus.COMPLETED])
    return amended


def _set_teams(records: Sequence[TournamentMatchRecord]) -> None:
    """Describe added lines with the team that the delivery names, where it names one."""
    teams = {(record.match.key, user): team.pk for record in records for user, team in record.teams.items()}
    if teams:
        sync_descriptions(keys={key for key, _ in teams}, teams=teams)


def _describe(
    records: Mapping[int, TournamentMatchRecord],
    outcomes: Mapping[int, RecordOutcome],
    registrations: Registrations,
) -> dict[int, RecordOutcome]:
    """Write the descriptions that are missing; return, by place, the outcomes that are others by that."""
    found = Described.find(records.values())
    changed: dict[int, RecordOutcome] = {}
    new: list[TournamentMatchResult] = []
    learnt: list[TournamentMatchResult] = []
    for place, record in records.items():
        if conflict := found.find_conflict(record, registrations):
            changed[place] = RecordOutcome.refused(conflict)
            continue

        rows = found.build(record, registrations)
        missing = [row for row in rows if row.match_id not in found.descriptions]
        told = learn_best_of(rows, found.descriptions)
        found.descriptions |= {row.match_id: row for row in missing}
        new += missing
        learnt += told
        if (missing or told) and outcomes[place].status == RecordStatus.UNCHANGED:
            changed[place] = replace(outcomes[place], status=RecordStatus.COMPLETED)

    if new:
        new.sort(key=lambda row: row.match_id)
        insert_rows(new)
        signals.tournament_matches_recorded.send(TournamentMatchResult, rows=new)
    if learnt:
        TournamentMatchResult.objects.bulk_update(learnt, ["best_of"])
    if series := {(row.tournament_id, row.series) for row in [*new, *learnt] if row.series}:
        sync_series(keys=series)
    return changed


@atomic_service
def remove_description(*, match: int) -> None:
    """Delete what a tournament says of a match row that is deleted itself.

    :param match: the id of the row.
    """
    TournamentMatchResult.objects.filter(match_id=match).delete()
