"""Batches in which matches of tournaments and others come mixed, as game servers deliver them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from deltacrown.games.services import MatchRecord, RecordOutcome, record_matches
from deltacrown.tournaments.services.match_records import TournamentMatchRecord
from deltacrown.tournaments.services.matches import record_tournament_matches
from django_tally.transactions import atomic_service

AnyRecord = MatchRecord | TournamentMatchRecord


@atomic_service
def record_deliveries(*, records: Sequence[AnyRecord], now: datetime) -> list[RecordOutcome]:
    """Record many matches, of tournaments and not, each whole or refused with its reason.

    What was recorded before changes nothing. Those of tournaments are recorded first.

    :return: the outcome of each record, in the order given.
    """
    official = {place: each for place, each in enumerate(records) if isinstance(each, TournamentMatchRecord)}
    casual = {place: each for place, each in enumerate(records) if isinstance(each, MatchRecord)}

    outcomes: dict[int, RecordOutcome] = {}
    if official:
        recorded = record_tournament_matches(records=[*official.values()], now=now)
        outcomes |= zip(official, recorded, strict=True)
    if casual:
        recorded = record_matches(records=[*casual.values()], now=now)
        outcomes |= zip(casual, recorded, strict=True)

    return [outcomes[place] for place in range(len(records))]
