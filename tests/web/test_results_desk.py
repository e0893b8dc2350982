"""The desk of results: who comes in, and what each form shows before it does what it says."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right
from deltacrown.core import clock
from deltacrown.games.models import Match
from deltacrown.pages.results_desk import get_results_desk
from deltacrown.tournaments.models import (
    Tournament,
    TournamentDecision,
    TournamentParticipation,
    TournamentResult,
)
from deltacrown.tournaments.services import can_rule_match
from tests import scene
from tests.pristine import rolled_back
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

DESK = "/organise/cup/results/"
WHY = "The final was misread."


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    def build():
        people = {name: scene.player(name) for name in ("org", "ann", "bea", "cleo", "stranger")}
        people["chief"] = scene.staff("chief", Right.MANAGE_TOURNAMENTS)
        people["bare"] = scene.staff("bare")
        cup = scene.tournament("cup", status="RUNNING", organiser=people["org"], prize_currency="EUR")
        for name in ("ann", "bea", "cleo"):
            scene.registration(people[name], cup)
        for key, winner, loser in (("g1", "ann", "bea"), ("g2", "ann", "cleo"), ("g3", "bea", "cleo")):
            for name, result, score in ((winner, "WIN", "2"), (loser, "LOSS", "1")):
                row = scene.match(people[name], key, result, score=score, kind=Match.Kind.TOURNAMENT)
                scene.tournament_match(row, cup, round="Group")
        return people

    with rolled_back(django_db_blocker, build) as people:
        yield people


@pytest.fixture
def people(built, db):
    return built


def as_of(user):
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def handle(user):
    return user.profile.public_id


def look_and_confirm(client, address, fields):
    """Send a form to look at it, then confirm what was seen; return both answers."""
    seen = client.post(address, {**fields, "step": "preview"})
    digest = re.search(r'name="seen" value="([0-9a-f]+)"', seen.content.decode())
    assert digest, text_of(seen)
    done = client.post(address, {**fields, "step": "confirm", "seen": digest[1]}, follow=True)
    return text_of(seen), done


def places_of(people, *names, **more):
    fields = {f"place-{handle(people[name])}": str(place) for place, name in enumerate(names, 1)}
    return fields | more


def results():
    rows = TournamentResult.objects.filter(tournament__slug="cup").order_by("placement", "pk")
    return [(row.user.username, row.placement, int(row.prize_amount)) for row in rows.select_related("user")]


def complete(people, *names):
    return look_and_confirm(as_of(people["org"]), f"{DESK}complete/", places_of(people, *names))


@pytest.mark.parametrize("page", ["", "complete/", "annul/", "reopen/", "lift-annulment/", "record/"])
def test_who_comes_in(people, page):
    found = {
        name: as_of(people[name] if name else None).get(f"{DESK}{page}").status_code
        for name in ("", "org", "ann", "stranger", "chief", "bare")
    }
    assert found == {"": 302, "org": 200, "ann": 403, "stranger": 403, "chief": 200, "bare": 403}
    assert as_of(people["org"]).get(f"/organise/none/results/{page}").status_code == 404


def test_what_somebody_else_sends_changes_nothing(people):
    for page in ("complete/", f"entrant/{handle(people['ann'])}/", "matches/g1/", "record/", "reopen/"):
        fields = {**places_of(people, "ann"), "do": "disqualify", "change": "void", "reason": WHY}
        assert as_of(people["ann"]).post(f"{DESK}{page}", fields).status_code == 403
    assert results() == []
    assert not Match.objects.filter(voided_at__isnull=False).exists()


def test_the_table_counts_what_counts(people, django_assert_max_num_queries):
    Match.objects.filter(match_key="g3").update(voided_at=scene.at(9), void_reason="lag")
    with django_assert_max_num_queries(8):
        get_results_desk("cup", viewer=people["org"])
    said = text_of(as_of(people["org"]).get(DESK))
    assert re.search(r"ann 2 2 0 0 4 – .*bea 1 0 0 1 1 –.* cleo 1 0 0 1 1 –", said)


class TestCompletion:
    def test_it_is_seen_before_it_is_done_and_done_once(self, people):
        client, address = as_of(people["org"]), f"{DESK}complete/"
        assert f'name="place-{handle(people["ann"])}" value=""' in client.get(address).content.decode()
        suggested = client.get(f"{address}?suggest=table").content.decode()
        assert f'name="place-{handle(people["ann"])}" value="1"' in suggested

        prize = {f"prize-{handle(people['ann'])}": "100"}
        fields = places_of(people, "ann", "bea", **prize)
        seen, done = look_and_confirm(client, address, fields)
        assert "A title more: ann" in seen
        assert "ann 1st, 100 EUR" in seen.replace("\N{NO-BREAK SPACE}", " ")
        assert results() == [("ann", 1, 100), ("bea", 2, 0)]
        assert "cup is completed" in text_of(done).casefold()
        people["ann"].profile.refresh_from_db()
        assert people["ann"].profile.tournaments_won == 1

        again = client.post(address, {**fields, "step": "confirm"}, follow=True)
        assert again.status_code == 200
        assert results() == [("ann", 1, 100), ("bea", 2, 0)]

    def test_a_look_changes_nothing(self, people):
        client = as_of(people["org"])
        answer = client.post(f"{DESK}complete/", {**places_of(people, "bea"), "step": "preview"})
        assert answer.status_code == 200
        assert (results(), Tournament.objects.get(slug="cup").status) == ([], "RUNNING")

    def test_what_was_not_seen_is_shown_first(self, people):
        client, address = as_of(people["org"]), f"{DESK}complete/"
        answer = client.post(address, {**places_of(people, "ann"), "step": "confirm", "seen": "0" * 32})
        assert "What would change" in text_of(answer)
        assert results() == []

    @pytest.mark.parametrize(
        ("name", "text", "said"),
        [
            ("place", "first", "Write the place as a whole number"),
            ("place", "8-5", "or as a range, as in 5-8"),
            ("prize", "much", "Write the prize as an amount"),
            ("prize", "-1", "prize must be from 0"),
        ],
    )
    def test_what_cannot_be_read_is_kept_and_told(self, people, name, text, said):
        fields = {f"place-{handle(people['ann'])}": "1", f"{name}-{handle(people['ann'])}": text}
        answer = as_of(people["org"]).post(f"{DESK}complete/", fields)
        assert answer.status_code == 400
        assert said in text_of(answer)
        assert f'value="{text}"' in answer.content.decode()
        assert results() == []

    def test_ties_ranges_reasons_and_who_is_out(self, people):
        ann, bea, cleo = (handle(people[name]) for name in ("ann", "bea", "cleo"))
        fields = {
            f"place-{ann}": "5-8",
            f"why-{bea}": "did not start",
            f"out-{cleo}": "on",
            f"why-{cleo}": "cheated",
        }
        seen, _done = look_and_confirm(as_of(people["org"]), f"{DESK}complete/", fields)
        assert "unranked, did not start" in seen
        rows = TournamentResult.objects.filter(tournament__slug="cup").order_by("user__username")
        assert [
            (row.placement, row.placement_to, row.unplaced_reason, row.disqualified_reason) for row in rows
        ] == [(5, 8, "", ""), (None, None, "did not start", ""), (None, None, "", "cheated")]


class TestRulings:
    def test_a_correction_tells_what_it_takes_to_take_it_back(self, people):
        complete(people, "ann", "bea", "cleo")
        address = f"{DESK}entrant/{handle(people['bea'])}/"
        fields = {"do": "correct", "placement": "1", "prize": "5", "reason": WHY}
        seen, done = look_and_confirm(as_of(people["org"]), address, fields)
        assert "A title more: bea" in seen
        assert "shares placement 1 with ann" in seen
        assert ("bea", 1, 5) in results()
        assert 'name="placement" value="2"' in done.content.decode()

    def test_disqualified_and_lifted(self, people):
        complete(people, "ann", "bea", "cleo")
        client, address = as_of(people["org"]), f"{DESK}entrant/{handle(people['ann'])}/"
        before = results()
        assert client.post(address, {"do": "disqualify", "step": "confirm"}).status_code == 400
        seen, done = look_and_confirm(client, address, {"do": "disqualify", "reason": "cheated"})
        assert "A title less: ann" in seen
        assert "bea 1st before: 2nd" in seen
        assert "Take the disqualification back" in text_of(done)
        assert {*results()} == {("bea", 1, 0), ("cleo", 2, 0), ("ann", None, 0)}
        look_and_confirm(client, address, {"do": "lift", "reason": "It was another."})
        assert sorted(results()) == sorted(before)

    def test_annulled_by_staff_is_lifted_by_staff(self, people):
        complete(people, "ann", "bea")
        seen, _done = look_and_confirm(as_of(people["chief"]), f"{DESK}annul/", {"reason": "rigged"})
        assert "The tournament is annulled" in seen
        own = as_of(people["org"])
        assert "only staff can take that back" in text_of(own.get(DESK))
        assert own.post(f"{DESK}lift-annulment/", {"reason": WHY}).status_code == 403
        look_and_confirm(as_of(people["chief"]), f"{DESK}lift-annulment/", {"reason": WHY})
        assert Tournament.objects.get(slug="cup").status == "COMPLETED"

    def test_reopened_suggests_what_it_had(self, people):
        complete(people, "bea", "ann")
        client = as_of(people["org"])
        for _ in range(2):
            look = client.post(f"{DESK}reopen/", {"reason": WHY})
            digest = re.search(r'name="seen" value="([0-9a-f]+)"', look.content.decode())
            sent = {"reason": WHY, "step": "confirm", "seen": digest[1] if digest else ""}
            client.post(f"{DESK}reopen/", sent)
        assert TournamentDecision.objects.filter(kind="REOPENED").count() == 1
        shown = client.get(f"{DESK}complete/").content.decode()
        assert f'name="place-{handle(people["bea"])}" value="1"' in shown


class TestMatches:
    def fields(self, people, *names, token="0" * 32):
        told = {"token": token, "played_at": "2025-03-02T18:00", "round": "Final", "series": ""}
        for number, (name, result) in enumerate(zip(names, ("WIN", "LOSS"), strict=True), 1):
            told |= {f"entrant-{number}": handle(people[name]), f"result-{number}": result}
        return told

    def test_recorded_once_however_often_it_is_sent(self, people):
        client, count = as_of(people["org"]), Match.objects.count()
        for _ in range(2):
            answer = client.post(f"{DESK}record/", self.fields(people, "ann", "bea"), follow=True)
            assert "The match is recorded" in text_of(answer)
        assert Match.objects.count() == count + 2
        same = client.post(f"{DESK}record/", self.fields(people, "ann", "ann", token="1" * 32))
        assert (same.status_code, Match.objects.count()) == (400, count + 2)

    def test_nobody_records_their_own_and_none_after_the_end(self, people):
        scene.registration(people["org"], Tournament.objects.get(slug="cup"))
        answer = as_of(people["org"]).post(f"{DESK}record/", self.fields(people, "org", "bea"))
        assert answer.status_code == 403
        Tournament.objects.filter(slug="cup").update(status="COMPLETED")
        assert (
            as_of(people["org"]).post(f"{DESK}record/", self.fields(people, "ann", "bea")).status_code == 409
        )

    def test_voided_restored_swapped_corrected(self, people):
        client, address = as_of(people["org"]), f"{DESK}matches/g1/"

        def change(what, **more):
            if what == "swap":
                page = client.get(address).content.decode()
                more["made_from"] = re.search(r'name="made_from" value="(\w+)"', page)[1]
            answer = client.post(address, {"change": what, "reason": WHY, **more}, follow=True)
            rows = Match.objects.filter(match_key="g1").order_by("user__username").select_related("user")
            said = [(row.user.username, row.result, row.score, row.voided_at is not None) for row in rows]
            return answer.status_code, said

        as_it_was = [("ann", "WIN", "2", False), ("bea", "LOSS", "1", False)]
        void = [(*row[:3], True) for row in as_it_was]
        swapped = [("ann", "LOSS", "1", False), ("bea", "WIN", "2", False)]
        scores = {f"score-{handle(people['ann'])}": "3"}
        assert client.post(address, {"change": "void"}).status_code == 400
        assert [change(what) for what in ("void", "void", "restore", "swap")] == [
            (200, void),
            (200, void),
            (200, as_it_was),
            (200, swapped),
        ]
        assert change("correct")[0] == 400
        assert [change("swap"), change("swap")] == [(200, as_it_was), (200, swapped)]
        assert change("correct", **scores) == (200, [("ann", "LOSS", "3", False), swapped[1]])
        absent = {f"absent-{handle(people['ann'])}": "on"}
        assert change("correct", **absent) == (200, [swapped[1]])

    def test_who_may_change_a_match(self, people):
        cup, now = Tournament.objects.get(slug="cup"), clock.now()
        org, corrector = people["org"], scene.staff("corrector", Right.CHANGE_MATCHES)

        def may(user, at=now, key="g1"):
            return can_rule_match(cup, key, user, now=at)

        assert [may(org), may(people["chief"]), may(corrector)] == [True] * 3
        assert [may(people["ann"]), may(people["bare"]), may(org, key="none")] == [False] * 3
        TournamentParticipation.objects.filter(tournament=cup).update(status="CHECKED_IN")
        scene.result(cup, 1, people["ann"])
        TournamentResult.objects.update(decided_at=now)
        cup.status = "COMPLETED"
        late = now + timedelta(days=7)
        assert [may(org, late - timedelta(seconds=1)), may(org, late), may(corrector, late)] == [
            True,
            False,
            True,
        ]
        cup.status, cup.organiser = "RUNNING", people["ann"]
        assert [may(people["ann"]), may(people["ann"], key="g3")] == [False, True]

    def test_a_match_of_another_tournament_is_not_there(self, people):
        scene.match(people["ann"], "elsewhere", "WIN")
        assert as_of(people["org"]).get(f"{DESK}matches/elsewhere/").status_code == 404


@pytest.mark.once
def test_512_entrants_fit_into_one_form(people):
    cup = Tournament.objects.get(slug="cup")
    more = User.objects.bulk_create([User(username=f"p{number}") for number in range(509)])
    TournamentParticipation.objects.bulk_create(
        TournamentParticipation(user=user, tournament=cup, registered_at=scene.at(0)) for user in more
    )
    fields = {}
    for place, row in enumerate(cup.participations.select_related("user__profile"), 1):
        name = handle(row.user)
        fields |= {f"place-{name}": str(place), f"prize-{name}": "1", f"why-{name}": ""}
    answer = as_of(people["org"]).post(f"{DESK}complete/", fields)
    assert (answer.status_code, "What would change" in text_of(answer)) == (200, True)
    scene.registration(scene.player("last"), cup)
    assert "more than one form takes" in text_of(as_of(people["org"]).get(f"{DESK}complete/"))


def test_the_results_lead_who_runs_it_to_the_desk(people):
    found = {
        name: DESK in as_of(people[name] if name else None).get("/tournaments/cup/results/").content.decode()
        for name in ("", "ann", "org", "chief")
    }
    assert found == {"": False, "ann": False, "org": True, "chief": True}
