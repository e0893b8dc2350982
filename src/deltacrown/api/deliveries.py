"""Convert a batch of matches from a request into records: names become rows, missing ones if asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from deltacrown.accounts.models import User
from deltacrown.api.access import CREATOR, Caller
from deltacrown.api.entering import enter_missing
from deltacrown.api.shapes.matches import DeliveredLine, GivenMatch, GivenMatches
from deltacrown.core.audit import record_deed
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import DomainError, InvalidInput
from deltacrown.core.external_ids import is_address as is_external_id
from deltacrown.core.names import make_name_key
from deltacrown.core.origins import API
from deltacrown.games.services import LineRecord, MatchRecord, RecordOutcome, RecordStatus
from deltacrown.interchange.directory import Directory, Names, is_address
from deltacrown.interchange.drafts import PlayerTexts
from deltacrown.teams.models import Team
from deltacrown.tournaments.services import AnyRecord, TournamentMatchRecord, record_deliveries
from deltacrown.user_profile.people.addresses import list_public_ids
from django_tally.context import attributed
from django_tally.transactions import atomic_service

SHOWN_AS = {
    RecordStatus.CREATED: "accepted",
    RecordStatus.REPLACED: "accepted",
    RecordStatus.COMPLETED: "completed",
    RecordStatus.UNCHANGED: "unchanged",
    RecordStatus.REFUSED: "refused",
}
#: What only a match of a tournament has.
DESCRIPTIONS = ("round", "series", "best_of", "map_name", "details")
#: The parts of a body that are named otherwise than the fields of the services.
PARTS = {"lines": "players", "user": "players", "teams": "players", "is_time_known": "played_at"}
#: What a batch names is shown in a refusal up to here.
LONGEST_SHOWN = 60

#: The matches of a batch, by their place in it.
Matches = Mapping[int, GivenMatch]
Outcomes = dict[int, RecordOutcome]


@dataclass(frozen=True)
class _Created:
    """Who and what a batch created, by the names it gave."""

    players: Mapping[str, User]
    teams: Mapping[str, Team]


def deliver(body: GivenMatches, *, caller: Caller, now: datetime) -> dict[str, Any]:
    """Record a batch, and return what became of each match, as ``Outcomes`` has it.

    The caller must be one who may create what is missing, where the body asks for that.
    """
    matches = dict(enumerate(body.matches))
    record = _record_creating if body.create_missing else _record
    outcomes, created = record(matches, caller, now)

    if created.players or created.teams:
        counts = {"players": len(created.players), "teams": len(created.teams)}
        record_deed(deed=Deed.CREATED_BY_MATCHES, by=caller.member, told=counts)

    shown = [_describe(place, match, outcomes[place]) for place, match in matches.items()]
    by_status = {status: sum(each["status"] == status for each in shown) for status in SHOWN_AS.values()}
    return {
        **by_status,
        "warned": sum(bool(each["warnings"]) for each in shown),
        "created": _describe_created(created),
        "outcomes": shown,
    }


def _record(matches: Matches, caller: Caller, now: datetime) -> tuple[Outcomes, _Created]:
    return _Batch(matches, caller, now).record(), _Created({}, {})


@atomic_service
def _record_creating(matches: Matches, caller: Caller, now: datetime) -> tuple[Outcomes, _Created]:
    """Record a batch in one transaction; what it names and is missing is created, but for refused matches."""
    refused: Outcomes = {}
    while True:
        savepoint = transaction.savepoint()
        batch = _Batch({place: matches[place] for place in matches if place not in refused}, caller, now)
        created = batch.create_missing()
        outcomes = batch.record()
        refused_now = {place: each for place, each in outcomes.items() if each.refusal}
        if not (batch.directory.has_created and refused_now):
            transaction.savepoint_commit(savepoint)
            return outcomes | refused, created
        # Something may have been created for a refused match alone: once more, without those.
        transaction.savepoint_rollback(savepoint)
        refused |= refused_now


@atomic_service
def _record_for(caller: Caller, records: Sequence[AnyRecord], now: datetime) -> list[RecordOutcome]:
    with attributed(actor=caller.member.get_username(), reason=API):
        return record_deliveries(records=records, now=now)


class _Batch:
    """Some matches, and everything that they name, looked up at once."""

    def __init__(self, matches: Matches, caller: Caller, now: datetime) -> None:
        self.matches = matches
        self.caller = caller
        self.now = now
        self.names = _list_names(matches.values())
        self.directory = Directory()
        self.directory.find(self.names)
        self.ambiguous = frozenset(name for name in self.directory.faults if not is_external_id(name))

    def create_missing(self) -> _Created:
        """Create the players and teams that are unknown, and enter players where the caller may."""
        found = self.directory
        known = {*found.players}, {*found.teams}
        found.create_missing(
            Names(players=self.names.players, teams=self.names.teams, texts=self.names.texts)
        )
        enter_missing(self.matches.values(), found, self.caller, now=self.now)

        return _Created(
            {name: user for name, user in found.players.items() if name not in known[0]},
            {name: team for name, team in found.teams.items() if name not in known[1]},
        )

    def record(self) -> Outcomes:
        """Record the matches; return the outcome of each."""
        outcomes: Outcomes = {}
        records: dict[int, AnyRecord] = {}
        for place, match in self.matches.items():
            try:
                records[place] = self._build_record(match)
            except DomainError as refusal:
                outcomes[place] = RecordOutcome.refused(refusal)

        recorded = _record_for(self.caller, [*records.values()], self.now)
        return self._warn(outcomes | dict(zip(records, recorded, strict=True)))

    def _warn(self, outcomes: Outcomes) -> Outcomes:
        """Add what could not be kept of players who were created to the first match that names each."""
        left = dict(self.directory.warnings)
        for place, match in self.matches.items() if left else ():
            told = [
                f"{line.player}: {left.pop(line.player)}" for line in match.players if line.player in left
            ]
            outcomes[place] = replace(outcomes[place], warnings=(*outcomes[place].warnings, *told))
        return outcomes

    def _build_record(self, match: GivenMatch) -> AnyRecord:
        game = self.directory.games.get(match.game)
        if game is None:
            raise InvalidInput(f"There is no game {match.game[:LONGEST_SHOWN]!r}.", field="game")

        record = MatchRecord(
            game=game,
            match_key=match.match_key,
            played_at=match.played_at.at,
            is_time_known=match.played_at.is_time_known,
            sequence=match.sequence,
            lines=tuple([self._build_line(line, match) for line in match.players]),
            void_reason=match.void_reason,
            replaces_void=match.replaces_void,
        )
        if match.tournament is None:
            _refuse_description(match)
            return record

        event = self.directory.tournaments.get(match.tournament)
        if event is None:
            name = match.tournament[:100]
            raise InvalidInput(f"There is no tournament {name!r}.", field="tournament")
        with_team = [line for line in match.players if line.team]
        return TournamentMatchRecord(
            tournament=event,
            match=record,
            round=match.round,
            series=match.series,
            best_of=match.best_of,
            map_name=match.map_name,
            stats=match.details,
            teams={self.directory.players[line.player].pk: self._find_team(line) for line in with_team},
        )

    def _build_line(self, line: DeliveredLine, match: GivenMatch) -> LineRecord:
        user = self.directory.players.get(line.player)
        if user is None:
            raise InvalidInput(self._explain_player(line.player), field="player")

        side = line.side
        side_words: Collection[str] = ()
        if line.team:
            team = self._find_team(line)
            side = side or team.name
            # In a tournament, the tournaments' services know what else the team is called.
            words = set() if match.tournament else self.directory.team_words.get(team.pk, set())
            side_words = words if make_name_key(side) in words else ()

        return LineRecord(
            user=user,
            result=line.result,
            side=side,
            side_words=side_words,
            score=line.score,
            placement=line.placement,
            ended_by=line.ended_by,
            uncounted_reason=line.uncounted_reason,
            void_reason=line.void_reason,
            stats=line.stats,
        )

    def _find_team(self, line: DeliveredLine) -> Team:
        team = self.directory.teams.get(line.team)
        if team is None:
            fault = self.directory.faults.get(line.team)
            name = (
                f"There is no team {line.team[:LONGEST_SHOWN]!r}: use its slug or its name{self._or_create}."
            )
            raise InvalidInput(f"{fault}." if fault else name, field="team")

        return team

    def _explain_player(self, name: str) -> str:
        """Return why a name is nobody's. It names no other username, and no public id."""
        shown = name[:LONGEST_SHOWN]
        if name in self.ambiguous:
            return f"Several players had the name {shown!r}: give a public id."
        if name in self.directory.faults:
            return f"{self.directory.faults[name]}."
        if is_external_id(name):
            return f"There is no player {shown!r}: check the id{self._or_create}."
        if is_address(name):
            return f"There is no player {shown!r}: check the public id."

        return f"There is no player {shown!r}: give a public id or a username{self._or_create}."

    @property
    def _or_create(self) -> str:
        """Return what else the caller can do about an unknown name."""
        if CREATOR.admits(self.caller):
            return ", or send create_missing as true"

        return f", or ask an operator for a key with the scope {CREATOR.scope}, which can create it"


