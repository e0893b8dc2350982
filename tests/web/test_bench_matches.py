"""A match on the bench: what a ruling changes is shown first, then it is made, and taken back."""

import re
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse

from deltacrown.accounts.rights import Right
from deltacrown.core import clock
from deltacrown.core.models import AuditEntry
from deltacrown.games.models import list_match_sources
from deltacrown.moderation.services import file_dispute, write_handle
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.pristine import rolled_back
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

NOW = scene.at(30)
DUEL = "/moderation/matches/valorant/duel/"
VISIBLE = "/matches/valorant/duel/"


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker):
    with rolled_back(django_db_blocker, make_site) as made:
        yield made


def make_site():
    ann, bob, eve = (scene.player(name) for name in ("ann", "bob", "eve"))
    ruler = scene.staff("ruler", Right.CHANGE_MATCHES)
    lines = (
        scene.match(ann, "duel", "LOSS", score="8", side="A"),
        scene.match(bob, "duel", "WIN", score="13", side="B"),
    )
    old = scene.match(ann, "old", "WIN", hours=-99)
    scene.archive(old)
    scene.match(ruler, "own", "WIN")
    scene.hide(ann, matches=True)
    return SimpleNamespace(ann=ann, bob=bob, eve=eve, ruler=ruler, lines=lines)


