"""Whom and what a delivery names: by public id, username or former name; created where the caller may."""

from __future__ import annotations

import pytest

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right
from deltacrown.accounts.services import players, rename_player
from deltacrown.games.models import Match
from deltacrown.teams.models import Team
from deltacrown.teams.services import naming
from deltacrown.tournaments.models import TournamentMatchResult, TournamentParticipation
from tests import scene
from tests.api.calls import problem_of, signed_in, with_key

pytestmark = pytest.mark.django_db

SCOPES = ("matches:write", "players:create", "tournaments:write", "read")


@pytest.fixture
def server(db):
    """A game server's key that may create players; its owner organises what it names."""
    scene.game("rocket")
    return with_key(scene.player("server"), *SCOPES)


@pytest.fixture
def recorder(db):
    """A game server's key that may record, and no more."""
    scene.game("rocket")
    return with_key(scene.player("recorder"), "matches:write")


def duel(key, winner, loser, **fields):
    lines = [{"player": winner, "result": "WIN"}, {"player": loser, "result": "LOSS"}]
    lines = [line | fields.pop(name, {}) for line, name in zip(lines, ("first", "second"), strict=True)]
    return {
        "match_key": key,
        "game": "rocket",
        "played_at": "2025-03-01T18:00:00Z",
        "players": lines,
        **fields,
    }


def deliver(caller, *matches, **more):
    return caller.post("/matches", {"matches": list(matches), **more}).json()


def refusals(told):
    return [each["refusal"] and each["refusal"]["detail"] for each in told["outcomes"]]


class TestByUsername:
    def test_a_public_id_a_username_and_a_former_one_name_the_same_player(self, recorder):
        ann, bob = scene.player("ann"), scene.player("bob")
        rename_player(user=bob, username="robert")

        told = [
            deliver(recorder, duel("d1", ann.profile.public_id, bob.profile.public_id)),
            deliver(recorder, duel("d1", "ann", "robert")),
            deliver(recorder, duel("d1", "ANN", "bob")),
        ]

        assert [(each["accepted"], each["unchanged"]) for each in told] == [(1, 0), (0, 1), (0, 1)]
        assert Match.objects.count() == 2

    def test_two_names_of_one_player_are_one_player_twice(self, recorder):
        ann = scene.player("ann")

        [why] = refusals(deliver(recorder, duel("d1", "ann", ann.profile.public_id)))

        assert "is in the match twice" in why

    def test_a_former_name_of_several_names_nobody_and_none_of_them(self, recorder):
        scene.player("ann")
        for new in ("cat", "dan"):
            rename_player(user=scene.player("bob"), username=new)

        [why] = refusals(deliver(recorder, duel("d1", "ann", "bob")))

        assert why == "Several players had the name 'bob': give a public id."

    def test_who_is_not_there_is_refused_alike_by_every_kind_of_name(self, recorder):
        """Nothing tells a name that is close to a player's from one that is not."""
        ann = scene.player("ann")
        names = ("anne", "aпn", "nobody", "x" * 700, "", "a b", "ann@example.org")

        told = deliver(
            recorder, *[duel(f"d{n}", ann.profile.public_id, name) for n, name in enumerate(names)]
        )

        assert {each["refusal"]["pointer"][-8:] for each in told["outcomes"]} == {"/players"}
        advice = "give a public id or a username, or ask an operator for a key with the scope players:create"
        assert refusals(told) == [
            f"There is no player {name[:60]!r}: {advice}, which can create it." for name in names
        ]
        absent = refusals(deliver(recorder, duel("d1", ann.profile.public_id, "DC-25-999999")))
        assert absent == ["There is no player 'DC-25-999999': check the public id."]

    def test_only_who_may_record_can_name_anybody(self, recorder):
        """A username is a login name, and no page shows it: nobody else learns whether it is somebody's."""
        ann = scene.player("ann")
        others = [with_key(ann, "read", "tournaments:write", "players:create"), signed_in(ann)]

        for other in others:
            for_known, for_unknown = (
                other.post("/matches", {"matches": [duel("d1", name, "bob")]})
                for name in ("recorder", "nobody")
            )

            assert problem_of(for_known) == (403, "forbidden")
            assert for_known.content == for_unknown.content