def _list_names(matches: Collection[GivenMatch]) -> Names:
    # In the order of the batch: of two new names that look alike, the first is created.
    players: dict[str, None] = {}
    teams: dict[str, None] = {}
    texts: dict[str, PlayerTexts] = {}
    for match in matches:
        players |= dict.fromkeys([line.player for line in match.players])
        for line in match.players:
            if line.name or line.country:
                texts.setdefault(line.player, PlayerTexts(line.name, line.country))
        teams |= dict.fromkeys([line.team for line in match.players if line.team])

    return Names(
        games={match.game for match in matches},
        players=players,
        teams=teams,
        tournaments={match.tournament for match in matches if match.tournament},
        texts=texts,
    )


def _refuse_description(match: GivenMatch) -> None:
    described = next((name for name in DESCRIPTIONS if getattr(match, name)), None)
    if described:
        raise InvalidInput(
            f"{described} describes a match of a tournament, and none is named.", field=described
        )


def _describe(place: int, match: GivenMatch, outcome: RecordOutcome) -> dict[str, Any]:
    refusal = outcome.refusal
    shown = refusal and {
        "code": refusal.code,
        "field": refusal.field,
        "pointer": _point(place, refusal.field),
        "detail": refusal.message,
    }
    return {
        "index": place,
        "match_key": match.match_key,
        "game": match.game,
        "status": SHOWN_AS[outcome.status],
        "refusal": shown,
        "warnings": list(outcome.warnings),
    }


def _point(place: int, name: str) -> str:
    """Return where in the body a refusal points: to the field of the match, or to its players."""
    part = PARTS.get(name, name)
    if part not in GivenMatch.model_fields:
        part = "players" if part in DeliveredLine.model_fields else ""

    return f"/matches/{place}" + (f"/{part}" if part else "")


def _describe_created(created: _Created) -> dict[str, dict[str, str]]:
    ids = list_public_ids(user.pk for user in created.players.values())
    return {
        "players": {name: ids[user.pk] for name, user in created.players.items()},
        "teams": {name: team.slug for name, team in created.teams.items()},
    }
