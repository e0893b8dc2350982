"""Filing a dispute, one's own disputes, and the moderators' queue: without scripts, and for nobody else."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from deltacrown.core import clock
from deltacrown.games.models import Match
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services import write_handle
from deltacrown.tournaments.models import TournamentResult
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.moderation.scene import LATER, SOON, ann, bob, bobs_title, cup, duel, eve, league, moderator
from tests.web.reading import rows_in, text_of

__all__ = ["ann", "bob", "bobs_title", "cup", "duel", "eve", "league", "moderator"]

pytestmark = pytest.mark.django_db

DUEL = "/disputes/match/valorant/duel/"


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: SOON)


@pytest.fixture
def signed_in():
    def sign_in(user):
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def filed(ann, duel):
    return Dispute.objects.create(reporter=ann, match=duel, reason="The server crashed.", filed_at=SOON)


@pytest.fixture
def about_title(ann, bobs_title):
    return Dispute.objects.create(
        reporter=ann, result=bobs_title, reason="Bob is two people.", filed_at=LATER
    )


def table():
    return list(
        Dispute.objects.order_by("id").values_list(
            "reporter__username", "match__match_key", "result", "reason", "status"
        )
    )


def review_of(dispute):
    return reverse("dispute-review", args=[write_handle(dispute)])


class TestFiling:
    def test_the_match_page_leads_there_for_those_who_played(self, signed_in, ann, eve, duel):
        link = f'href="{DUEL}"'
        assert link in signed_in(ann).get("/matches/valorant/duel/").content.decode()
        assert link not in signed_in(eve).get("/matches/valorant/duel/").content.decode()
        assert link not in Client().get("/matches/valorant/duel/").content.decode()

    def test_a_match(self, signed_in, ann, duel):
        client = signed_in(ann)
        assert "For you it is recorded as a loss" in text_of(client.get(DUEL))

        answer = client.post(DUEL, {"reason": "The server crashed."}, follow=True)

        assert answer.redirect_chain == [("/disputes/", 302)]
        assert "Filed. A moderator will look at it" in text_of(answer)
        assert table() == [("ann", "duel", None, "The server crashed.", "OPEN")]
        assert "Open Valorant match duel The server crashed." in rows_in(answer, "Your disputes")[0]

    @pytest.mark.parametrize("kind", ["CASUAL", "TOURNAMENT"])
    def test_it_says_who_reads_it(self, signed_in, ann, duel, kind):
        Match.objects.filter(match_key="duel").update(kind=kind)
        said = "who runs the tournament read what you write" in text_of(signed_in(ann).get(DUEL))
        assert said is (kind == "TOURNAMENT")

    @pytest.mark.parametrize("entrant", ["player", "team"])
    def test_a_result(self, signed_in, ann, cup, league, bob, entrant):
        event, chosen = (
            (cup, f"player:{bob.profile.public_id}") if entrant == "player" else (league, "team:south")
        )
        client = signed_in(ann)
        assert f'value="{chosen}"' in client.get(f"/disputes/result/{event.slug}/").content.decode()

        client.post(f"/disputes/result/{event.slug}/", {"result": chosen, "reason": "Not so."})

        disputed = Dispute.objects.get().result
        assert (disputed.tournament, disputed.placement) == (event, 1)
        assert disputed.user == (bob if entrant == "player" else None)

    @pytest.mark.parametrize("path", [DUEL, "/disputes/result/cup/", "/disputes/", "/moderation/disputes/"])
    def test_it_needs_a_sign_in(self, duel, cup, path):
        for answer in (Client().get(path), Client().post(path, {"reason": "x"})):
            assert answer["Location"] == f"/sign-in/?next={path}"
        assert table() == []

    def test_who_did_not_play_is_told_so(self, signed_in, eve, duel):
        for method in ("get", "post"):
            answer = getattr(signed_in(eve), method)(DUEL, {"reason": "I saw it."})
            assert (answer.status_code, "You played no match" in text_of(answer)) == (404, True)
        assert table() == []

    def test_who_did_not_compete_is_told_so_beside_what_they_wrote(self, signed_in, eve, bob, cup):
        answer = signed_in(eve).post(
            "/disputes/result/cup/", {"result": f"player:{bob.profile.public_id}", "reason": "I saw it."}
        )

        assert answer.status_code == 403
        assert "Only entrants of Cup can dispute its results" in text_of(answer)
        assert "I saw it." in text_of(answer)

    @pytest.mark.parametrize("reason", ["", "   ", "x" * 2001])
    def test_a_reason_that_cannot_be_taken(self, signed_in, ann, duel, reason):
        assert signed_in(ann).post(DUEL, {"reason": reason}).status_code == 400
        assert table() == []

    def test_another_reason_while_one_is_open(self, signed_in, ann, filed):
        answer = signed_in(ann).post(DUEL, {"reason": "Something else."})

        assert answer.status_code == 409
        assert "You already filed a dispute about it" in text_of(answer)

    @pytest.mark.parametrize("chosen", ["", "player:DC-25-999999", "team:nope", "player:", "x"])
    def test_a_result_that_is_none(self, signed_in, ann, cup, chosen):
        answer = signed_in(ann).post("/disputes/result/cup/", {"result": chosen, "reason": "Not so."})

        assert (answer.status_code, table()) == (400, [])

    @pytest.mark.parametrize(
        "path", ["/disputes/match/valorant/none/", "/disputes/match/none/duel/", "/disputes/result/none/"]
    )
    def test_there_is_no_such_thing(self, signed_in, ann, duel, path):
        assert signed_in(ann).get(path).status_code in {400, 404}

    def test_a_forged_post_is_refused(self, ann, duel):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(ann)

        assert strict.post(DUEL, {"reason": "x"}).status_code == 403
        assert table() == []


class TestOwn:
    def test_ones_own_alone_with_the_answers(self, signed_in, ann, bob, filed, about_title):
        Dispute.objects.filter(pk=about_title.pk).update(
            status="REJECTED", resolved_at=LATER, resolution="Bob is one."
        )

        rows = rows_in(signed_in(ann).get("/disputes/"), "Your disputes")

        assert rows[0].startswith("Rejected Result of bob at Cup Bob is two people. Answer: Bob is one.")
        assert len(rows) == 2
        assert "You have filed none" in text_of(signed_in(bob).get("/disputes/"))

    def test_staff_see_their_own_here_too(self, signed_in, moderator, filed):
        text = text_of(signed_in(moderator).get("/disputes/"))
        assert "You have filed none" in text
        assert "The moderator’s bench" in text

    def test_a_second_page_and_a_fixed_number_of_queries(
        self, signed_in, ann, duel, cup, django_assert_num_queries
    ):
        client = signed_in(ann)

        def file(number):
            row = scene.match(ann, f"m{number}", hours=number)
            Dispute.objects.create(
                reporter=ann, match=row, reason=f"no {number}", filed_at=SOON + timedelta(hours=number)
            )

        file(0)
        with django_assert_num_queries(5):  # session, user, disputes, live, archived
            client.get("/disputes/")
        for number in range(1, 23):
            file(number)
        with django_assert_num_queries(5):
            first = client.get("/disputes/")
        following = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1]

        assert len(rows_in(first, "Your disputes")) == 20
        assert [row.split()[4] for row in rows_in(client.get(following), "Your disputes")] == [
            "no",
            "no",
            "no",
        ]


class TestQueue:
    def test_it_is_for_staff(self, signed_in, ann, filed):
        for path in ("/moderation/disputes/", review_of(filed)):
            for method in ("get", "post"):
                answer = getattr(signed_in(ann), method)(path, {"decision": "reject", "resolution": "No."})
                assert answer.status_code == (
                    405 if (method, path) == ("post", "/moderation/disputes/") else 403
                )
        assert table()[0][-1] == "OPEN"

    def test_the_longest_waiting_first_and_by_state(self, signed_in, moderator, filed, about_title):
        client = signed_in(moderator)

        rows = rows_in(client.get("/moderation/disputes/"), "Disputes, longest")

        assert [row.split(" by ")[0] for row in rows] == [
            "Open Valorant match duel",
            "Open Result of bob at Cup",
        ]
        assert "There are none" in text_of(client.get("/moderation/disputes/?status=UPHELD"))
        assert client.get("/moderation/disputes/?status=nope").status_code == 400
        assert client.get("/moderation/disputes/?page=nope").status_code == 400

    def test_the_number_of_queries_is_fixed(
        self, signed_in, moderator, ann, filed, django_assert_num_queries
    ):
        client = signed_in(moderator)
        with django_assert_num_queries(6):
            client.get("/moderation/disputes/")
        for number in range(8):
            row = scene.match(scene.player(f"p{number}"), f"m{number}")
            scene.dispute(row.user, row)
        with django_assert_num_queries(6):
            client.get("/moderation/disputes/")

    @pytest.mark.parametrize("handle", ["nonsense", "WzFd:abc", "%00"])
    def test_there_is_no_such_dispute(self, signed_in, moderator, handle):
        assert signed_in(moderator).get(f"/moderation/disputes/{handle}/").status_code == 404

    def test_a_match_that_is_gone_can_still_be_looked_at(self, signed_in, moderator, filed):
        Match.objects.filter(match_key="duel")._raw_delete("default")

        assert "A match that is gone" in text_of(signed_in(moderator).get(review_of(filed)))


class TestReview:
    def decide(self, client, dispute, **form):
        return client.post(review_of(dispute), {"resolution": "Looked at the log.", **form})

    def test_void(self, signed_in, moderator, bob, filed):
        answer = self.decide(signed_in(moderator), filed, decision="uphold", remedy="void")

        assert "What it changed" in text_of(answer)
        assert set(Match.objects.values_list("void_reason", flat=True)) == {"Looked at the log."}
        assert UserProfile.objects.get(user=bob).matches_won == 0
        assert Dispute.objects.values_list("status", "resolved_by__username", "resolved_at").get() == (
            "UPHELD",
            "mod",
            SOON,
        )

    @pytest.mark.parametrize("kind", ["CASUAL", "TOURNAMENT"])
    def test_voiding_a_match_of_a_tournament_is_said_to_move_no_placement(
        self, signed_in, moderator, filed, kind
    ):
        Match.objects.filter(match_key="duel").update(kind=kind)

        said = "Placements in the tournament stay as they are" in text_of(
            signed_in(moderator).get(review_of(filed))
        )
        assert said is (kind == "TOURNAMENT")

    def test_correct(self, signed_in, moderator, ann, bob, filed):
        form = {
            f"result-{ann.profile.public_id}": "WIN",
            f"result-{bob.profile.public_id}": "LOSS",
            f"score-{ann.profile.public_id}": "7",
        }

        self.decide(signed_in(moderator), filed, decision="uphold", remedy="correct", **form)

        assert dict(Match.objects.values_list("user__username", "result")) == {"ann": "WIN", "bob": "LOSS"}
        assert dict(Match.objects.values_list("user__username", "score")) == {"ann": "7", "bob": ""}
        assert UserProfile.objects.get(user=ann).matches_won == 1

    def test_correct_a_result(self, signed_in, moderator, bob, about_title):
        self.decide(
            signed_in(moderator), about_title, decision="uphold", remedy="place", placement="2", prize="12.50"
        )

        assert TournamentResult.objects.filter(user=bob).values_list("placement", "prize_amount").get() == (
            2,
            12.5,
        )

    @pytest.mark.parametrize(
        ("form", "row"),
        [
            ({"placement": "5-8"}, (5, 8, "")),
            ({"placement": " 5 \N{EN DASH} 8 "}, (5, 8, "")),
            ({"placement": "", "is_unranked": "on"}, (None, None, "")),
            ({"placement": "", "unplaced_reason": "not classified"}, (None, None, "not classified")),
            (
                {"placement": "", "is_unranked": "on", "unplaced_reason": "did not start"},
                (None, None, "did not start"),
            ),
        ],
    )
    def test_correct_a_result_to_a_range_or_to_none(self, signed_in, moderator, bob, about_title, form, row):
        self.decide(signed_in(moderator), about_title, decision="uphold", remedy="place", **form)

        found = TournamentResult.objects.filter(user=bob)
        assert found.values_list("placement", "placement_to", "unplaced_reason").get() == row

    @pytest.mark.parametrize(
        "form",
        [
            {"placement": "8-5"},
            {"placement": "0"},
            {"placement": "5-"},
            {"placement": ""},
            {"placement": "2", "is_unranked": "on"},
            {"placement": "2", "unplaced_reason": "not classified"},
            {"placement": "99999999999"},
        ],
    )
    def test_a_result_that_cannot_be_is_refused(self, signed_in, moderator, bob, about_title, form):
        answer = self.decide(signed_in(moderator), about_title, decision="uphold", remedy="place", **form)

        assert answer.status_code == 400
        assert TournamentResult.objects.get(user=bob).placement == 1

    def test_the_form_has_the_range_on_record(self, signed_in, moderator, bob, about_title):
        TournamentResult.objects.filter(user=bob).update(placement_to=2)
        page = signed_in(moderator).get(review_of(about_title)).content.decode()
        assert 'value="1\N{EN DASH}2"' in page
        assert "On record: 1\N{EN DASH}2," in page

    def test_disqualify(self, signed_in, moderator, bob, about_title):
        self.decide(signed_in(moderator), about_title, decision="uphold", remedy="disqualify")

        assert TournamentResult.objects.get(user=bob).disqualified_reason == "Looked at the log."

    def test_reject(self, signed_in, moderator, ann, bob, filed):
        client = signed_in(moderator)
        self.decide(client, filed, decision="reject", remedy="void")

        assert "Rejected. The reporter reads your answer." in text_of(client.get("/moderation/disputes/"))
        assert table()[0][-1] == "REJECTED"
        assert UserProfile.objects.get(user=bob).matches_won == 1
        assert "Answer: Looked at the log." in text_of(signed_in(ann).get("/disputes/"))

    @pytest.mark.parametrize(
        "form",
        [
            {},
            {"decision": "uphold"},
            {"decision": "uphold", "remedy": "disqualify"},
            {"decision": "uphold", "remedy": "place", "placement": "x"},
            {"decision": "uphold", "remedy": "place", "placement": "1", "prize": "a lot"},
            {"decision": "uphold", "remedy": "void", "resolution": ""},
            {"decision": "reject", "resolution": " "},
            {"decision": "uphold", "remedy": "correct"},
        ],
    )
    def test_what_cannot_be_is_refused_beside_what_was_written(self, signed_in, moderator, filed, form):
        answer = signed_in(moderator).post(review_of(filed), {"resolution": "Looked at the log.", **form})

        assert answer.status_code == 400
        assert 'role="alert"' in answer.content.decode()
        assert table()[0][-1] == "OPEN"
        assert not Match.objects.exclude(void_reason="").exists()

    def test_twice(self, signed_in, moderator, filed):
        client = signed_in(moderator)
        self.decide(client, filed, decision="reject")

        answer = self.decide(client, filed, decision="uphold", remedy="void")

        assert answer.status_code == 409
        assert "The dispute was already rejected" in text_of(answer)

    def test_ones_own_is_for_another(self, signed_in, moderator, duel):
        row = scene.match(moderator, "duel", "LOSS")
        own = Dispute.objects.create(reporter=moderator, match=row, reason="Mine.", filed_at=SOON)
        client = signed_in(moderator)

        assert "another member of staff must resolve it" in text_of(client.get(review_of(own)))
        assert self.decide(client, own, decision="reject").status_code == 403
        assert table()[0][-1] == "OPEN"

    def test_hostile_words_stay_text(self, signed_in, moderator, ann, filed):
        Dispute.objects.filter(pk=filed.pk).update(reason="<script>alert(1)</script>")

        for page in (signed_in(moderator).get(review_of(filed)), signed_in(ann).get("/disputes/")):
            assert "<script>alert" not in page.content.decode()
            assert "&lt;script&gt;" in page.content.decode()
