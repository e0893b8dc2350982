"""A season with everything, and what readers see of a site: to compare two that should be the same."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction
from django.db.models import QuerySet

from deltacrown.accounts.models import User
from deltacrown.accounts.services import rename_player
from deltacrown.games.services import record_matches, void_match
from deltacrown.teams.services import ensure_teams, rename_team
from deltacrown.tournaments.models import (
    Disqualification,
    Tournament,
    TournamentMatchResult,
    TournamentParticipation,
    TournamentResult,
)
from deltacrown.tournaments.services import (
    EntrantRecord,
    Standing,
    TournamentMatchRecord,
    annul_tournament,
    cancel_tournament,
    check_in,
    complete_tournament,
    create_tournament,
    disqualify_entrant,
    open_registration,
    record_tournament_matches,
    register_entrants,
    reopen_tournament,
    start_tournament,
    withdraw,
)
from deltacrown.user_profile.histories.filters import read_match_filters
from deltacrown.user_profile.histories.matches import read_match_history
from deltacrown.user_profile.models import UserActivity
from deltacrown.user_profile.numbers.catalogue import list_game_stats, list_stats
from deltacrown.user_profile.numbers.leaderboards import get_leaderboard, list_boards
from deltacrown.user_profile.people.identities import Identity, set_identities
from tests import scene
from tests.conftest import NOON

#: What files do not carry: it is of accounts, not of what was played.
OF_ACCOUNTS = ("PROFILE_CREATED", "TEAM_JOINED")


class Season:
    """A season with everything: a builder for one test."""

    def __init__(self) -> None:
        self.game, self.other = scene.game("valorant"), scene.game("tennis")
        names = ("Ann", "bob", "Çem", "dan", "eve", "fay", "Gus", "hal")
        self.users = {name: scene.player(name) for name in names}
        set_identities(
            identities=[
                Identity(self.users["Ann"], display_name='Ann "=Ace" Ångström', country="SE"),
                Identity(self.users["bob"], country="GB"),
            ]
        )
        self.teams = ensure_teams(names=["Reds", "Blues", "-Greens"])

    def build(self) -> None:
        self.play_casually()
        self.play_cup()
        self.play_league_of_teams()
        self.start_others()
        self.decide_about_others()
        rename_player(user=self.users["hal"], username="hal9000")
        rename_team(team=self.teams["Blues"], name="Blue Sky")

    def play_casually(self) -> None:
        ann, bob, cem, dan = (self.users[name] for name in ("Ann", "bob", "Çem", "dan"))
        day = scene.at(-18)
        records = [
            scene.record(self.other, "set-1", scene.line(ann, score="6-1 7-5"), scene.line(bob, "LOSS")),
            scene.record(
                self.other, "walkover", scene.line(ann), scene.line(bob, "LOSS", ended_by="FORFEIT")
            ),
            scene.record(
                self.other, "no-show", *(scene.line(user, "LOSS", ended_by="FORFEIT") for user in (ann, bob))
            ),
            scene.record(self.other, "bye", scene.line(cem, ended_by="BYE")),
            scene.record(
                self.other,
                "left",
                scene.line(ann, side="a"),
                scene.line(bob, "LOSS", side="a", ended_by="RETIRED"),
                scene.line(cem, "LOSS", side="b"),
            ),
            scene.record(
                self.other,
                "rain",
                scene.line(ann, "NONE", ended_by="ABANDONED"),
                scene.line(bob, "NONE", ended_by="ABANDONED"),
            ),
            scene.record(
                self.other,
                "race",
                *(
                    scene.line(user, "WIN" if place == 1 else "LOSS", placement=place)
                    for place, user in enumerate((dan, cem, bob, ann), start=1)
                ),
            ),
            scene.record(
                self.other,
                "friendly",
                scene.line(ann, uncounted_reason="a friendly"),
                scene.line(bob, "LOSS", uncounted_reason="a friendly"),
            ),
            scene.record(
                self.other,
                "half-void",
                scene.line(ann, void_reason="was not there"),
                scene.line(bob, "LOSS", score=-1, stats={"rank": "07", "won": True, "maps": ["a"]}),
            ),
            *(
                scene.duel(
                    self.other, f"day-{number}", *pair, played_at=day, is_time_known=False, sequence=place
                )
                for number, place, pair in ((2, 0, (ann, bob)), (10, 1, (bob, ann)), (1, None, (ann, bob)))
            ),
        ]
        assert not scene.refusals(record_matches(records=records, now=NOON))
        void_match(game=self.other, match_key="set-1", reason="“=crash”, they said", now=NOON)
        scene.archive(scene.match(cem, "old", "DRAW", hours=-2000, title=self.other, stats={"kills": 3}))
        first = scene.match(dan, "1872", "DRAW", title=self.other)
        type(first).objects.filter(pk=first.pk).update(
            played_at=first.played_at.replace(year=1872, hour=0), is_time_known=False
        )

    def play_cup(self) -> None:
        ann, bob, cem, dan, eve, fay, gus, hal = self.users.values()
        cup = self.open("cup", hours=0, ends=5, capacity=16, organiser=hal)
        Tournament.objects.filter(pk=cup.pk).update(prize_currency="EUR", counts_forfeits=False)
        entrants = [
            EntrantRecord(user=user, registered_at=scene.at(-100 + place))
            for place, user in enumerate((ann, bob, cem, dan, eve, fay, gus, hal))
        ]
        register_entrants(tournament=cup, entrants=entrants, now=NOON)
        check_in(tournament=cup, user=ann)
        withdraw(tournament=cup, user=hal)
        start_tournament(tournament=cup)
        self.record(
            cup, "final", [scene.line(ann, score="2"), scene.line(bob, "LOSS", score="½")], round="Final"
        )
        self.record(
            cup, "semi", [scene.line(ann), scene.line(cem, "LOSS")], series="bo3", best_of=3, map_name="Dust"
        )
        disqualify_entrant(tournament=cup, user=gus, reason="aimbot", now=scene.at(3))
        complete_tournament(
            tournament=cup,
            standings=[
                Standing(user=ann, placement=1, prize=Decimal("500.50")),
                Standing(user=bob, placement=2, prize=Decimal(250)),
                Standing(user=cem, placement=3),
                Standing(user=dan, placement=3),
            ],
            now=scene.at(8),
        )
        disqualify_entrant(tournament=cup, user=bob, reason="shared his account", now=scene.at(30))
        # As published: a range, and one that was not classified.
        TournamentResult.objects.filter(tournament=cup, user=dan).update(placement=3, placement_to=4)
        scene.result(cup, None, eve, hours=8, unplaced_reason="not classified")

    def play_league_of_teams(self) -> None:
        ann, bob, cem, dan, eve, *_ = self.users.values()
        league = self.open("league", hours=50, ends=60, entrant_kind="TEAM")
        rosters = {"Reds": [ann, bob], "Blues": [cem, dan]}
        register_entrants(
            tournament=league,
            entrants=[
                EntrantRecord(team=self.teams[name], roster=roster, registered_at=scene.at(10))
                for name, roster in rosters.items()
            ],
            now=NOON,
        )
        late = EntrantRecord(team=self.teams["Reds"], roster=[eve], registered_at=scene.at(20))
        register_entrants(tournament=league, entrants=[late], now=NOON)
        TournamentParticipation.objects.filter(tournament=league, user=bob).update(status="WITHDRAWN")
        start_tournament(tournament=league)
        lines = [scene.line(user, side="Reds") for user in (ann, eve)]
        lines += [scene.line(user, "LOSS", side="Blues") for user in (cem, dan)]
        self.record(league, "day-1", lines, hours=55)
        complete_tournament(
            tournament=league,
            standings=[
                Standing(team=self.teams["Reds"], placement=1, prize=Decimal(1000)),
                Standing(team=self.teams["Blues"], placement=2, prize=Decimal("333.33")),
            ],
            now=NOON,
            decided_at=scene.at(61),
        )
        disqualify_entrant(tournament=league, team=self.teams["Blues"], reason="no show", now=scene.at(70))

    def start_others(self) -> None:
        """Tournaments in every other state."""
        ann, bob, *_ = self.users.values()
        create_tournament(
            slug="draft", name="Draft", game=self.game, starts_at=scene.at(500), entrant_kind="TEAM"
        )
        for slug, hours in (("open", 100), ("running", 90), ("off", 80)):
            event = self.open(slug, hours=hours)
            entrants = [EntrantRecord(user=user, registered_at=scene.at(70)) for user in (ann, bob)]
            register_entrants(tournament=event, entrants=entrants, now=NOON)
        for slug in ("running", "off"):
            event = Tournament.objects.get(slug=slug)
            start_tournament(tournament=event)
            self.record(event, f"first-of-{slug}", [scene.line(ann), scene.line(bob, "LOSS")], hours=91)
        withdraw(tournament=Tournament.objects.get(slug="running"), user=bob)
        cancel_tournament(tournament=event, reason="rain", now=scene.at(92))
        Tournament.objects.filter(slug="running").update(is_provisional=True)

    def decide_about_others(self) -> None:
        """One that was annulled, and one that runs again after its end."""
        ann, bob, *_ = self.users.values()
        for slug in ("fixed", "again"):
            event = self.open(slug, hours=60, ends=61)
            entrants = [EntrantRecord(user=user, registered_at=scene.at(59)) for user in (ann, bob)]
            register_entrants(tournament=event, entrants=entrants, now=NOON)
            start_tournament(tournament=event)
            standings = [Standing(user=ann, placement=1), Standing(user=bob, placement=2)]
            complete_tournament(
                tournament=event, standings=standings, now=scene.at(62), decided_at=scene.at(61)
            )
            decide = annul_tournament if slug == "fixed" else reopen_tournament
            decide(tournament=event, reason="match fixing", now=scene.at(63))

    def open(self, slug: str, *, hours: float, ends: float | None = None, **fields: Any) -> Tournament:
        event = create_tournament(
            slug=slug,
            name=f"The {slug}",
            game=self.game,
            starts_at=scene.at(hours),
            ends_at=None if ends is None else scene.at(ends),
            **fields,
        )
        return open_registration(tournament=event)

    def record(self, event: Tournament, key: str, lines: list[Any], *, hours: float = 1, **told: Any) -> None:
        match = scene.record(self.game, key, *lines, played_at=scene.at(hours))
        record = TournamentMatchRecord(tournament=event, match=match, **told)
        assert not scene.refusals(record_tournament_matches(records=[record], now=NOON))


@contextmanager
def leave_site() -> Iterator[None]:
    """Within, the season is there; afterwards nothing is, as on a new site."""
    with transaction.atomic():
        Season().build()
        yield
        transaction.set_rollback(True)
    cache.clear()


def show_site() -> dict[str, Any]:
    """What readers see of a site, without ids, and without what files do not carry."""
    call_command("backfill_activities", "--all", stdout=io.StringIO())
    cache.clear()
    users = {user.username: user for user in User.objects.order_by("username")}
    return {
        "names": {name: (user.profile.display_name, user.profile.country) for name, user in users.items()},
        "numbers": {
            name: {line.name: line.value for line in list_stats(user)} for name, user in users.items()
        },
        "of games": {
            name: {
                game.game_slug: {line.name: line.value for line in game.stats}
                for game in list_game_stats(user)
            }
            for name, user in users.items()
        },
        "matches": {name: list(show_matches(user)) for name, user in users.items()},
        "descriptions": rows_of(
            TournamentMatchResult,
            "user__username",
            "tournament__slug",
            "team__name",
            "opponent_team__name",
            "opponent_user__username",
            "round",
            "series",
            "map_name",
            "stats",
        ),
        "tournaments": rows_of(
            Tournament,
            "slug",
            "name",
            "game__slug",
            "entrant_kind",
            "status",
            "organiser__username",
            "capacity",
            "starts_at",
            "ends_at",
            "prize_currency",
            "counts_forfeits",
            "is_provisional",
        ),
        "entries": rows_of(
            TournamentParticipation,
            "tournament__slug",
            "user__username",
            "team__name",
            "status",
            "withdrawn_from",
            "registered_at",
        ),
        # Of one that was reopened, files carry no results: they count nowhere until the next end.
        "results": rows_of(
            TournamentResult.objects.exclude(tournament__status=Tournament.Status.RUNNING),
            "tournament__slug",
            "user__username",
            "team__name",
            "placement",
            "placement_to",
            "unplaced_reason",
            "uncounted_reason",
            "published_placement",
            "prize_amount",
            "withheld_prize",
            "stats",
            "disqualified_at",
            "disqualified_reason",
            "decided_at",
        ),
        "rulings": rows_of(
            Disqualification, "tournament__slug", "user__username", "team__name", "reason", "decided_at"
        ),
        "boards": {stat: show_board(stat) for stat, _ in list_boards()},
        "timeline": sorted(
            UserActivity.objects.exclude(activity_type__in=OF_ACCOUNTS).values_list(
                "user__username", "activity_type", "description", "created_at"
            )
        ),
    }


def show_matches(user: User) -> list[tuple[Any, ...]]:
    page = read_match_history(user, read_match_filters(None), None, limit=50)
    return [
        (
            entry.match_key,
            entry.game_slug,
            entry.kind,
            entry.side,
            entry.result,
            entry.score,
            entry.stats,
            entry.played_at,
            entry.void_reason,
            entry.tournament and entry.tournament.slug,
        )
        for entry in page.items
    ]


def show_board(stat: str) -> dict[str, tuple[int, Any]]:
    names = dict(User.objects.values_list("profile__public_id", "username"))
    board = get_leaderboard(stat, limit=100)
    return {names[entry.public_id]: (entry.rank, entry.value) for entry in board.items}


def rows_of(model: Any, *names: str) -> list[tuple[Any, ...]]:
    rows = model if isinstance(model, QuerySet) else model.objects.all()
    return sorted(rows.values_list(*names), key=str)
