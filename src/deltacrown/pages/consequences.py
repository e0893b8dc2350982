"""What a ruling does to numbers, achievements and placements: found out before it is made, or told after.

A ruling is tried inside a transaction that is rolled back. Nothing of it stays: what a receiver does outside
the database waits for the commit, which never comes. Whom it touches is read from what the triggers of the
numbers wrote meanwhile, so the caller need not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Max

from deltacrown.core.trials import try_out
from deltacrown.tournaments.models import TournamentResult
from deltacrown.tournaments.services import write_place
from deltacrown.user_profile.models import GameStats, UserAchievement, UserProfile
from deltacrown.user_profile.numbers.catalogue import describe_stat, list_stat_names
from deltacrown.user_profile.stat_fields import list_twins
from django_tally.batches import in_batches
from django_tally.models import Recording, Revision
from django_tally.sources import list_sources
from django_tally.transactions import atomic_service

#: So many players are told of one by one.
PLAYERS_TOLD = 50

Act = Callable[[], object]
Value = int | Decimal | None
#: The keys of players and of results.
_Touched = tuple[set[int], set[int]]


@dataclass(frozen=True)
class NumberChange:
    """A number that is another afterwards.

    :param unit: ``"%"`` or empty.
    """

    name: str
    label: str
    unit: str
    was: Value
    now: Value


@dataclass(frozen=True)
class GameChange:
    """The numbers of a player in one game that are others afterwards."""

    game: str
    numbers: list[NumberChange]


@dataclass(frozen=True)
class PlayerConsequences:
    """What a ruling does to one player.

    :param gained: the names of achievements earned by it; ``lost``: those that nothing earns any more.
    """

    profile: UserProfile
    numbers: list[NumberChange]
    games: list[GameChange]
    gained: list[str]
    lost: list[str]


@dataclass(frozen=True)
class PlacementChange:
    """A result of a tournament that is another afterwards: its place in words, empty for none."""

    tournament: str
    entrant: str
    was: str
    now: str
    prize_was: Decimal | None
    prize_now: Decimal | None
    currency: str


@dataclass(frozen=True)
class Consequences:
    """All that a ruling changes of what is shown.

    :param players: by public id; no more than ``PLAYERS_TOLD``.
    :param untold: how many more there are.
    :param tells_numbers: whether it is told what becomes of players at all.
    """

    players: list[PlayerConsequences]
    placements: list[PlacementChange]
    untold: int = 0
    tells_numbers: bool = True

    @property
    def is_empty(self) -> bool:
        """Return whether no number, achievement and placement is another."""
        return not self.players and not self.placements


@dataclass
class _State:
    """What is shown of some players and results at one moment, by their keys."""

    profiles: dict[int, UserProfile]
    games: dict[tuple[int, int], GameStats]
    held: dict[int, set[str]]
    results: dict[int, TournamentResult]


@dataclass(frozen=True)
class _Mark:
    """Up to where the triggers had written before."""

    revision: int
    recording: int


@atomic_service
def preview(act: Act) -> Consequences:
    """Return what ``act`` would change, and change nothing.

    :param act: calls a service; it must read all it changes anew, since it may be called again.
    :raises DomainError: what ``act`` refuses.
    """

    def try_act() -> tuple[_Touched, _State]:
        touched = _do(act)
        return touched, _read(*touched)

    touched, after = try_out(try_act)
    return _compare(_read(*touched), after)


@atomic_service
def carry_out(act: Act) -> Consequences:
    """Do ``act``, and return what it changed.

    :raises DomainError: what ``act`` refuses; nothing is changed then.
    """
    # Tried first: only then is it known whose numbers to read before.
    touched = try_out(lambda: _do(act))
    before = _read(*touched)
    act()
    return _compare(before, _read(*touched))


def _do(act: Act) -> _Touched:
    """Do ``act``, and return whose numbers and which results it touched."""
    mark = _set_mark()
    act()
    return _find_touched(mark)


def _set_mark() -> _Mark:
    latest = [model.objects.aggregate(last=Max("pk"))["last"] or 0 for model in (Revision, Recording)]
    return _Mark(*latest)


def _find_touched(mark: _Mark) -> _Touched:
    """Return the players and the results that were written to since.

    What others wrote at the same time is among them, and does not differ.
    """
    label = TournamentResult._meta.label
    owners, results = set[int](), set[int]()
    revised = Revision.objects.filter(pk__gt=mark.revision)
    for source, row, owner in revised.values_list("source", "row", "owner"):
        owners.add(owner)
        if source == label:
            results.add(row)
    for recording in Recording.objects.filter(pk__gt=mark.recording, first_row__isnull=False):
        source, first, last = recording.source, recording.first_row or 0, recording.last_row or 0
        owners |= _list_owners(source, first, last)
        if source == label:
            results |= set(
                TournamentResult.objects.filter(pk__range=(first, last)).values_list("pk", flat=True)
            )
    return owners, _add_teams(results)


def _list_owners(label: str, first: int, last: int) -> set[int]:
    """Return whose the rows of a source are between two keys."""
    found = set[int]()
    for source in list_sources():
        if source.model._meta.label == label:
            for column in source.owner_columns:
                rows = source.model._base_manager.filter(pk__range=(first, last))
                found |= {owner for owner in rows.values_list(column, flat=True) if owner is not None}
    return found


def _add_teams(results: set[int]) -> set[int]:
    """Return results with those of the teams whose members they are: no number counts a team's own row."""
    pairs = TournamentResult.objects.filter(pk__in=results, team__isnull=False, user__isnull=False)
    teams = set(pairs.values_list("tournament_id", "team_id"))
    events = {event for event, _ in teams}
    own = TournamentResult.objects.filter(tournament__in=events, user__isnull=True)
    return results | {
        pk for pk, event, team in own.values_list("pk", "tournament_id", "team_id") if (event, team) in teams
    }


