"""The moderators' bench for people: the audit log, players, merges, anonymising and repairs."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from deltacrown.accounts.models import PlayerMerge
from deltacrown.accounts.rights import Right
from deltacrown.core import audit, clock
from deltacrown.core.audit import READS_KEPT_FOR, collecting_reads, prune_reads, record_deed
from deltacrown.core.deeds import DEEDS, Deed
from deltacrown.core.models import AuditEntry
from deltacrown.games.services import void_match
from deltacrown.pages.bench import OPENS_PLAYERS
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import list_stats
from deltacrown.user_profile.people.merging import rehearse_merge
from deltacrown.user_profile.people.standings import suspend_player
from django_tally.models import Repair, Run
from tests import scene
from tests.pristine import rolled_back
from tests.web.reading import rows_in, text_of

pytestmark = pytest.mark.django_db

NOW = scene.at(500)


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker):
    with rolled_back(django_db_blocker, make_site) as made:
        yield made


def make_site():
    people = {name: scene.player(name) for name in ("ann", "bob", "cleo", "gone")}
    scene.match(people["ann"], "duel")
    scene.match(people["bob"], "final")
    disputed = scene.match(people["cleo"], "clash")
    scene.match(people["ann"], "clash")
    scene.dispute(people["cleo"], disputed)
    boss = scene.player("boss", is_staff=True, is_superuser=True)
    suspend_player(user=people["gone"], until=None, reason="Threats.", by=boss, now=scene.at(400))
    run = Run.objects.create(cause="schedule", status="DRIFTED", started_at=scene.at(9), faults=[])
    keys = {"user": people["ann"].pk}
    Repair.objects.create(
        run=run, holder="user_profile.UserProfile", stat="matches_won", keys=keys, owner=keys["user"],
        was=7, now=1, repaired_at=scene.at(9), reason="A row was written past the triggers.",
    )  # fmt: skip
    staff = {right: scene.staff(f"of-{right.name.lower()}", right) for right in Right}
    return SimpleNamespace(**people, boss=boss, staff=staff)


@pytest.fixture(autouse=True)
def in_its_time(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


def browser_of(user):
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def read_matches(user):
    return {line.name: line.value for line in list_stats(user)}["total_matches_played"]


def id_of(user):
    return UserProfile.objects.get(user=user).public_id


def list_deeds(**narrowed):
    rows = AuditEntry.objects.filter(**narrowed).order_by("pk")
    return list(rows.values_list("deed", "actor__username", "subject__username", "reason"))


def pages(site):
    """Address → the rights that open it."""
    ann, bob = id_of(site.ann), id_of(site.bob)
    merging = {Right.MERGE_PLAYERS}
    return {
        reverse("audit-log"): {Right.VIEW_AUDIT},
        reverse("repairs"): {Right.VIEW_AUDIT},
        reverse("moderate-players"): {*OPENS_PLAYERS},
        f"{reverse('moderate-players')}?q=ann": {*OPENS_PLAYERS},
        reverse("moderate-player", args=[ann]): {*OPENS_PLAYERS},
        reverse("moderate-picture", args=[ann]): {Right.REMOVE_PICTURES},
        reverse("moderate-anonymise", args=[ann]): {Right.ANONYMISE_PLAYERS},
        reverse("merges"): merging,
        reverse("merge"): merging,
        f"{reverse('merge')}?kept={ann}&merged={bob}": merging,
    }


def test_who_may_open_what(site):
    asked = pages(site)
    clients = {right: browser_of(user) for right, user in site.staff.items()}
    statuses = {
        address: {right: client.get(address).status_code for right, client in clients.items()}
        for address in asked
    }
    found = {
        address: {r for r, status in each.items() if status == 200} for address, each in statuses.items()
    }
    assert found == asked
    assert {status for each in statuses.values() for status in each.values()} == {200, 403}

    visitor, player = browser_of(None), browser_of(site.cleo)
    assert {visitor.get(address).status_code for address in asked} == {302}
    assert {player.get(address).status_code for address in asked} == {403}
    posts = [*asked, reverse("merge-undo")]
    assert {visitor.post(address).status_code for address in posts} <= {302, 405}
    assert {player.post(address).status_code for address in posts} <= {403, 405}


def test_each_part_of_the_page_of_a_player_takes_its_own_right(site):
    address = reverse("moderate-player", args=[id_of(site.ann)])
    parts = {
        "Suspend, lift, close or reopen": {Right.SUSPEND_PLAYERS},
        "Merge another account": {Right.MERGE_PLAYERS},
        "Void lines in matches": {Right.VIEW_HIDDEN},
        "Disputes the player filed": set(),
        "Rulings and changes": set(),
        "Ids elsewhere": set(),
    }
    found = {
        part: {r for r in OPENS_PLAYERS if part in text_of(browser_of(site.staff[r]).get(address))}
        for part in parts
    }
    assert found == parts

    page = browser_of(site.boss).get(address)
    assert all(part in text_of(page) for part in parts)
    assert "clash" in text_of(page)  # a dispute of another about a match of theirs
    assert reverse("audit-log") in page.content.decode()


def test_players_are_found_by_every_name_and_those_off_the_lists_by_right(site):
    UserProfile.objects.filter(user=site.bob).update(display_name="Robert")
    address, boss = reverse("moderate-players"), browser_of(site.boss)
    for query in ("bob", "robert", id_of(site.bob)):
        assert len(rows_in(boss.get(address, {"q": query}), "Players found")) == 1, query
    assert "Suspended" in text_of(boss.get(address, {"q": "gone"}))
    other = browser_of(site.staff[Right.REMOVE_PICTURES])
    assert "Nobody is called" in text_of(other.get(address, {"q": "gone"}))
    assert "open dispute" in text_of(boss.get(address, {"q": "cleo"}))
    assert "open dispute" not in text_of(other.get(address, {"q": "cleo"}))
    assert boss.get(address, {"q": "x"}).status_code == 400


class TestTheLog:
    def test_it_tells_what_was_decided_and_takes_filters(self, site):
        client, address = browser_of(site.boss), reverse("audit-log")
        page = text_of(client.get(address))
        assert "Changed a standing: gone" in page
        assert "Reason: Threats." in page
        assert "by boss" in page
        for query, shown in {
            "kind=RULING": True, "kind=CHANGE": False, "deed=standing-changed": True, "by=boss": True,
            "by=ann": False, f"player={id_of(site.gone)}": True, "player=ann": False,
            "until=2020-01-01": False, "since=2020-01-01": True,
        }.items():  # fmt: skip
            assert ("Threats." in text_of(client.get(f"{address}?{query}"))) is shown, query
        for query in ("kind=nope", "deed=nope", "by=nobody-at-all", "since=nope", "page=nope"):
            assert client.get(f"{address}?{query}").status_code == 400, query

    def test_it_goes_on_over_pages_at_the_cost_of_one(self, site):
        for number in range(120):
            record_deed(deed=Deed.KEY_REVOKED, by=site.boss, of=site.ann, about=f"key:{number}")
        client, address = browser_of(site.boss), f"{reverse('audit-log')}?deed=key-revoked"
        counts, rows, seen = [], [], address
        while seen:
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(seen)
            counts.append(len(queries))
            rows.append(len(rows_in(answer, "Entries of the audit log")))
            cursor = answer.context["found"].next_cursor
            seen = f"{address}&page={cursor}" if cursor else ""
        assert rows == [50, 50, 20]
        assert len(set(counts)) == 1
        assert counts[0] <= 10

    def test_who_may_not_see_somebody_learns_no_name(self, site):
        UserProfile.objects.filter(user=site.gone).update(standing="CLOSED")
        page = text_of(browser_of(site.staff[Right.VIEW_AUDIT]).get(reverse("audit-log")))
        assert "Changed a standing: somebody whose account is closed" in page
        assert "gone" not in page

    def test_of_a_match_that_somebody_hides_it_tells_neither_the_key_nor_why(self, site):
        scene.hide(site.ann, matches=True)
        for key, of in (("duel", None), ("clash", site.ann), ("final", None)):
            void_match(
                game=scene.game(), match_key=key, reason=f"Lag in {key}.", now=NOW, by=site.boss, user=of
            )
        address = f"{reverse('audit-log')}?deed=match-voided"
        both = scene.staff("both", Right.VIEW_AUDIT, Right.CHANGE_MATCHES)
        for who in (site.staff[Right.VIEW_AUDIT], both):
            page = text_of(browser_of(who).get(address))
            assert ("Lag in final." in page, "Valorant · final" in page) == (True, True)
            assert [word for word in ("duel", "clash") if word in page] == []
            rows = rows_in(browser_of(who).get(address), "Entries of the audit log")
            assert len(rows) == 3
        seen = scene.staff("seer", Right.VIEW_AUDIT, Right.VIEW_HIDDEN)
        page = text_of(browser_of(seen).get(address))
        assert [word in page for word in ("Lag in duel.", "Lag in clash.")] == [True, True]

    def test_every_deed_has_words_and_a_line(self):
        assert set(DEEDS) == set(Deed)


class TestReads:
    def test_the_same_read_of_a_minute_is_one_row_in_one_statement(self, site, monkeypatch):
        scene.hide(site.ann, matches=True)
        client, address = browser_of(site.boss), f"/players/{id_of(site.ann)}/matches/"
        client.get(address)
        first = list_deeds(kind="READ")
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        assert list_deeds(kind="READ") == first
        assert ("read-hidden", "boss", "ann", "") in first
        assert len([each for each in queries if "core_auditentry" in each["sql"]]) == 1

    def test_the_next_minute_is_another_row(self, site):
        record_deed(deed=Deed.READ_QUEUE, by=site.boss)
        AuditEntry.objects.filter(deed="read-queue").update(minute=1)
        record_deed(deed=Deed.READ_QUEUE, by=site.boss)
        assert len(list_deeds(deed="read-queue")) == 2

    def test_what_cannot_be_logged_is_not_shown(self, site, monkeypatch):
        def fail(_entries):
            raise DatabaseError("the disk is full")

        monkeypatch.setattr(audit, "_insert_reads", fail)
        client = browser_of(site.boss)
        client.raise_request_exception = False
        answer = client.get(reverse("audit-log"))
        assert answer.status_code == 500
        assert "Threats." not in answer.content.decode()

    def test_reads_of_a_block_are_written_at_its_end_also_after_a_refusal(self, site):
        def refuse():
            with collecting_reads():
                record_deed(deed=Deed.READ_QUEUE, by=site.boss)
                assert not list_deeds(deed="read-queue")
                raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            refuse()
        assert list_deeds(deed="read-queue") == [("read-queue", "boss", None, "")]

    def test_old_reads_are_pruned_and_rulings_stay(self, site):
        record_deed(deed=Deed.READ_QUEUE, by=site.boss)
        record_deed(deed=Deed.READ_DISPUTES, by=site.boss)
        long_ago = NOW - READS_KEPT_FOR - timedelta(seconds=1)
        AuditEntry.objects.exclude(deed="read-disputes").update(at=long_ago)
        AuditEntry.objects.filter(deed="read-disputes").update(at=long_ago + timedelta(seconds=1))
        assert prune_reads(now=NOW) == 1
        assert not list_deeds(deed="read-queue")
        assert {each[0] for each in list_deeds()} == {"read-disputes", "standing-changed"}


class TestMerging:
    def test_preview_merge_and_undo(self, site):
        client, ann, bob = browser_of(site.boss), id_of(site.ann), id_of(site.bob)
        address = f"{reverse('merge')}?kept={ann}&merged=bob"
        before = list_deeds(kind="RULING")
        page = text_of(client.get(address))
        assert "Matches played 2 1 3" in page
        assert not PlayerMerge.objects.exists()
        assert list_deeds(kind="RULING") == before

        answer = client.post(address, {"confirmation": ann, "reason": "One person."})
        assert answer.status_code == 400
        assert "Nothing was changed" in text_of(answer)
        assert "One person." in answer.content.decode()
        assert client.post(address, {"confirmation": bob, "reason": " "}).status_code == 400
        assert not PlayerMerge.objects.exists()

        sent = {"confirmation": bob.lower(), "reason": "One person."}
        assert client.post(address, sent)["Location"] == reverse("merges")
        assert "one account already" in text_of(client.post(address, sent))  # once
        assert ("merged", "boss", "bob", "One person.") in list_deeds()
        page = client.get(reverse("merges"))
        assert "bob → ann" in text_of(page)
        (line,) = page.context["found"].items
        assert client.post(reverse("merge-undo"), {"merge": line.handle}).status_code == 302
        assert "two accounts again" in text_of(client.get(reverse("merges")))
        assert ("parted", "boss", "bob", "") in list_deeds()
        assert client.post(reverse("merge-undo"), {"merge": line.handle}).status_code == 409  # once
        assert client.post(reverse("merge-undo"), {"merge": "nope"}).status_code == 404

    def test_names_of_nobody_and_of_one_are_refused_beside_their_field(self, site):
        client = browser_of(site.staff[Right.MERGE_PLAYERS])
        for query, said in {
            "kept=ann&merged=nobody": "names nobody",
            "kept=ann&merged=ann": "one account",
        }.items():
            answer = client.get(f"{reverse('merge')}?{query}")
            assert answer.status_code == 400
            assert said in text_of(answer)
            assert 'value="ann"' in answer.content.decode()

    def test_a_rehearsal_leaves_nothing(self, site):
        told = rehearse_merge(
            kept=site.ann, merged=site.bob, by=site.boss, now=NOW,
            read=read_matches,
        )  # fmt: skip
        assert told == 3
        assert read_matches(site.ann) == 2
        site.bob.refresh_from_db()
        assert site.bob.merged_into_id is None


def test_anonymising_takes_the_typed_id_and_leaves_keys_alone_in_the_log(site):
    client, old = browser_of(site.boss), id_of(site.gone)
    address = reverse("moderate-anonymise", args=[old])
    page = text_of(client.get(address))
    assert "This cannot be undone" in page
    assert "What stays" in page
    sent = {"confirmation": "gone", "reason": "Asked for it.", "without_export": "on"}
    assert client.post(address, sent).status_code == 400
    assert client.post(address, {"confirmation": old}).status_code == 409  # no copy was made
    assert id_of(site.gone) == old

    answer = client.post(address, {**sent, "confirmation": old})
    assert answer["Location"] == reverse("moderate-player", args=[id_of(site.gone)])
    assert client.post(address, {**sent, "confirmation": old}).status_code == 404
    told = {deed: reason for deed, _by, of, reason in list_deeds(subject=site.gone, kind="RULING")}
    assert told == {"standing-changed": "Asked for it.", "anonymised": ""}
    assert "Threats." not in "".join(each[3] for each in list_deeds())
    assert client.get(reverse("moderate-anonymise", args=[id_of(site.gone)])).status_code == 409
    assert client.get(answer["Location"]).status_code == 200


def test_a_picture_is_removed_once_it_is_confirmed(site, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    UserProfile.objects.filter(user=site.ann).update(avatar="0" * 32)
    client = browser_of(site.staff[Right.REMOVE_PICTURES])
    address = reverse("moderate-picture", args=[id_of(site.ann)])
    assert "cannot be undone" in text_of(client.get(address))
    assert client.post(address, {"reason": "Not a face."}).status_code == 400
    assert UserProfile.objects.get(user=site.ann).avatar
    sent = {"reason": "Not a face.", "sure": "on"}
    assert client.post(address, sent).status_code == 302
    assert client.post(address, sent).status_code == 302
    assert not UserProfile.objects.get(user=site.ann).avatar
    assert list_deeds(deed="picture-removed") == [
        ("picture-removed", "of-remove_pictures", "ann", "Not a face.")
    ]


def test_repairs_lead_to_the_page_of_the_number(site):
    answer = browser_of(site.staff[Right.VIEW_AUDIT]).get(reverse("repairs"))
    assert "A row was written past the triggers." in text_of(answer)
    assert reverse("player-stat", args=[id_of(site.ann), "matches_won"]) in answer.content.decode()
    (row,) = rows_in(answer, "Repairs of numbers")
    assert "7 1" in row
