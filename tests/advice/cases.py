"""Every error that advises a step: the state, the call, what the error says, and the step it advises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from deltacrown.accounts import services as accounts
from deltacrown.accounts.models import PlayerMerge
from deltacrown.games import services as games
from deltacrown.moderation import services as moderation
from deltacrown.moderation.services import CorrectMatch, CorrectResult, Disqualify, VoidMatch
from deltacrown.pages.exports import export_own_data
from deltacrown.teams import services as teams
from deltacrown.teams.models import TeamRole
from deltacrown.tournaments import services as tournaments
from deltacrown.tournaments.services import Outcome, Standing, TournamentMatchRecord, pairings
from deltacrown.user_profile.models import KycVerification
from deltacrown.user_profile.people import kyc, merging, standings
from deltacrown.user_profile.people.anonymising import anonymise_player
from tests import scene
from tests.scene import NOON as NOW
from tests.scene import duel, line, record

LATER = NOW + timedelta(days=1)


@dataclass(frozen=True)
class Advice:
    """An error that advises a step which must be possible then and there.

    :param said: what of the message is the advice.
    :param state: makes the state, in a fresh ground.
    :param call: is refused in it.
    :param step: what is advised; it must succeed.
    :param again: whether the refused call succeeds once the step was taken.
    """

    name: str
    said: str
    state: Callable[[Ground], object]
    call: Callable[[Ground], object]
    step: Callable[[Ground], object]
    again: bool = True


class Ground(SimpleNamespace):
    """People, a game, two teams, and tournaments by state, made when they are asked for."""

    def __init__(self) -> None:
        names = ("ann", "bob", "cat", "dan")
        super().__init__(**{name: scene.player(name) for name in names})
        self.staff = scene.player("mod", is_staff=True)
        self.organiser = scene.player("org")
        self.game = scene.game("rocket")
        self.north, self.south = scene.team("north"), scene.team("south")
        scene.member(self.ann, self.north)
        scene.member(self.bob, self.south)

    def open(self, kind: str = "SOLO", **fields: Any) -> None:
        """Open a tournament that ann and bob enter, by themselves or with north and south."""
        self.cup = tournaments.create_tournament(
            slug="cup",
            name="Cup",
            game=self.game,
            starts_at=NOW,
            entrant_kind=kind,
            organiser=self.organiser,
            **fields,
        )
        tournaments.open_registration(tournament=self.cup)
        if kind == "TEAM":
            for team, roster in ((self.north, [self.ann, self.cat]), (self.south, [self.bob])):
                tournaments.register_team(tournament=self.cup, team=team, roster=roster, now=NOW)
            return
        for user in (self.ann, self.bob):
            tournaments.register_player(tournament=self.cup, user=user, now=NOW)

    def run(self, kind: str = "SOLO", **fields: Any) -> None:
        self.open(kind, **fields)
        tournaments.start_tournament(tournament=self.cup)

    def draw(self) -> None:
        """Draw a bracket of four, of which nothing was played; ``first``, ``second`` and ``final``."""
        self.open()
        for user in (self.cat, self.dan):
            tournaments.register_player(tournament=self.cup, user=user, now=NOW)
        tournaments.start_tournament(tournament=self.cup)
        self.first, self.second, self.final = pairings.draw_bracket(tournament=self.cup)

    def rule(self, *names: str, winner: int = 1) -> None:
        """Let the first side of each of these pairings win, or the other."""
        for name in names:
            pairing = getattr(self, name)
            pairing.refresh_from_db()
            pairings.rule_pairing(
                pairing=pairing, outcome=Outcome.won(winner), reason="seen", by=self.organiser, now=NOW
            )

    def take_back(self, *names: str) -> None:
        for name in names:
            pairing = getattr(self, name)
            pairing.refresh_from_db()
            pairings.take_back_pairing(pairing=pairing, reason="wrong", by=self.organiser, now=NOW)

    def draw_and_rule(self, *names: str) -> None:
        self.draw()
        self.rule(*names)

    def pair(self) -> None:
        """Pair ann with bob by hand, and let ann win: ``first``."""
        self.run()
        self.first = pairings.add_pairing(tournament=self.cup, first=self.ann, second=self.bob, round="One")
        self.rule("first")

    def end(self) -> None:
        """Complete a solo event: ann won 10, bob is second."""
        self.run()
        self.complete()

    def withdrawn_then_run(self) -> None:
        self.open(capacity=2)
        tournaments.withdraw(tournament=self.cup, user=self.bob)
        tournaments.register_player(tournament=self.cup, user=self.cat, now=NOW)
        tournaments.start_tournament(tournament=self.cup)

    def withdrawn_then_end(self) -> None:
        self.withdrawn_then_run()
        standings = [Standing(user=self.ann, placement=1), Standing(user=self.cat, placement=2)]
        tournaments.complete_tournament(tournament=self.cup, standings=standings, now=NOW)

    def out(self, **entrant: Any) -> object:
        return tournaments.disqualify_entrant(
            tournament=self.cup, **(entrant or {"user": self.bob}), reason="cheating", now=NOW
        )

    def back(self, **entrant: Any) -> object:
        return tournaments.lift_disqualification(
            tournament=self.cup, **(entrant or {"user": self.bob}), reason="appeal", now=NOW
        )

    def place(self, user: Any, placement: int) -> object:
        return tournaments.correct_result(
            tournament=self.cup, user=user, placement=placement, reason="recount", now=NOW
        )

    def complete(self, *standings: Standing) -> object:
        given = standings or (
            Standing(user=self.ann, placement=1, prize=Decimal(10)),
            Standing(user=self.bob, placement=2),
        )
        return tournaments.complete_tournament(tournament=self.cup, standings=list(given), now=NOW)

    def published_out(self) -> None:
        """Complete a solo event whose published results disqualify bob."""
        self.run()
        self.complete(
            Standing(user=self.ann, placement=1),
            Standing(user=self.bob, placement=None, disqualified_reason="cheating"),
        )

    def match(self, **fields: Any) -> object:
        """Record m1, which ann won against bob."""
        return games.record_match(record=duel(self.game, "m1", self.ann, self.bob, **fields), now=NOW)

    def correct(self, **correction: Any) -> object:
        return games.correct_match(game=self.game, match_key="m1", reason="as it was", now=NOW, **correction)

    def void(self) -> object:
        return games.void_match(game=self.game, match_key="m1", reason="crash", now=NOW)

    def restore(self) -> object:
        return games.restore_match(game=self.game, match_key="m1", reason="no crash", now=NOW)

    def dispute(self, **subject: Any) -> Any:
        self.disputed = moderation.file_dispute(
            reporter=self.ann, **subject, reason="not so", now=scene.PLAYED + timedelta(days=1)
        )
        return self.disputed

    def uphold(self, remedy: Any, by: Any = None) -> object:
        return moderation.uphold_dispute(
            dispute=self.disputed, by=by or self.staff, remedy=remedy, resolution="So it is.", now=NOW
        )


def _draft_cup(ground: Ground) -> None:
    ground.cup = tournaments.create_tournament(
        slug="cup", name="Cup", game=ground.game, starts_at=NOW, organiser=ground.organiser
    )


def _close_entries(ground: Ground, at: datetime) -> None:
    if not hasattr(ground, "cup"):
        ground.open()
    tournaments.set_announcement(tournament=ground.cup, prize_pool=None, registration_closes_at=at, rules="")


def _invite(ground: Ground) -> object:
    return tournaments.invite_entrants(
        tournament=ground.cup, users=[ground.cat], by=ground.organiser, now=NOW
    )


def _answer(ground: Ground, *, accept: bool) -> object:
    row = ground.cup.invitations.get()
    return tournaments.answer_invitation(invitation=row, accept=accept, by=ground.cat, now=NOW)


def _take_back(ground: Ground) -> object:
    row = ground.cup.invitations.get()
    return tournaments.take_back_invitation(invitation=row, by=ground.organiser, now=NOW)


def _disputed_match(ground: Ground) -> None:
    ground.match()
    ground.dispute(match=games.get_match_line(ground.game, "m1", user=ground.ann))


def _disputed_result(ground: Ground) -> None:
    ground.end()
    ground.dispute(result=tournaments.get_result(ground.cup, user=ground.bob))


def _moderator_disputes(ground: Ground) -> None:
    _disputed_match(ground)
    ground.disputed.reporter = ground.staff
    ground.disputed.save(update_fields=["reporter"])
    ground.other = scene.player("mod2", is_staff=True)


TOURNAMENTS = [
    Advice(
        "check in after withdrawing",
        "register again first",
        lambda g: (g.open(), tournaments.withdraw(tournament=g.cup, user=g.bob)),
        lambda g: tournaments.check_in(tournament=g.cup, user=g.bob),
        lambda g: tournaments.register_player(tournament=g.cup, user=g.bob, now=NOW),
    ),
    Advice(
        "hand a tournament over to who does not run it",
        "add them first",
        lambda g: g.open(),
        lambda g: tournaments.hand_over_tournament(tournament=g.cup, user=g.ann, by=g.organiser),
        lambda g: tournaments.add_organiser(tournament=g.cup, user=g.ann, by=g.organiser),
    ),
    Advice(
        "invite to a draft",
        "open registration first, then invite",
        _draft_cup,
        _invite,
        lambda g: tournaments.open_registration(tournament=g.cup),
    ),
    Advice(
        "invite after the start",
        "enter somebody late under Entrants",
        Ground.run,
        _invite,
        lambda g: tournaments.register_player(
            tournament=g.cup, user=g.cat, now=NOW, late=True, by=g.organiser
        ),
        again=False,
    ),
    Advice(
        "invite after entries closed",
        "set a later time under Details",
        lambda g: _close_entries(g, NOW - timedelta(hours=1)),
        _invite,
        lambda g: _close_entries(g, NOW + timedelta(hours=1)),
    ),
    Advice(
        "accept an invitation after the start",
        "its organiser can still enter you late",
        lambda g: (g.open(), _invite(g), tournaments.start_tournament(tournament=g.cup)),
        lambda g: _answer(g, accept=True),
        lambda g: tournaments.register_player(
            tournament=g.cup, user=g.cat, now=NOW, late=True, by=g.organiser
        ),
    ),
    Advice(
        "accept an invitation where all places are taken",
        "accept when one is free",
        lambda g: (g.open(capacity=2), _invite(g)),
        lambda g: _answer(g, accept=True),
        lambda g: tournaments.withdraw(tournament=g.cup, user=g.bob),
    ),
    Advice(
        "decline an invitation that was accepted",
        "withdraw on the page of",
        lambda g: (g.open(), _invite(g), _answer(g, accept=True)),
        lambda g: _answer(g, accept=False),
        lambda g: tournaments.withdraw(tournament=g.cup, user=g.cat, by=g.cat),
    ),
    Advice(
        "take back an invitation that was accepted",
        "withdraw them under Entrants instead",
        lambda g: (g.open(), _invite(g), _answer(g, accept=True)),
        _take_back,
        lambda g: tournaments.withdraw(tournament=g.cup, user=g.cat, by=g.organiser),
    ),
    Advice(
        "accept an invitation that was taken back",
        "You can still register, on the page of",
        lambda g: (g.open(), _invite(g), _take_back(g)),
        lambda g: _answer(g, accept=True),
        lambda g: tournaments.register_player(tournament=g.cup, user=g.cat, now=NOW, by=g.cat),
        again=False,
    ),
    Advice(
        "rule a final before it is known who plays",
        "wait for the results before it",
        Ground.draw,
        lambda g: g.rule("final"),
        lambda g: g.rule("first", "second"),
    ),
    Advice(
        "rule another winner",
        "take it back first, then rule",
        lambda g: g.draw_and_rule("first"),
        lambda g: g.rule("first", winner=2),
        lambda g: g.take_back("first"),
    ),
    Advice(
        "take back what a later result rests on",
        "take that result back first",
        lambda g: g.draw_and_rule("first", "second", "final"),
        lambda g: g.take_back("first"),
        lambda g: g.take_back("final"),
    ),
    Advice(
        "seed what is drawn",
        "remove the draw first, then change the seeds",
        Ground.draw,
        lambda g: pairings.set_seeds(tournament=g.cup, shuffle=1),
        lambda g: pairings.remove_draw(tournament=g.cup),
    ),
    Advice(
        "draw again after a result",
        "take them back first, the last ones first",
        lambda g: g.draw_and_rule("first"),
        lambda g: pairings.draw_bracket(tournament=g.cup),
        lambda g: g.take_back("first"),
    ),
    Advice(
        "schedule what was played",
        "so that it was played; take its result back first",
        lambda g: g.draw_and_rule("first"),
        lambda g: _schedule(g.first),
        lambda g: g.take_back("first"),
    ),
    Advice(
        "remove a pairing that was played",
        "is confirmed; take its result back first",
        Ground.pair,
        lambda g: _remove_pairing(g.first),
        lambda g: g.take_back("first"),
    ),
    Advice(
        "suspend a closed account",
        "reopen it first",
        lambda g: standings.close_account(user=g.ann, by=g.staff, now=NOW),
        lambda g: standings.suspend_player(user=g.ann, until=None, reason="x", by=g.staff, now=NOW),
        lambda g: standings.reopen_account(user=g.ann, by=g.staff, now=NOW),
    ),
    *(
        Advice(
            f"another roster while it is {name}",
            "use change_roster to add players, remove or replace them",
            state,
            lambda g: tournaments.register_team(tournament=g.cup, team=g.north, roster=[g.ann], now=NOW),
            lambda g: _change(g, g.north, remove=[g.cat]),
        )
        for name, state in (("open", lambda g: g.open("TEAM")), ("running", lambda g: g.run("TEAM")))
    ),
    Advice(
        "join a second roster",
        "remove them from it first",
        lambda g: g.run("TEAM"),
        lambda g: _change(g, g.south, add=[g.cat]),
        lambda g: _change(g, g.north, remove=[g.cat]),
    ),
    Advice(
        "leave a team without players, and none follows",
        "or withdraw the team",
        lambda g: g.run("TEAM"),
        lambda g: _change(g, g.south, remove=[g.bob]),
        lambda g: tournaments.withdraw(tournament=g.cup, team=g.south),
        again=False,
    ),
    Advice(
        "leave a team without players, and one follows",
        "name who plays in their place",
        lambda g: g.run("TEAM"),
        lambda g: _change(g, g.south, remove=[g.bob]),
        lambda g: _change(g, g.south, replace=[(g.bob, g.dan)]),
    ),
    Advice(
        "change the roster of a team that withdrew",
        "use take_back_withdrawal first",
        lambda g: (g.run("TEAM"), tournaments.withdraw(tournament=g.cup, team=g.north)),
        lambda g: _change(g, g.north, add=[g.dan]),
        lambda g: tournaments.take_back_withdrawal(tournament=g.cup, team=g.north),
    ),
    Advice(
        "change the roster of a team that is disqualified",
        "an organiser can use lift_disqualification",
        lambda g: (g.run("TEAM"), g.out(team=g.north)),
        lambda g: _change(g, g.north, add=[g.dan]),
        lambda g: tournaments.lift_disqualification(tournament=g.cup, team=g.north, reason="x", now=NOW),
    ),
    Advice(
        "change a roster after the start",
        "its organiser and staff change rosters",
        lambda g: g.run("TEAM"),
        lambda g: _change(g, g.north, remove=[g.cat], by=g.ann),
        lambda g: _change(g, g.north, remove=[g.cat], by=g.organiser),
        again=False,
    ),
    Advice(
        "put a stranger on the roster",
        "the organiser can add them",
        lambda g: g.open("TEAM"),
        lambda g: _change(g, g.north, add=[g.dan], by=g.ann),
        lambda g: _change(g, g.north, add=[g.dan], by=g.organiser),
        again=False,
    ),
    Advice(
        "date a step",
        "leave at out",
        lambda g: g.open("TEAM"),
        lambda g: _change(g, g.north, remove=[g.cat], by=g.ann, at=NOW),
        lambda g: _change(g, g.north, remove=[g.cat], by=g.ann),
        again=False,
    ),
    Advice(
        "place somebody who withdrew",
        "use take_back_withdrawal first",
        Ground.withdrawn_then_run,
        lambda g: g.complete(),
        lambda g: tournaments.take_back_withdrawal(tournament=g.cup, user=g.bob),
    ),
    Advice(
        "correct the result of somebody who withdrew",
        "use take_back_withdrawal first",
        Ground.withdrawn_then_end,
        lambda g: g.place(g.bob, 3),
        lambda g: tournaments.take_back_withdrawal(tournament=g.cup, user=g.bob),
    ),
    Advice(
        "place somebody who is disqualified",
        "use lift_disqualification first, or leave it out",
        lambda g: (g.run(), g.out()),
        lambda g: g.complete(),
        lambda g: g.back(),
    ),
    Advice(
        "complete without somebody who is disqualified",
        "or leave it out",
        lambda g: (g.run(), g.out()),
        lambda g: g.complete(),
        lambda g: g.complete(Standing(user=g.ann, placement=1)),
        again=False,
    ),
    Advice(
        "complete with other results",
        "use correct_result or disqualify_entrant",
        Ground.end,
        lambda g: g.complete(Standing(user=g.bob, placement=1), Standing(user=g.ann, placement=2)),
        lambda g: (g.place(g.bob, 1), g.place(g.ann, 2), _prize(g, g.ann, 0)),
    ),
    Advice(
        "complete with a disqualification",
        "disqualify_entrant",
        Ground.end,
        lambda g: g.complete(
            Standing(user=g.ann, placement=1, prize=Decimal(10)),
            Standing(user=g.bob, placement=None, disqualified_reason="cheating"),
        ),
        lambda g: g.out(),
    ),
    *(
        Advice(
            f"{name} while disqualified, {state.__name__}",
            "an organiser can use lift_disqualification",
            lambda g, state=state: (state(g), g.out()),
            call,
            lambda g: g.back(),
        )
        for name, call, state in [
            ("check in", lambda g: tournaments.check_in(tournament=g.cup, user=g.bob), Ground.open),
            ("withdraw", lambda g: tournaments.withdraw(tournament=g.cup, user=g.bob), Ground.open),
            ("withdraw", lambda g: tournaments.withdraw(tournament=g.cup, user=g.bob), Ground.run),
            (
                "register",
                lambda g: tournaments.register_player(tournament=g.cup, user=g.bob, now=NOW),
                Ground.open,
            ),
            (
                "come back",
                lambda g: tournaments.take_back_withdrawal(tournament=g.cup, user=g.bob),
                Ground.run,
            ),
        ]
    ),
    *(
        Advice(
            f"{name} after the end, {state.__name__}",
            "an organiser can use correct_result",
            state,
            call,
            lambda g: g.place(g.bob, 2),
        )
        for state in (Ground.published_out, lambda g: (g.end(), g.out()))
        for name, call in [
            ("register", lambda g: tournaments.register_player(tournament=g.cup, user=g.bob, now=NOW)),
            ("come back", lambda g: tournaments.take_back_withdrawal(tournament=g.cup, user=g.bob)),
        ]
    ),
    Advice(
        "start without entrants",
        "register some, or cancel it",
        lambda g: (
            g.open(),
            [tournaments.withdraw(tournament=g.cup, user=user) for user in (g.ann, g.bob)],
        ),
        lambda g: tournaments.start_tournament(tournament=g.cup),
        lambda g: tournaments.register_player(tournament=g.cup, user=g.cat, now=NOW),
    ),
    Advice(
        "cancel for want of entrants",
        "or cancel it",
        lambda g: (
            g.open(),
            [tournaments.withdraw(tournament=g.cup, user=user) for user in (g.ann, g.bob)],
        ),
        lambda g: tournaments.start_tournament(tournament=g.cup),
        lambda g: tournaments.cancel_tournament(tournament=g.cup, reason="nobody", now=NOW),
        again=False,
    ),
    Advice(
        "a team without players",
        "give its roster",
        lambda g: (g.open("TEAM"), scene.team("west")),
        lambda g: tournaments.register_team(tournament=g.cup, team=scene.team("west"), roster=None, now=NOW),
        lambda g: tournaments.register_team(
            tournament=g.cup, team=scene.team("west"), roster=[g.dan], now=NOW
        ),
    ),
    Advice(
        "another end",
        "give that",
        lambda g: g.open(ends_at=LATER),
        lambda g: tournaments.schedule_end(tournament=g.cup, ends_at=LATER + timedelta(1)),
        lambda g: tournaments.schedule_end(tournament=g.cup, ends_at=LATER),
        again=False,
    ),
    Advice(
        "enter somebody else",
        "the organiser enters others",
        Ground.open,
        lambda g: _enter(g, g.ann, user=g.cat),
        lambda g: _enter(g, g.organiser, user=g.cat),
        again=False,
    ),
    Advice(
        "enter with a stranger on the roster",
        "the organiser can enter it so",
        lambda g: (g.open("TEAM"), tournaments.withdraw(tournament=g.cup, team=g.north)),
        lambda g: _enter(g, g.ann, team=g.north, roster=[g.ann, g.dan]),
        lambda g: _enter(g, g.organiser, team=g.north, roster=[g.ann, g.dan]),
        again=False,
    ),
    Advice(
        "come back after the start",
        "its organiser and staff can take a withdrawal back",
        lambda g: (g.run(), tournaments.withdraw(tournament=g.cup, user=g.bob)),
        lambda g: _return(g, g.bob),
        lambda g: (_return(g, g.organiser), _return(g, g.staff)),
        again=False,
    ),
    Advice(
        "speak for others",
        "the organiser and staff may do this",
        lambda g: g.run("TEAM"),
        lambda g: tournaments.require_say(g.cup, g.dan, user=None, team=g.north, now=NOW),
        lambda g: [
            tournaments.require_say(g.cup, by, user=None, team=g.north, now=NOW)
            for by in (g.ann, g.cat, g.organiser, g.staff)
        ],
        again=False,
    ),
    Advice(
        "speak for a team that has a captain",
        "Only the team's captain (ann), the organiser and staff may do this",
        lambda g: (g.run("TEAM"), _role(g, g.staff)),
        lambda g: tournaments.require_say(g.cup, g.cat, user=None, team=g.north, now=NOW),
        lambda g: [
            tournaments.require_say(g.cup, by, user=None, team=g.north, now=NOW)
            for by in (g.ann, g.organiser, g.staff)
        ],
        again=False,
    ),
    Advice(
        "run somebody else's tournament",
        "Only the organiser of",
        Ground.open,
        lambda g: tournaments.require_organiser(g.cup, g.ann),
        lambda g: [tournaments.require_organiser(g.cup, by) for by in (g.organiser, g.staff)],
        again=False,
    ),
    Advice(
        "a slug that is taken",
        "choose another",
        Ground.open,
        lambda g: _create(g, "cup", NOW + timedelta(1)),
        lambda g: _create(g, "cup-2", NOW),
        again=False,
    ),
    Advice(
        "placed and disqualified",
        "has a placement; leave one out",
        Ground.run,
        lambda g: g.complete(Standing(user=g.ann, placement=1, disqualified_reason="cheating")),
        lambda g: g.complete(Standing(user=g.ann, placement=None, disqualified_reason="cheating")),
        again=False,
    ),
    Advice(
        "disqualified for a blank reason",
        "write one, or leave it out",
        Ground.run,
        lambda g: g.complete(Standing(user=g.ann, placement=None, disqualified_reason=" ")),
        lambda g: g.complete(Standing(user=g.ann, placement=None)),
        again=False,
    ),
    Advice(
        "placed with a reason for having no placement",
        "a reason for having none; leave one out",
        Ground.run,
        lambda g: g.complete(Standing(user=g.ann, placement=1, unplaced_reason="did not start")),
        lambda g: g.complete(Standing(user=g.ann, placement=None, unplaced_reason="did not start")),
        again=False,
    ),
    Advice(
        "a range that ends before it begins",
        "swap the two",
        Ground.run,
        lambda g: g.complete(Standing(user=g.ann, placement=8, placement_to=5)),
        lambda g: g.complete(Standing(user=g.ann, placement=5, placement_to=8)),
        again=False,
    ),
    Advice(
        "the end of a range alone",
        "give the first place of the range too",
        Ground.run,
        lambda g: g.complete(Standing(user=g.ann, placement=None, placement_to=8)),
        lambda g: g.complete(Standing(user=g.ann, placement=5, placement_to=8)),
        again=False,
    ),
    Advice(
        "a currency that is none",
        "write three capital letters",
        Ground.run,
        lambda g: tournaments.set_prize_currency(tournament=g.cup, prize_currency="€"),
        lambda g: tournaments.set_prize_currency(tournament=g.cup, prize_currency="EUR"),
        again=False,
    ),
    Advice(
        "entering after the closing time",
        "ask the organiser",
        lambda g: g.open(registration_closes_at=NOW),
        lambda g: _enter(g, g.cat, user=g.cat),
        lambda g: _enter(g, g.organiser, user=g.cat),
        again=False,
    ),
    Advice(
        "the currency after the end",
        "can change the currency of its prizes",
        Ground.end,
        lambda g: tournaments.require_currency_say(g.cup, g.organiser),
        lambda g: tournaments.require_currency_say(g.cup, g.staff),
        again=False,
    ),
]

MATCHES = [
    Advice(
        "the same key with another time",
        "use correct_match",
        Ground.match,
        lambda g: g.match(played_at=scene.PLAYED - timedelta(1)),
        lambda g: g.correct(played_at=scene.PLAYED - timedelta(1)),
    ),
    Advice(
        "the same key with another kind",
        "use correct_match",
        Ground.match,
        lambda g: g.match(kind="TOURNAMENT"),
        lambda g: g.correct(kind="TOURNAMENT"),
    ),
    Advice(
        "a casual match delivered as one of a tournament",
        "use correct_match",
        lambda g: (g.open(), g.match()),
        lambda g: _taken(_official(g, g.ann, g.bob)),
        lambda g: g.correct(kind="TOURNAMENT"),
    ),
    Advice(
        "a match of a tournament delivered as casual",
        "use correct_match",
        lambda g: (g.open(), _official(g, g.ann, g.bob)),
        Ground.match,
        lambda g: g.correct(kind="CASUAL"),
    ),
    Advice(
        "the same key with other players",
        "use correct_match",
        Ground.match,
        lambda g: _record(g, line(g.ann), line(g.cat, "LOSS")),
        lambda g: g.correct(moved={"bob": g.cat}),
    ),
    Advice(
        "the same key with other lines",
        "use correct_match",
        Ground.match,
        lambda g: _record(
            g, line(g.ann, "LOSS", side="a", score=1, stats={"kills": 1}), line(g.bob, side="b", score=2)
        ),
        lambda g: g.correct(
            results={"ann": "LOSS", "bob": "WIN"},
            sides={"ann": "a", "bob": "b"},
            scores={"ann": 1, "bob": 2},
            stats={"ann": {"kills": 1}},
        ),
    ),
    Advice(
        "the key of a void match with other content",
        "use restore_match and then correct_match",
        lambda g: (g.match(), g.void()),
        lambda g: g.match(kind="TOURNAMENT"),
        lambda g: (g.restore(), g.correct(kind="TOURNAMENT")),
    ),
    Advice(
        "the key of a void match with other content, in its place",
        "record the right content in its place with replaces_void",
        lambda g: (g.match(), g.void()),
        lambda g: g.match(kind="TOURNAMENT"),
        lambda g: g.match(kind="TOURNAMENT", replaces_void=True),
    ),
    Advice(
        "one player delivered in the place of another",
        "use correct_match",
        Ground.match,
        lambda g: _record(g, line(g.ann), line(g.cat, "LOSS")),
        lambda g: g.correct(moved={"bob": g.cat}),
    ),
    Advice(
        "a line of somebody who was not in the match",
        "name one of its players",
        Ground.match,
        lambda g: games.void_match(game=g.game, match_key="m1", reason="ineligible", now=NOW, user=g.cat),
        lambda g: games.void_match(game=g.game, match_key="m1", reason="ineligible", now=NOW, user=g.bob),
        again=False,
    ),
    Advice(
        "a time that is known and not given",
        "give played_at with the time",
        lambda g: g.match(played_at=scene.PLAYED.replace(hour=0), is_time_known=False),
        lambda g: g.correct(is_time_known=True),
        lambda g: g.correct(is_time_known=True, played_at=scene.PLAYED),
    ),
    Advice(
        "a match that counts delivered as void",
        "void it with void_match",
        Ground.match,
        lambda g: g.match(void_reason="crash"),
        Ground.void,
    ),
    Advice(
        "correct a void match",
        "use restore_match first",
        lambda g: (g.match(), g.void()),
        lambda g: g.correct(scores={"ann": 3}),
        Ground.restore,
    ),
    Advice(
        "nothing to correct",
        "name players with their results",
        Ground.match,
        lambda g: g.correct(results={}),
        lambda g: g.correct(results={"ann": "LOSS", "bob": "WIN"}),
        again=False,
    ),
    Advice(
        "a game's slug that is taken",
        "choose another",
        lambda g: None,
        lambda g: games.create_game(slug="rocket", name="Other"),
        lambda g: games.create_game(slug="other", name="Other"),
        again=False,
    ),
]

TEAMS = [
    Advice(
        "join while in the team",
        "record when they left first, with leave_team, and join them after that",
        lambda g: None,
        lambda g: teams.join_team(team=g.north, user=g.ann, joined_at=NOW),
        lambda g: teams.leave_team(team=g.north, user=g.ann, left_at=NOW),
    ),
    Advice(
        "join before a membership that has ended",
        "give a date from then on",
        lambda g: teams.leave_team(team=g.north, user=g.ann, left_at=NOW),
        lambda g: teams.join_team(team=g.north, user=g.ann, joined_at=NOW - timedelta(2)),
        lambda g: teams.join_team(team=g.north, user=g.ann, joined_at=NOW),
        again=False,
    ),
    Advice(
        "end a membership otherwise",
        "give that end, or none",
        lambda g: teams.leave_team(team=g.north, user=g.ann, left_at=NOW),
        lambda g: _membership(g, LATER),
        lambda g: (_membership(g, NOW), _membership(g, None)),
        again=False,
    ),
    Advice(
        "give a role before a period in which the member has it",
        "on; end it at its own start first, with end_role",
        lambda g: _role(g, g.staff, given_at=NOW - timedelta(1)),
        lambda g: _role(g, g.staff, given_at=NOW - timedelta(2)),
        lambda g: teams.end_role(
            team=g.north, user=g.ann, role="CAPTAIN", by=g.staff, now=NOW, ended_at=NOW - timedelta(1)
        ),
    ),
    Advice(
        "give a role before a period in which the member had it",
        "give a time from then on",
        lambda g: (
            _role(g, g.staff, given_at=NOW - timedelta(2)),
            teams.end_role(team=g.north, user=g.ann, role="CAPTAIN", by=g.ann, now=NOW),
        ),
        lambda g: _role(g, g.staff, given_at=NOW - timedelta(1)),
        lambda g: _role(g, g.staff, given_at=NOW),
        again=False,
    ),
    Advice(
        "a role that is none",
        "; use one of ",
        lambda g: None,
        lambda g: _role(g, g.staff, "BOSS"),
        lambda g: [_role(g, g.staff, role) for role in TeamRole.Role.values],
        again=False,
    ),
    Advice(
        "a role of who is no member",
        "a role is given to a member of the team",
        lambda g: None,
        lambda g: teams.give_role(team=g.north, user=g.dan, role="COACH", by=g.staff, now=NOW),
        lambda g: teams.join_team(team=g.north, user=g.dan, joined_at=NOW),
    ),
    Advice(
        "give a role in a team that others lead",
        "Only the team's captain (ann) and staff",
        lambda g: (_role(g, g.staff), scene.member(g.cat, g.north)),
        lambda g: _role(g, g.cat, user=g.cat),
        lambda g: (_role(g, g.ann, user=g.cat), _role(g, g.staff, "COACH", user=g.cat)),
    ),
    Advice(
        "give a role in a team that nobody leads",
        "has no captain; staff",
        lambda g: None,
        lambda g: _role(g, g.ann),
        lambda g: _role(g, g.staff),
    ),
    Advice(
        "a team's slug that is taken",
        "choose another slug",
        lambda g: None,
        lambda g: teams.create_team(slug="north", name="Other"),
        lambda g: teams.create_team(slug="other", name="Other"),
        again=False,
    ),
    Advice(
        "the address of a team that is founded is taken",
        "choose another slug",
        lambda g: None,
        lambda g: teams.found_team(name="Other", slug="north", by=g.dan, now=NOW),
        lambda g: teams.found_team(name="Other", slug="other", by=g.dan, now=NOW),
        again=False,
    ),
    Advice(
        "a team asks as many as it may",
        "withdraw one first",
        lambda g: [
            teams.invite_player(team=g.north, user=scene.player(f"p{number}"), by=None, now=NOW)
            for number in range(teams.MOST_INVITED)
        ],
        lambda g: teams.invite_player(team=g.north, user=g.dan, by=None, now=NOW),
        lambda g: teams.withdraw_invitation(
            team=g.north, user=teams.list_open_invitations(g.north)[0].user, by=None, now=NOW
        ),
    ),
    Advice(
        "a team's name that is taken",
        "choose another name",
        lambda g: None,
        lambda g: teams.rename_team(team=g.north, name="South"),
        lambda g: teams.rename_team(team=g.north, name="West"),
        again=False,
    ),
]

DISPUTES = [
    Advice(
        "a remedy for a match, about a result",
        "correct the result or disqualify the entrant",
        _disputed_result,
        lambda g: g.uphold(VoidMatch()),
        lambda g: g.uphold(CorrectResult(placement=1)),
        again=False,
    ),
    Advice(
        "the other remedy for a result",
        "or disqualify the entrant",
        _disputed_result,
        lambda g: g.uphold(CorrectMatch(results={})),
        lambda g: g.uphold(Disqualify()),
        again=False,
    ),
    Advice(
        "a remedy for a result, about a match",
        "void the match or correct it",
        _disputed_match,
        lambda g: g.uphold(Disqualify()),
        lambda g: g.uphold(CorrectMatch(results={"ann": "LOSS", "bob": "WIN"})),
        again=False,
    ),
    Advice(
        "resolve one's own dispute",
        "another moderator must resolve it",
        _moderator_disputes,
        lambda g: g.uphold(VoidMatch()),
        lambda g: g.uphold(VoidMatch(), by=g.other),
        again=False,
    ),
    Advice(
        "another reason for an open dispute",
        "wait for its outcome",
        _disputed_match,
        lambda g: moderation.file_dispute(
            reporter=g.ann, match=g.disputed.match, reason="other", now=scene.PLAYED + timedelta(1)
        ),
        lambda g: moderation.reject_dispute(dispute=g.disputed, by=g.staff, resolution="No.", now=NOW),
    ),
]

FAREWELLS = [
    Advice(
        "anonymise staff",
        "take the rights of staff away first",
        lambda g: None,
        lambda g: _anonymise(g.staff),
        lambda g: accounts.set_sign_in(user=g.staff, password="x", is_staff=False),
    ),
    Advice(
        "anonymise who runs a tournament",
        "complete or cancel it",
        lambda g: g.run(),
        lambda g: _anonymise(g.organiser),
        lambda g: g.complete(),
    ),
    Advice(
        "anonymise an account that was merged, by the one that it was merged into",
        "anonymise that one, or undo the merge first",
        lambda g: _merge(g.ann, g.bob),
        lambda g: _anonymise(g.bob),
        lambda g: _anonymise(g.ann),
        again=False,
    ),
    Advice(
        "anonymise an account that was merged, without the other",
        "anonymise that one, or undo the merge first",
        lambda g: _merge(g.ann, g.bob),
        lambda g: _anonymise(g.bob),
        lambda g: _part(g.bob),
    ),
    Advice(
        "anonymise without a copy of what is kept",
        "run export_own_data and hand it over",
        lambda g: None,
        lambda g: _anonymise(g.ann, without_export=False),
        lambda g: list(export_own_data(g.ann, clock=lambda: NOW)),
    ),
    Advice(
        "anonymise without a copy that is not wanted",
        "or say that it is not wanted (--without-export)",
        lambda g: None,
        lambda g: _anonymise(g.ann, without_export=False),
        lambda g: _anonymise(g.ann),
    ),
]

PEOPLE = [
    Advice(
        "merge an account that was merged",
        "bob was merged into ann; name ann instead",
        lambda g: _merge(g.ann, g.bob),
        lambda g: _merge(g.cat, g.bob),
        lambda g: _merge(g.cat, g.ann),
        again=False,
    ),
    Advice(
        "merge an account of staff",
        "take the staff rights away first",
        lambda g: None,
        lambda g: _merge(g.ann, g.staff),
        lambda g: accounts.set_sign_in(user=g.staff, password="changed since", is_staff=False),
    ),
    Advice(
        "merge players who met",
        "merge with allow_meetings",
        lambda g: games.record_match(record=duel(g.game, "m1", g.ann, g.bob), now=NOW),
        lambda g: _merge(g.ann, g.bob),
        lambda g: _merge(g.ann, g.bob, allow_meetings=True),
        again=False,
    ),
    Advice(
        "merge verifications that contradict",
        "decide about bob again first",
        lambda g: (_verified(g.ann, "VERIFIED"), _verified(g.bob, "REJECTED")),
        lambda g: _merge(g.ann, g.bob),
        lambda g: kyc.verify(user=g.bob, by=g.staff, now=NOW),
    ),
    Advice(
        "undo a merge that another was built on",
        "undo that merge first",
        lambda g: (_merge(g.ann, g.bob), _merge(g.cat, g.ann)),
        lambda g: _part(g.bob),
        lambda g: _part(g.ann),
    ),
    Advice(
        "undo a merge before a later one",
        "cat was merged into ann since; undo that merge first",
        lambda g: (_merge(g.ann, g.bob), _merge(g.ann, g.cat)),
        lambda g: _part(g.bob),
        lambda g: _part(g.cat),
    ),
]

NAMES = [
    Advice(
        "an external id that is another player's",
        "or remove it there first",
        lambda g: accounts.add_external_id(user=g.bob, external_id="esea:1", confirmed=True),
        lambda g: accounts.add_external_id(user=g.ann, external_id="esea:1", confirmed=True),
        lambda g: accounts.remove_external_id(user=g.bob, external_id="esea:1"),
    ),
    Advice(
        "one external id too many",
        "remove one first",
        lambda g: [
            accounts.add_external_id(user=g.ann, external_id=f"esea:{n}", confirmed=True) for n in range(50)
        ],
        lambda g: accounts.add_external_id(user=g.ann, external_id="esea:more", confirmed=True),
        lambda g: accounts.remove_external_id(user=g.ann, external_id="esea:0"),
    ),
]


def _schedule(pairing: Any) -> None:
    pairing.refresh_from_db()
    pairings.schedule_pairing(pairing=pairing, scheduled_at=LATER)


def _remove_pairing(pairing: Any) -> None:
    pairing.refresh_from_db()
    pairings.remove_pairing(pairing=pairing)


CASES = [*TOURNAMENTS, *MATCHES, *TEAMS, *DISPUTES, *FAREWELLS, *PEOPLE, *NAMES]


def _anonymise(user: Any, *, without_export: bool = True) -> object:
    return anonymise_player(user=user, by=None, now=NOW, without_export=without_export)


def _prize(ground: Ground, user: Any, prize: int) -> object:
    return tournaments.correct_result(
        tournament=ground.cup, user=user, placement=2, prize=Decimal(prize), reason="recount", now=NOW
    )


def _official(ground: Ground, winner: Any, loser: Any) -> Any:
    delivered = TournamentMatchRecord(tournament=ground.cup, match=duel(ground.game, "m1", winner, loser))
    [outcome] = tournaments.record_tournament_matches(records=[delivered], now=NOW)
    return outcome


def _merge(kept: Any, merged: Any, **fields: Any) -> PlayerMerge:
    return merging.merge_players(kept=kept, merged=merged, by=None, reason="x", now=NOW, **fields)


def _part(merged: Any) -> None:
    merging.undo_merge(merge=merging.get_merge(merged=merged), by=None, now=NOW)


def _verified(user: Any, status: str) -> KycVerification:
    return KycVerification.objects.create(user=user, status=status, reviewed_at=NOW)


def _taken(outcome: Any) -> None:
    if outcome.refusal:
        raise outcome.refusal


def _record(ground: Ground, *lines: Any) -> object:
    return games.record_match(record=record(ground.game, "m1", *lines), now=NOW)


def _change(ground: Ground, team: Any, *, by: Any = None, at: Any = None, **changes: Any) -> None:
    if by is not None:
        joining = changes.get("add", ())
        tournaments.require_roster_change(ground.cup, by, team=team, joining=joining, now=NOW)
        tournaments.require_dating(ground.cup, by, at)
    tournaments.change_roster(tournament=ground.cup, team=team, at=at, reason="x", now=NOW, **changes)


def _enter(ground: Ground, by: Any, *, user: Any = None, team: Any = None, roster: Any = None) -> None:
    tournaments.require_entry(ground.cup, by, user=user, team=team, now=NOW, roster=roster)
    if team is None:
        tournaments.register_player(tournament=ground.cup, user=user, now=NOW)
    else:
        tournaments.register_team(tournament=ground.cup, team=team, roster=roster, now=NOW)


def _return(ground: Ground, by: Any) -> None:
    tournaments.require_return(ground.cup, by, user=ground.bob, team=None, now=NOW)
    tournaments.take_back_withdrawal(tournament=ground.cup, user=ground.bob)


def _create(ground: Ground, slug: str, starts_at: Any) -> object:
    return tournaments.create_tournament(slug=slug, name="New", game=ground.game, starts_at=starts_at)


def _membership(ground: Ground, left_at: Any) -> object:
    joined_at = ground.ann.team_memberships.get().joined_at
    period = teams.MembershipRecord(ground.north, ground.ann, joined_at, left_at)
    return teams.record_memberships(memberships=[period])


def _role(
    ground: Ground, by: Any, role: str = "CAPTAIN", *, user: Any = None, given_at: Any = None
) -> object:
    """Give ann, or another, a role in north."""
    who = user or ground.ann
    return teams.give_role(team=ground.north, user=who, role=role, by=by, now=NOW, given_at=given_at)
