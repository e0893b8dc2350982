"""Batches in which matches of tournaments and others come mixed, as game servers deliver them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from deltacrown.games.services import MatchRecord, RecordOutcome, record_matches
from deltacrown.tournaments.services.matches import TournamentMatchRecord, record_tournament_matches
from django_tally.transactions import atomic_service

AnyRecord = MatchRecord | TournamentMatchRecord


@atomic_service
def record_deliveries(*, records: Sequence[AnyRecord], now: datetime) -> RecordOutcome[AnyRecord]:
    """Record many matches, of tournaments and not, each whole or refused with its reason; what was recorded before changes nothing.

    Those of tournaments are recorded first, otherwise in the order given.
    """
    official = [record for record in records if isinstance(record, TournamentMatchRecord)]
    casual = [record for record in records if isinstance(record, MatchRecord)]
    outcome: RecordOutcome[AnyRecord] = RecordOutcome(created=[], unchanged=[], refused=[])
    if official:
        _add(outcome, record_tournament_matches(records=official, now=now))
    if casual:
        _add(outcome, record_matches(records=casual, now=now))
    return outcome


def _add(outcome: RecordOutcome[AnyRecord], part: RecordOutcome[TournamentMatchRecord] | RecordOutcome[MatchRecord]) -> None:
    outcome.created.extend(part.created)
    outcome.unchanged.extend(part.unchanged)
    outcome.refused.extend(part.refused)  # type: ignore[arg-type]
