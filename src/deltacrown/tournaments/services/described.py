"""What is recorded of matches of tournaments, and what a delivery says of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from deltacrown.core.inputs import is_same_json
from deltacrown.games.services import (
    MatchConflict,
    MatchKey,
    list_line_ids,
)
from deltacrown.tournaments.models import TournamentMatchResult
from deltacrown.tournaments.services.descriptions import (
    find_opponents,
)
from deltacrown.tournaments.services.match_records import Registrations, TournamentMatchRecord
from django_tally.batches import in_batches

#: What a description says beyond its tournament and player, in the order a difference is named. Opponents
#: follow from the teams of all.
DESCRIBED = ("tournament_id", "round", "series", "best_of", "map_name", "team_id")


@dataclass
class Described:
    """What is recorded of matches: the rows of their players, and what is said of those.

    :param lines: player's id → row's id, by match key.
    :param descriptions: by the id of the row.
    """

    lines: dict[MatchKey, dict[int, int]]
    descriptions: dict[int, TournamentMatchResult]

    @classmethod
    def find(cls, records: Collection[TournamentMatchRecord]) -> Described:
        """Return what is recorded under the keys of ``records``."""
        lines = list_line_ids({record.match.key for record in records})
        matches = [row for players in lines.values() for row in players.values()]
        batches = in_batches(matches, 10_000)
        found = (TournamentMatchResult.objects.filter(match__in=batch) for batch in batches)
        return cls(lines, {row.match_id: row for rows in found for row in rows})

    def build(
        self, record: TournamentMatchRecord, registrations: Registrations
    ) -> list[TournamentMatchResult]:
        """Return what a delivery says of every line of its match, also of those it does not know."""
        lines = self.lines[record.match.key]
        teams = self._find_teams(record, registrations)
        return [_build(record, user, lines[user], teams) for user in lines]

    def find_conflict(
        self, record: TournamentMatchRecord, registrations: Registrations
    ) -> MatchConflict | None:
        """Return the refusal of a delivery that says otherwise of the match, or of a line it knows."""
        rows = self.build(record, registrations)
        conflicts = (_find_conflict(record, self.descriptions.get(row.match_id), row) for row in rows)
        return next(filter(None, conflicts), None)

    def _find_teams(
        self, record: TournamentMatchRecord, registrations: Registrations
    ) -> dict[int, int | None]:
        """Return player's id → team's id: as delivered, else as described, else as the rosters say."""
        rows = self.lines[record.match.key]
        # What a delivery does not say of teams may have been different when the match was described.
        known = {
            user: self.descriptions[match].team_id
            for user, match in rows.items()
            if match in self.descriptions
        }
        teams = dict(registrations.find_teams(record, known).teams)
        for user in rows.keys() - teams.keys():
            teams[user] = registrations.find_last_team(record, user)
        return teams


def learn_best_of(
    rows: Sequence[TournamentMatchResult], described: Mapping[int, TournamentMatchResult]
) -> list[TournamentMatchResult]:
    """Return the recorded descriptions that say now, as ``rows`` do, how long the series was set for."""
    learnt = []
    for row in rows:
        known = described.get(row.match_id)
        if known is not None and known.best_of is None and row.best_of is not None:
            known.best_of = row.best_of
            learnt.append(known)
    return learnt


def _build(
    record: TournamentMatchRecord, user: int, match: int, teams: Mapping[int, int | None]
) -> TournamentMatchResult:
    opponent_team, opponent_user = find_opponents(user, teams)
    return TournamentMatchResult(
        tournament_id=record.tournament.pk,
        user_id=user,
        match_id=match,
        team_id=teams[user],
        opponent_team_id=opponent_team,
        opponent_user_id=opponent_user,
        round=record.round,
        series=record.series,
        best_of=record.best_of,
        map_name=record.map_name,
        stats=dict(record.stats),
    )


def _find_conflict(
    record: TournamentMatchRecord, known: TournamentMatchResult | None, row: TournamentMatchResult
) -> MatchConflict | None:
    if known is None:
        return None
    different = [name for name in DESCRIBED if getattr(known, name) != getattr(row, name)]
    if known.best_of is None or row.best_of is None:
        # A delivery may not say how long the series is set for, or be the first that does.
        different = [name for name in different if name != "best_of"]
    if not different and not is_same_json(known.stats, row.stats):
        different = ["stats"]
    if not different:
        return None
    name = different[0].removesuffix("_id")
    return MatchConflict(
        _("Match %(key)s is recorded already and differs in %(column)s. Nothing was changed.")
        % {"key": repr(record.match_key), "column": name},
        field=name,
    )