class TestCreating:
    def test_unknown_players_and_teams_are_created_and_told(self, server, find_all_drift):
        ann = scene.player("ann").profile.public_id
        first, second = {"team": "Polar Bears"}, {"team": "South", "side": "red"}
        match = duel("d1", ann, "newcomer", first=first, second=second)

        told, again = (deliver(server, match, create_missing=True) for _ in range(2))

        new = User.objects.get(username="newcomer")
        assert not new.has_usable_password()
        assert (told["accepted"], told["created"]) == (
            1,
            {
                "players": {"newcomer": new.profile.public_id},
                "teams": {"Polar Bears": "polar-bears", "South": "south"},
            },
        )
        assert (again["unchanged"], again["created"]) == (1, {"players": {}, "teams": {}})
        assert sorted(Match.objects.values_list("user__username", "side")) == [
            ("ann", "Polar Bears"),
            ("newcomer", "red"),
        ]
        assert find_all_drift() == []

    def test_nothing_is_created_for_a_match_that_is_refused(self, server):
        scene.player("ann")
        matches = [
            duel("d1", "ann", "good"),
            duel("d2", "ann", "bad", first={"team": "Badgers"}, played_at="2999-01-01T00:00:00Z"),
            duel("d3", "bad", "good"),
            duel("d4", "ann", "--"),
            duel("d5", "ann", "DC-25-999999"),
            duel("d6", "ann", "unlucky", game="chess"),
            duel("d1", "good", "ann"),
        ]

        told = deliver(server, *matches, create_missing=True)

        statuses = [each["status"] for each in told["outcomes"]]
        assert statuses == ["accepted", "refused", "accepted", "refused", "refused", "refused", "refused"]
        assert told["created"]["players"].keys() == {"good", "bad"}
        assert not Team.objects.exists()
        assert not User.objects.filter(username__in=["--", "unlucky", "DC-25-999999"]).exists()
        assert set(Match.objects.values_list("match_key", flat=True)) == {"d1", "d3"}

    def test_a_name_of_any_length_is_refused_before_it_is_folded(self, server, monkeypatch):
        """Folding takes time by the square of the length."""
        folded = []
        for module in (players, naming):
            fold = module.make_name_key
            monkeypatch.setattr(
                module, "make_name_key", lambda name, fold=fold: folded.append(len(name)) or fold(name)
            )
        long = "a\u0301" * 5_000

        told = deliver(server, duel("d1", "ann", long), duel("d2", "ann", "bob"), create_missing=True)

        assert [each["status"] for each in told["outcomes"]] == ["refused", "accepted"]
        assert "10000 characters" in refusals(told)[0]
        assert max(folded) <= 3

    def test_without_the_flag_nobody_is_created_and_the_flag_is_advised(self, server):
        scene.player("ann")

        [why] = refusals(deliver(server, duel("d1", "ann", "newcomer")))

        assert why.endswith("give a public id or a username, or send create_missing as true.")
        assert not User.objects.filter(username="newcomer").exists()
        assert deliver(server, duel("d1", "ann", "newcomer"), create_missing=True)["accepted"] == 1

    def test_the_flag_takes_the_scope_or_the_right(self, recorder):
        body = {"matches": [duel("d1", "ann", "bob")], "create_missing": True}
        rights = (Right.RECORD_MATCHES, Right.CREATE_PLAYERS)
        clerk, boss = signed_in(scene.staff("clerk", rights[0])), signed_in(scene.staff("boss", *rights))

        refused = [caller.post("/matches", body) for caller in (recorder, clerk)]

        assert [problem_of(answer) for answer in refused] == [(403, "forbidden")] * 2
        assert [answer.json()["detail"] for answer in refused] == [
            "The key lacks the scope players:create; it has matches:write.",
            "This takes staff with the permission accounts.create_players, "
            "or a key with the scope players:create.",
        ]
        assert not User.objects.filter(username="ann").exists()
        assert boss.post("/matches", body).json()["created"]["players"].keys() == {"ann", "bob"}

    def test_a_request_sent_again_creates_nobody_twice(self, server):
        body = {"matches": [duel("d1", "ann", "bob")], "create_missing": True}

        answers = [server.post("/matches", body, Idempotency_Key="once") for _ in range(2)]

        assert answers[0].content == answers[1].content
        assert Match.objects.count() == 2

    def test_creating_many_costs_what_creating_few_does(self, server, django_assert_max_num_queries):
        def deliver_many(name, players):
            lines = [{"player": f"{name}{number}", "result": "LOSS"} for number in range(players)]
            return deliver(server, duel(name, "a", "b") | {"players": lines}, create_missing=True)

        deliver_many("warm", 2)
        with django_assert_max_num_queries(60) as few:
            deliver_many("few", 5)
        with django_assert_max_num_queries(len(few) + 4):
            assert deliver_many("many", 60)["accepted"] == 1