def _read(owners: Iterable[int], results: Iterable[int]) -> _State:
    state = _State({}, {}, {}, {})
    for batch in in_batches(sorted(owners), 500):
        for profile in UserProfile.objects.filter(user__in=batch).select_related("user").defer("bio"):
            state.profiles[profile.user_id] = profile
        for row in GameStats.objects.filter(user__in=batch).select_related("game"):
            state.games[row.user_id, row.game_id] = row
        held = UserAchievement.objects.filter(user__in=batch).values_list("user", "achievement__name")
        for user, name in held:
            state.held.setdefault(user, set()).add(name)
    for batch in in_batches(sorted(results), 500):
        rows = TournamentResult.objects.filter(pk__in=batch)
        for result in rows.select_related("tournament", "team", "user__profile"):
            state.results[result.pk] = result
    return state


def _compare(before: _State, after: _State) -> Consequences:
    told = []
    for pk, profile in after.profiles.items():
        each = _compare_player(pk, before, after)
        if each.numbers or each.games or each.gained or each.lost:
            told.append((profile.public_id, each))
    told.sort(key=lambda pair: pair[0])
    players = [each for _, each in told]
    placements = [
        _tell_placement(before.results.get(pk), row)
        for pk, row in after.results.items()
        if _is_entrant(row) and _say(before.results.get(pk)) != _say(row)
    ]
    placements.sort(key=lambda each: (each.tournament, each.entrant))
    return Consequences(players[:PLAYERS_TOLD], placements, untold=max(0, len(players) - PLAYERS_TOLD))


def _compare_player(pk: int, before: _State, after: _State) -> PlayerConsequences:
    profile = after.profiles[pk]
    was = before.profiles.get(pk, profile)
    numbers = [
        NumberChange(old.name, old.label, old.unit, old.value, new.value)
        for old, new in (
            (describe_stat(was, name), describe_stat(profile, name)) for name in list_stat_names()
        )
        if old.value != new.value
    ]
    games = []
    for key in sorted({key for key in (*before.games, *after.games) if key[0] == pk}):
        changed = _compare_game(before.games.get(key), after.games.get(key), profile)
        if changed.numbers:
            games.append(changed)
    had, has = before.held.get(pk, set()), after.held.get(pk, set())
    return PlayerConsequences(profile, numbers, games, sorted(has - had), sorted(had - has))


def _compare_game(was: GameStats | None, now: GameStats | None, profile: UserProfile) -> GameChange:
    row: Any = now or was
    changes = []
    for name, column in list_twins(GameStats).items():
        old, new = getattr(was, column, 0), getattr(now, column, 0)
        if old != new:
            line = describe_stat(profile, name)
            changes.append(NumberChange(name, line.label, line.unit, old, new))
    return GameChange(row.game.name, changes)


def _is_entrant(row: TournamentResult) -> bool:
    """Return whether a result is an entrant's own, and not that of a member of a team."""
    return row.user_id is None or row.team_id is None


def _say(row: TournamentResult | None) -> tuple[Any, ...] | None:
    if row is None:
        return None
    return row.placement, row.placement_to, row.prize_amount, row.disqualified_at, row.uncounted_reason


def _tell_placement(was: TournamentResult | None, now: TournamentResult) -> PlacementChange:
    return PlacementChange(
        tournament=now.tournament.name,
        entrant=str(now.team.name if now.team else now.user.profile.name if now.user else ""),
        was=write_place(was.placement, was.placement_to) if was else "",
        now=write_place(now.placement, now.placement_to),
        prize_was=was.prize_amount if was else None,
        prize_now=now.prize_amount,
        currency=now.tournament.prize_currency,
    )
