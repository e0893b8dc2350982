"""Disputes about a player: which they are, how many, and that an index finds them."""

import pytest
from django.db import connection

from deltacrown.games.models import Match
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services import count_about, count_filed, exclude_concerning, filter_about
from tests import scene
from tests.plans import empty_tables, gather_statistics, plan_of, scans_of, sent_by

pytestmark = [pytest.mark.django_db, pytest.mark.both]

BIG = ("moderation_dispute", "games_match", "games_archivedmatch", "tournaments_tournamentresult")


def dispute_result(reporter, result, **fields):
    return Dispute.objects.create(
        reporter=reporter, result=result, reason="not so", filed_at=scene.at(5), **fields
    )


@pytest.fixture
def people():
    return {name: scene.player(name) for name in ("ann", "bob", "cat", "eve")}


@pytest.fixture
def filed(people):
    """Ann and Bob met in matches whose lines are live, archived, and one of each; Bob has a result."""
    ann, bob, cat, eve = people.values()
    disputes = {}
    for name, archived in (("live", ""), ("old", "ab"), ("own old", "b"), ("other old", "a")):
        rows = {"a": scene.match(ann, name, "LOSS"), "b": scene.match(bob, name)}
        disputes[name] = scene.dispute(ann, rows["a"])
        for which in archived:
            scene.archive(Match.objects.get(pk=rows[which].pk))
    disputes["by bob"] = scene.dispute(bob, scene.match(bob, "own"))
    event = scene.tournament("cup")
    for user in (bob, cat):
        scene.registration(user, event)
    over = {"status": "REJECTED", "resolved_at": scene.at(9), "resolution": "No.", "resolved_by": eve}
    disputes["result"] = dispute_result(cat, scene.result(event, 1, bob), **over)
    disputes["elsewhere"] = scene.dispute(cat, scene.match(cat, "elsewhere"))
    return disputes


def names(filed, rows):
    by_key = {each.pk: name for name, each in filed.items()}
    return {by_key[each.pk] for each in rows}


def test_which_they_are(filed, people):
    everything = Dispute.objects.all()
    about = {name: names(filed, filter_about(everything, user)) for name, user in people.items()}
    met = {"live", "old", "own old", "other old"}
    assert about == {"ann": set(), "bob": {*met, "result"}, "cat": set(), "eve": set()}
    left = {name: names(filed, exclude_concerning(everything, user)) for name, user in people.items()}
    others = {"by bob", "result", "elsewhere"}
    assert left == {
        "ann": {*met, *others},  # what she filed herself
        "bob": {"by bob", "elsewhere"},
        "cat": {*met, "by bob", "result", "elsewhere"},
        "eve": {*met, *others},
    }


def test_how_many(filed, people, django_assert_num_queries):
    keys = {name: user.pk for name, user in people.items()}
    with django_assert_num_queries(2):
        about, by = count_about(list(keys.values())), count_filed(list(keys.values()))
    assert about == {keys["bob"]: {"OPEN": 4, "REJECTED": 1}}
    assert by == {
        keys["ann"]: {"OPEN": 4},
        keys["bob"]: {"OPEN": 1},
        keys["cat"]: {"OPEN": 1, "REJECTED": 1},
    }
    with django_assert_num_queries(1):
        assert (count_about([]), count_filed([keys["eve"]])) == ({}, {})


def test_an_index_finds_them():
    """No table is read whole: the lines of the player lead to the disputes, whichever table they are in."""
    empty_tables()
    ann, bob = scene.player("ann"), scene.player("bob")
    for number in range(6):
        row = scene.match(ann, f"m{number}", "LOSS")
        scene.match(bob, f"m{number}")
        scene.dispute(ann, row)
    gather_statistics()

    listed = filter_about(Dispute.objects.order_by("-filed_at", "-id"), bob)[:10]
    counted = sent_by(lambda: count_about([ann.pk, bob.pk]), "games_match")
    for query in (listed, *counted):
        plan = plan_of(query) if query is listed else plan_of(*query)
        assert [scan for table in BIG for scan in scans_of(plan, table)] == [], plan
        # The alias of a table stands where its name would.
        assert [line for alias in "osrd" for line in scans_of(plan, alias)] == [], plan
    assert connection.vendor in {"sqlite", "postgresql"}
