"""What the other parties of a dispute say: who is asked, who reads it, and what nobody learns."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from deltacrown.accounts.rights import Right
from deltacrown.core import clock
from deltacrown.core.errors import InvalidInput
from deltacrown.games.services import correct_match
from deltacrown.moderation import services
from deltacrown.moderation.models import Dispute, DisputeStatement
from deltacrown.moderation.services import (
    ChangedTooOften,
    Decided,
    NotAsked,
    VoidMatch,
    file_dispute,
    find_question_of_match,
    find_question_of_results,
    reject_dispute,
    state,
    uphold_dispute,
    write_handle,
    write_statement_handle,
)
from deltacrown.moderation.services.statements import MOST_CHANGES
from deltacrown.notifications.models import Notification
from deltacrown.notifications.services import list_notifications
from deltacrown.pages.exports import iterate_own_data
from deltacrown.tournaments.models import TournamentOrganiser
from deltacrown.user_profile.people.anonymising import anonymise_player
from deltacrown.user_profile.people.blocks import block_player
from deltacrown.user_profile.people.merging import merge_players, undo_merge
from tests import scene
from tests.moderation.scene import LATER, SOON
from tests.web.reading import text_of, without_token

pytestmark = pytest.mark.django_db

WHY, WORDS = "The server crashed.", "It did not crash for us."


@pytest.fixture(autouse=True)
def later(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: LATER + timedelta(hours=9))


@pytest.fixture
def cat(duel):
    """Played in the duel beside Ann."""
    user = scene.player("cat")
    scene.match(user, "duel", "LOSS", side="ann")
    return user


@pytest.fixture
def filed(ann, duel):
    return file_dispute(reporter=ann, match=duel, reason=WHY, now=SOON)


def say(filed, author, words=WORDS, now=LATER):
    return state(handle=write_statement_handle(filed), words=words, author=author, now=now)


def browser_of(user):
    client = Client()
    if user:
        client.force_login(user)
    return client


def page_of(filed):
    return reverse("dispute-statement", args=[write_statement_handle(filed)])


def review_of(filed):
    return reverse("dispute-review", args=[write_handle(filed)])


def lines_of(match_row):
    return list(type(match_row).objects.filter(match_key=match_row.match_key).values_list("pk", flat=True))


class TestSaying:
    def test_once_and_changed_until_it_is_decided(self, filed, bob, moderator):
        first = say(filed, bob)
        assert (first.words, first.written_at, first.changed_at, first.former) == (WORDS, LATER, None, [])
        assert say(filed, bob, f"  {WORDS}\n", LATER + timedelta(hours=1)).pk == first.pk  # the same again

        later = LATER + timedelta(hours=1)
        changed = say(filed, bob, "It crashed later.", later)
        assert (changed.pk, changed.written_at, changed.changed_at) == (first.pk, LATER, later)
        assert changed.former == [{"words": WORDS, "since": LATER.isoformat()}]
        say(filed, bob, "Much later.", later + timedelta(hours=1))
        (kept,) = DisputeStatement.objects.all()
        assert [each["since"] for each in kept.former] == [LATER.isoformat(), later.isoformat()]

        reject_dispute(dispute=filed, by=moderator, resolution="No.", now=later)
        assert say(filed, bob, "Much later.").pk == first.pk  # sent before it was decided, and again
        with pytest.raises(Decided, match="stays as it is"):
            say(filed, bob, "Another thing.")
        kept.refresh_from_db()
        assert kept.words == "Much later."

    def test_nothing_is_said_first_after_the_decision(self, filed, bob, moderator):
        uphold_dispute(dispute=filed, by=moderator, remedy=VoidMatch(), resolution="So.", now=LATER)
        with pytest.raises(Decided):
            say(filed, bob)
        assert not DisputeStatement.objects.exists()

    @pytest.mark.parametrize("words", ["", " \n", "x" * 2001, "a\x00b"])
    def test_words_that_cannot_be_taken(self, filed, bob, words):
        with pytest.raises(InvalidInput) as refused:
            say(filed, bob, words)
        assert refused.value.field == "words"
        assert say(filed, bob, "x" * 2000).words == "x" * 2000

    def test_it_is_changed_so_often(self, filed, bob):
        for number in range(MOST_CHANGES + 1):
            said = say(filed, bob, f"Wording {number}.")
        assert len(said.former) == MOST_CHANGES
        with pytest.raises(ChangedTooOften, match="10 times"):
            say(filed, bob, "One more.")
        assert "One more." not in text_of(browser_of(bob).get(page_of(filed)))

    def test_two_parties_say_their_own(self, filed, bob, cat):
        assert {say(filed, bob).author, say(filed, cat).author} == {bob, cat}
        assert DisputeStatement.objects.count() == 2


class TestWhoIsAsked:
    def test_the_others_of_the_match(self, filed, ann, bob, cat, eve, moderator, duel):
        lines = lines_of(duel)
        for user in (ann, eve, moderator):
            with pytest.raises(NotAsked, match="nothing here"):
                say(filed, user)
            assert browser_of(user).get(page_of(filed)).status_code == 404
        assert browser_of(None).get(page_of(filed)).status_code == 302
        asked = {user: find_question_of_match(lines, viewer=user) for user in (ann, bob, cat)}
        assert asked == {ann: "", bob: write_statement_handle(filed), cat: write_statement_handle(filed)}

    def test_who_disputes_it_too_is_not(self, filed, ann, bob, cat, duel, moderator):
        second = file_dispute(reporter=cat, match=duel, reason="Mine.", now=SOON)
        lines = lines_of(duel)
        for user, dispute in ((ann, second), (cat, filed)):
            assert find_question_of_match(lines, viewer=user) == ""
            with pytest.raises(NotAsked):
                say(dispute, user)
        assert find_question_of_match(lines, viewer=bob) == write_statement_handle(filed)
        reject_dispute(dispute=second, by=moderator, resolution="No.", now=LATER)
        assert find_question_of_match(lines, viewer=cat) == write_statement_handle(filed)

    def test_after_the_decision_nobody(self, filed, bob, duel, moderator):
        reject_dispute(dispute=filed, by=moderator, resolution="No.", now=LATER)
        assert find_question_of_match(lines_of(duel), viewer=bob) == ""
        page = text_of(browser_of(bob).get(page_of(filed)))
        assert "It is decided" in page
        assert "No." not in page

    def test_lines_in_the_archive(self, filed, bob, duel):
        scene.archive(type(duel).objects.get(user=bob))
        assert say(filed, bob).words == WORDS

    def test_who_is_taken_out_of_the_match_is_not_any_more(self, filed, bob, eve, duel):
        correct_match(game=duel.game, match_key="duel", reason="It was Eve.", now=LATER, moved={"bob": eve})
        with pytest.raises(NotAsked):
            say(filed, bob)
        assert say(filed, eve).author == eve

    def test_of_a_result_who_entered_the_tournament(self, cup, bobs_title, ann, bob, eve, moderator):
        cat = scene.player("cat")
        scene.registration(cat, cup)
        filed = file_dispute(reporter=ann, result=bobs_title, reason=WHY, now=SOON)
        asked = {user: find_question_of_results(cup, viewer=user) for user in (ann, bob, cat, eve, moderator)}
        handle = write_statement_handle(filed)
        assert asked == {ann: "", bob: handle, cat: handle, eve: "", moderator: ""}
        assert "Your official result in Cup is disputed." in text_of(browser_of(bob).get(page_of(filed)))
        others = text_of(browser_of(cat).get(page_of(filed)))
        assert "A result in Cup , which you entered, is disputed." in others
        # Who disputes a result often disputes their own: whose it is would tell who that is.
        assert "bob" not in others
        for user, told in ((ann, False), (bob, True), (cat, True), (eve, False), (None, False)):
            page = text_of(browser_of(user).get(reverse("tournament-results", args=["cup"])))
            assert ("say your side" in page) is told

    def test_of_several_results_ones_own_first(self, cup, bobs_title, ann, bob):
        cat = scene.player("cat")
        scene.registration(cat, cup)
        of_ann = cup.results.get(user=ann)
        first = file_dispute(reporter=cat, result=of_ann, reason=WHY, now=SOON)
        second = file_dispute(reporter=cat, result=bobs_title, reason=WHY, now=SOON + timedelta(1))
        handles = {user: find_question_of_results(cup, viewer=user) for user in (ann, bob, cat)}
        assert handles == {ann: write_statement_handle(first), bob: write_statement_handle(second), cat: ""}

    def test_a_team_speaks_for_itself(self, league, ann, bob):
        result = league.results.get(team__slug="south", user=None)
        filed = file_dispute(reporter=ann, result=result, reason=WHY, now=SOON)
        assert find_question_of_results(league, viewer=bob) == write_statement_handle(filed)
        assert services.get_asked(write_statement_handle(filed), viewer=bob).is_own
        assert list(Notification.objects.filter(kind="DISPUTED").values_list("user", flat=True)) == [bob.pk]


class TestTold:
    def test_the_others_once(self, filed, ann, bob, cat, eve, duel, moderator):
        told = Notification.objects.filter(kind="DISPUTED")
        # Cat's line came first, as the fixtures are made.
        assert sorted(told.values_list("user", flat=True)) == sorted([bob.pk, cat.pk])
        file_dispute(reporter=cat, match=duel, reason="Mine.", now=SOON)
        assert told.count() == 2
        assert not told.filter(user=ann).exists()

        for each in Dispute.objects.filter(status="OPEN"):
            reject_dispute(dispute=each, by=moderator, resolution="No.", now=LATER)
        file_dispute(reporter=bob, match=duel, reason="Again.", now=SOON)
        assert sorted(told.values_list("user", flat=True)) == sorted([bob.pk, cat.pk, ann.pk, cat.pk])

    @pytest.fixture(autouse=True)
    def order(self, cat):
        """Cat is in the match before it is disputed."""

    def test_what_it_says_and_leads_to(self, filed, bob, moderator):
        (row,) = list_notifications(bob).items
        assert row.told.text == "A match of yours is disputed: Valorant, 1 Mar 2025. Say your side."
        assert row.told.page == ("dispute-statement", (write_statement_handle(filed),))
        reject_dispute(dispute=filed, by=moderator, resolution="No.", now=LATER)
        (row,) = list_notifications(bob).items
        assert "It is decided." in row.told.text
        assert row.told.page[0] == "match"

    def test_of_a_result_whose_it_is(self, cup, bobs_title, ann, bob):
        cat = scene.player("cat2")
        scene.registration(cat, cup)
        file_dispute(reporter=ann, result=bobs_title, reason=WHY, now=SOON)
        (told,) = Notification.objects.filter(kind="DISPUTED")
        assert (told.user, told.tournament) == (bob, cup)
        (row,) = list_notifications(bob).items
        assert row.told.text == "Your official result in Cup is disputed. Say your side."

    def test_of_ones_own_result_nobody(self, cup, bobs_title, bob):
        file_dispute(reporter=bob, result=bobs_title, reason=WHY, now=SOON)
        assert not Notification.objects.filter(kind="DISPUTED").exists()


class TestWhatNobodyLearns:
    def test_parties_see_the_same_whoever_filed_it(self, ann, bob, duel):
        """Cat sees the same, byte for byte but for the handle, whoever disputes; also who blocks them."""
        cat = scene.player("cat")
        scene.match(cat, "duel", "LOSS", side="ann")
        addresses = ("/matches/valorant/duel/", "/notifications/")
        seen = []
        for reporter in (ann, bob):
            block_player(blocker=cat, blocked=reporter, now=SOON)
            block_player(blocker=reporter, blocked=cat, now=SOON)
            filed = file_dispute(reporter=reporter, match=duel, reason=WHY, now=SOON)
            client, handle = browser_of(cat), write_statement_handle(filed).encode()
            pages = [client.get(address) for address in (page_of(filed), *addresses)]
            assert [page.status_code for page in pages] == [200, 200, 200]
            told = [without_token(page.content).replace(handle, b"HANDLE") for page in pages]
            seen.append([re.sub(rb'name="notification" value="[^"]*"', b"", page) for page in told])
            assert not [page for page in told if WHY.encode() in page]
            Notification.objects.all().delete()
            Dispute.objects.all().delete()
        assert seen[0] == seen[1]

    def test_the_handle_opens_nothing_else(self, filed, bob, ann, moderator):
        handle = write_statement_handle(filed)
        assert handle != write_handle(filed)
        for user in (bob, ann, moderator):
            other = {"dispute-review": handle, "dispute-statement": write_handle(filed)}
            statuses = {browser_of(user).get(reverse(n, args=[h])).status_code for n, h in other.items()}
            assert statuses <= {403, 404}

    def test_neither_the_reporter_nor_parties_nor_others_read_it(self, filed, ann, bob, cat, eve, moderator):
        say(filed, bob)
        scene.player("boss2", is_staff=True)
        type(ann).objects.filter(pk=ann.pk).update(is_staff=True, is_superuser=True)
        for user in (ann, cat, eve, None):
            client = browser_of(user)
            for address in (
                "/disputes/",
                page_of(filed),
                review_of(filed),
                review_of(filed) + "statements/",
                review_of(filed) + "rulings/",
                "/matches/valorant/duel/",
                f"/api/v1/disputes/{write_handle(filed)}",
                "/api/v1/disputes",
            ):
                assert WORDS not in client.get(address).content.decode(), (user, address)
        assert browser_of(ann).get(review_of(filed)).status_code == 200
        assert browser_of(ann).get(review_of(filed) + "statements/").status_code == 404
        assert WORDS in browser_of(bob).get(page_of(filed)).content.decode()
        assert WORDS in browser_of(moderator).get(review_of(filed)).content.decode()

    def test_a_party_with_rights_sees_nothing_of_the_bench(self, filed, bob, ann, moderator, duel):
        type(bob).objects.filter(pk=bob.pk).update(is_staff=True, is_superuser=True)
        client = browser_of(bob)
        handle = write_handle(filed)
        for address in (review_of(filed), review_of(filed) + "statements/", review_of(filed) + "rulings/"):
            assert client.get(address).status_code == 404
        for address in (
            "/moderation/",
            "/moderation/disputes/",
            f"/moderation/disputes/?by={ann.profile.public_id}",
            f"/moderation/disputes/?about={bob.profile.public_id}",
            f"/moderation/players/{ann.profile.public_id}/",
            f"/moderation/players/{bob.profile.public_id}/",
            "/moderation/matches/valorant/duel/",
            "/moderation/rulings/valorant/duel/",
            "/api/v1/disputes",
            reverse("admin:moderation_dispute_changelist"),
        ):
            page = client.get(address)
            assert page.status_code == 200, address
            assert WHY not in page.content.decode(), address
            assert handle not in page.content.decode(), address
        assert client.get(f"/api/v1/disputes/{handle}").status_code == 404
        change = reverse("admin:moderation_dispute_change", args=[filed.pk])
        assert client.get(change).status_code == 302  # Django's way to say that there is none
        assert client.get(page_of(filed)).status_code == 200
        assert WHY in browser_of(moderator).get("/moderation/disputes/").content.decode()

    def test_the_decision_names_no_reporter_to_a_party_who_changes_matches(self, filed, ann, bob, moderator):
        uphold_dispute(dispute=filed, by=moderator, remedy=VoidMatch(), resolution="So.", now=LATER)
        type(bob).objects.filter(pk=bob.pk).update(is_staff=True, is_superuser=True)
        for address in ("/moderation/matches/valorant/duel/", "/moderation/rulings/valorant/duel/"):
            assert "Upheld a dispute" not in text_of(browser_of(bob).get(address))
            assert "Voided a match" in text_of(browser_of(bob).get(address))
            assert "Upheld a dispute: ann" in text_of(browser_of(moderator).get(address))
        changer = scene.staff("changer", Right.CHANGE_MATCHES)
        assert "Upheld a dispute" not in text_of(
            browser_of(changer).get("/moderation/matches/valorant/duel/")
        )

    def test_who_runs_the_tournament_reads_it_unless_they_play(self, cup, duel, ann, bob, filed):
        say(filed, bob)
        for name, plays in (("olga", False), ("cory", True)):
            user = scene.player(name)
            TournamentOrganiser.objects.create(tournament=cup, user=user)
            if plays:
                scene.match(user, "duel", "LOSS", side="ann")
        scene.tournament_match(duel, cup, opponent_user=bob)
        olga, cory = (type(ann).objects.get(username=name) for name in ("olga", "cory"))
        page = text_of(browser_of(olga).get(review_of(filed)))
        assert WORDS in page
        assert "Disputes filed" not in page  # of disputes elsewhere organisers learn nothing
        assert browser_of(cory).get(review_of(filed)).status_code == 403
        assert WORDS in text_of(browser_of(olga).get(review_of(filed) + "statements/"))
        assert browser_of(cory).get(review_of(filed) + "statements/").status_code == 403


class TestWhatBecomesOfIt:
    def test_it_is_in_ones_own_export_and_nobody_elses(self, filed, ann, bob):
        say(filed, bob, "First.")
        say(filed, bob)
        exported = {
            user: [row for name, row in iterate_own_data(user) if name == "dispute_statements"]
            for user in (ann, bob)
        }
        assert exported[ann] == []
        (row,) = exported[bob]
        assert (row["words"], row["former"][0]["words"]) == (WORDS, "First.")

    def test_a_merge_moves_it_and_is_taken_back(self, filed, bob, eve, moderator):
        said = say(filed, bob)
        merge = merge_players(kept=eve, merged=bob, reason="one person", by=moderator, now=LATER)
        said.refresh_from_db()
        assert said.author == eve
        undo_merge(merge=merge, by=moderator, now=LATER)
        said.refresh_from_db()
        assert said.author == bob

    def test_an_anonymised_author_says_nothing_and_is_not_named(self, filed, bob, cat):
        say(filed, bob)
        other = say(filed, cat, "bob is right.")
        other = say(filed, cat, "It was bob who saw it.")
        anonymise_player(user=bob, by=None, now=LATER, without_export=True)
        assert not DisputeStatement.objects.filter(author=bob).exists()
        other.refresh_from_db()
        assert "bob" not in other.words + str(other.former)