class TestEntering:
    def is_told(self, outcome):
        """Whether it is told that players are not entered: by a refusal, or by a warning."""
        return outcome["refusal"] is not None or outcome["warnings"] != []

    def entered(self, event):
        return sorted(TournamentParticipation.objects.filter(tournament=event).values_list("user__username"))

    def test_the_organiser_enters_who_plays(self, server):
        owner = User.objects.get(username="server")
        event = scene.tournament("cup", title=scene.game("rocket"), status="OPEN", organiser=owner)
        scene.registration(scene.player("ann"), event)
        matches = [duel("d1", "ann", "bob", tournament="cup"), duel("d2", "bob", "cat", tournament="cup")]

        told = deliver(server, *matches, create_missing=True)

        assert (told["accepted"], told["created"]["players"].keys()) == (2, {"bob", "cat"})
        assert self.entered(event) == [("ann",), ("bob",), ("cat",)]
        assert TournamentMatchResult.objects.count() == 4

    def test_in_a_tournament_of_teams_by_their_team(self, server):
        owner = User.objects.get(username="server")
        event = scene.tournament(
            "cup", title=scene.game("rocket"), status="OPEN", organiser=owner, entrant_kind="TEAM"
        )
        match = duel("d1", "ann", "bob", tournament="cup", first={"team": "North"}, second={"team": "South"})

        assert deliver(server, match, create_missing=True)["accepted"] == 1

        rows = TournamentParticipation.objects.filter(tournament=event)
        assert sorted(rows.values_list("user__username", "team__name")) == [
            ("ann", "North"),
            ("bob", "South"),
        ]

    def test_nobody_enters_anybody_in_a_tournament_of_others(self, server):
        event = scene.tournament("cup", title=scene.game("rocket"), status="OPEN")

        told = deliver(server, duel("d1", "ann", "bob", tournament="cup"), create_missing=True)

        assert self.is_told(told["outcomes"][0])
        assert self.entered(event) == []

    def test_nor_by_a_key_without_the_scope_of_its_organiser(self, db):
        owner = scene.player("owner")
        key = with_key(owner, "matches:write", "players:create")
        event = scene.tournament("cup", title=scene.game("rocket"), status="OPEN", organiser=owner)

        told = deliver(key, duel("d1", "ann", "bob", tournament="cup"), create_missing=True)

        assert self.is_told(told["outcomes"][0])
        assert self.entered(event) == []

    def test_nor_where_it_is_full(self, server):
        owner = User.objects.get(username="server")
        event = scene.tournament(
            "cup", title=scene.game("rocket"), status="OPEN", organiser=owner, capacity=1
        )
        scene.registration(scene.player("ann"), event)
        matches = [duel("d1", "ann", "bob", tournament="cup"), duel("d2", "ann", "cat")]

        told = deliver(server, *matches, create_missing=True)

        assert self.is_told(told["outcomes"][0])
        assert told["outcomes"][1]["status"] == "accepted"
        assert self.entered(event) == [("ann",)]