@pytest.fixture(autouse=True)
def in_its_time(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


def id_of(user):
    return UserProfile.objects.get(user=user).public_id


def read(key="duel"):
    rows = [row for each in list_match_sources(game=scene.game(), match_key=key) for row in each]
    return {row.user.username: (row.result, row.score, row.void_reason) for row in rows}


def wins(*users):
    return [UserProfile.objects.get(user=user).matches_won for user in users]


def look(client, address=DUEL, **ruling):
    """Ask what a ruling changes; return the answer, and what makes the ruling."""
    asked = {"decision": "preview", "reason": "The log shows it.", **ruling}
    answer = client.post(address, asked)
    seen = re.search(r'name="seen" value="(\w+)"', answer.content.decode())
    return answer, {**asked, "decision": "do", "seen": seen[1] if seen else ""}


def undo(client, done):
    """Take back what an answer says was done, by the form on it."""
    form = done.content.decode().partition('<form class="plain"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    answer, asked = look(client, **fields)
    assert "Nothing is changed yet" in text_of(answer)
    return client.post(DUEL, asked)


def rulings(site):
    """Name → the ruling, and what the lines say after it."""
    ann, bob = id_of(site.ann), id_of(site.bob)
    was = {"ann": ("LOSS", "8", ""), "bob": ("WIN", "13", "")}
    why = "The log shows it."
    voided = {name: (result, score, why) for name, (result, score, _why) in was.items()}
    swapped = {"ann": ("WIN", "13", ""), "bob": ("LOSS", "8", "")}
    return was, {
        "void": ({"change": "void"}, voided),
        "void a line": ({"change": "void", "line": ann}, {**was, "ann": voided["ann"]}),
        "correct": (
            {
                "change": "correct",
                f"result-{ann}": "WIN", f"score-{ann}": "13", f"result-{bob}": "LOSS", f"score-{bob}": "8",
            },
            swapped,
        ),
        "move": ({"change": "move", "moved": bob, "to": "eve"}, {"ann": was["ann"], "eve": was["bob"]}),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["void", "void a line", "correct", "move"])
def test_it_is_shown_then_made_then_taken_back(site, name):
    was, all_rulings = rulings(site)
    ruling, after = all_rulings[name]
    client, people = browser_of(site.ruler), (site.ann, site.bob, site.eve)
    before = wins(*people)

    page, asked = look(client, **ruling)
    assert page.status_code == 200
    assert "Nothing is changed yet" in text_of(page)
    assert (read(), wins(*people)) == (was, before)
    assert not AuditEntry.objects.filter(kind="RULING").exists()

    unseen = client.post(DUEL, {**asked, "seen": "0" * 32})
    assert (unseen.status_code, read()) == (409, was)

    done = client.post(DUEL, asked)
    assert (done.status_code, read()) == (200, after)
    assert "What it changed" in text_of(done)
    assert "Matches" in text_of(done).partition("What it changed")[2].partition("Take it back")[0]
    assert client.post(DUEL, asked).status_code in {400, 409}
    assert read() == after
    assert AuditEntry.objects.filter(kind="RULING", actor=site.ruler).count() == 1

    assert undo(client, done).status_code == 200
    assert (read(), wins(*people)) == (was, before)


def test_restoring_is_taken_back_too(site):
    client = browser_of(site.ruler)
    client.post(DUEL, look(client, change="void")[1])
    assert "It is void" in text_of(client.get(DUEL))
    assert look(client, change="void")[0].status_code == 409
    assert look(client, change="correct", **{f"result-{id_of(site.ann)}": "DRAW"})[0].status_code == 409

    done = client.post(DUEL, look(client, change="restore")[1])
    assert {why for _result, _score, why in read().values()} == {""}
    undo(client, done)
    assert {why for _result, _score, why in read().values()} == {"Taken back: The log shows it."}


def test_sides_are_swapped_once_however_often_it_is_sent(site):
    client = browser_of(site.ruler)
    page = client.post(DUEL, {"decision": "swap", "reason": "Mixed up.", "change": "void"})
    seen = re.search(r'name="seen" value="(\w+)"', page.content.decode())[1]
    form = page.context["form"]
    ann, bob = id_of(site.ann), id_of(site.bob)
    told = {
        name: form[name].value()
        for name in (f"result-{ann}", f"score-{ann}", f"result-{bob}", f"score-{bob}")
    }
    assert list(told.values()) == ["WIN", "13", "LOSS", "8"]
    for _ in range(2):
        client.post(
            DUEL, {"decision": "do", "change": "correct", "reason": "Mixed up.", "seen": seen, **told}
        )
        assert read() == {"ann": ("WIN", "13", ""), "bob": ("LOSS", "8", "")}


@pytest.mark.parametrize(
    ("played_at", "timing", "expected"),
    [
        ("2025-01-02T03:04", "time", ("2025-01-02T03:04:00+00:00", True)),
        ("2025-01-02T03:04", "day", ("2025-01-02T00:00:00+00:00", False)),
    ],
)
def test_when_it_was_played(site, played_at, timing, expected):
    client = browser_of(site.ruler)
    before = site.lines[0].played_at
    done = client.post(DUEL, look(client, change="correct", played_at=played_at, timing=timing)[1])
    row = next(row for each in list_match_sources(game=scene.game(), match_key="duel") for row in each)
    assert (row.played_at.isoformat(), row.is_time_known) == expected
    undo(client, done)
    row.refresh_from_db()
    assert (row.played_at, row.is_time_known) == (before, True)


def test_what_cannot_be_is_refused_beside_what_was_written(site):
    client, was = browser_of(site.ruler), read()
    ann = id_of(site.ann)
    for ruling, status in [
        ({"change": "void", "reason": " "}, 400),
        ({"reason": "Kept."}, 400),
        ({"change": "restore", "reason": "Kept."}, 409),
        ({"change": "correct", "reason": "Kept."}, 400),
        ({"change": "correct", "played_at": "9999-01-01T00:00", "reason": "Kept."}, 400),
        ({"change": "move", "moved": ann, "to": "nobody", "reason": "Kept."}, 400),
        ({"change": "move", "moved": ann, "to": "bob", "reason": "Kept."}, 400),
        ({"change": "move", "moved": "", "to": "eve", "reason": "Kept."}, 400),
        ({"change": "move", "moved": ann, "to": "ruler", "reason": "Kept."}, 403),
    ]:
        answer = client.post(DUEL, {"decision": "do", **ruling})
        assert (answer.status_code, read()) == (status, was), ruling
        assert 'role="alert"' in answer.content.decode()
        assert ruling["reason"] == " " or "Kept.</textarea>" in answer.content.decode()


def test_who_may(site, django_assert_max_num_queries):
    for right in (Right.MANAGE_TOURNAMENTS, Right.RESOLVE_DISPUTES, Right.RECORD_MATCHES):
        client = browser_of(scene.staff(f"of-{right.name.lower()}", right))
        assert client.get(DUEL).status_code == client.post(DUEL).status_code == 403
        assert DUEL not in client.get(VISIBLE).content.decode()
    assert browser_of(site.bob).get(DUEL).status_code == 403
    assert Client().get(DUEL).status_code == Client().post(DUEL).status_code == 302

    client = browser_of(site.ruler)
    with django_assert_max_num_queries(9):
        page = client.get(DUEL)
    assert "ann A Loss 8 bob B Win 13" in text_of(page)  # though ann hides her matches
    assert client.get("/moderation/matches/valorant/old/").status_code == 200
    assert client.get("/moderation/matches/valorant/none/").status_code == 404
    assert DUEL in client.get(VISIBLE).content.decode()
    own = "/moderation/matches/valorant/own/"
    assert "another member of staff" in text_of(client.get(own))
    assert client.post(own, {"decision": "do", "change": "void", "reason": "Mine."}).status_code == 403
    assert read("own")["ruler"][2] == ""


def test_the_bench_leads_there(site):
    boss = browser_of(scene.staff("boss", *Right))
    filed = file_dispute(reporter=site.ann, match=site.lines[0], reason="No.", now=NOW)
    review = reverse("dispute-review", args=[write_handle(filed)])
    assert DUEL in boss.get(review).content.decode()

    done = boss.post(review, {"decision": "uphold", "remedy": "void", "resolution": "So it was."})
    assert done.status_code == 200
    assert "What it changed" in text_of(done)
    assert "Matches" in text_of(done).partition("What it changed")[2]
    for address in (reverse("moderate-player", args=[id_of(site.ann)]), reverse("audit-log")):
        assert DUEL in boss.get(address).content.decode()
