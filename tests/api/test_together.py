"""Fifty game servers send overlapping batches at once.

Every match is recorded once, nothing is lost, and no request fails with a deadlock.
"""

from __future__ import annotations

import random

import pytest

from deltacrown.accounts.models import AnsweredRequest
from deltacrown.games.models import Match
from tests import scene
from tests.api.calls import Api
from tests.concurrency import call_together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

CLIENTS, MATCHES, PLAYERS, PER_BATCH = 50, 60, 12, 10


def body(number, people):
    chance = random.Random(number)
    ann, bob = chance.sample(people, 2)
    lines = [{"player": ann, "result": "WIN"}, {"player": bob, "result": "LOSS"}]
    return {
        "match_key": f"m{number}",
        "game": "rocket",
        "played_at": "2025-03-01T18:00:00Z",
        "players": lines,
    }


def test_overlapping_batches(with_key, player, find_all_drift):
    scene.game("rocket")
    people = [player(f"p{number}").profile.public_id for number in range(PLAYERS)]
    servers = [with_key(player(f"server{number}"), "matches:write") for number in range(5)]
    chance = random.Random(7)

    def deliver(number):
        chosen = chance.sample(range(MATCHES), PER_BATCH) if number else range(MATCHES)
        batch = {"matches": [body(match, people) for match in chosen]}
        server = servers[number % 5]
        api = Api(server.client.__class__(), server.headers)
        key = f"batch-{number % 25}" if number >= 25 else f"own-{number}"
        return lambda: api.post("/matches", batch, Idempotency_Key=key)

    answers = call_together([deliver(number) for number in range(CLIENTS)])

    assert {getattr(answer, "status_code", repr(answer)) for answer in answers} == {200}
    told = [answer.json() for answer in answers]
    assert sum(each["refused"] for each in told) == 0
    assert sum(each["accepted"] for each in told) == MATCHES
    assert Match.objects.count() == 2 * MATCHES
    assert find_all_drift() == []


def test_one_request_sent_by_many_at_once_is_carried_out_once(with_key, player, find_all_drift):
    scene.game("rocket")
    people = [player(f"p{number}").profile.public_id for number in range(4)]
    server = with_key(player("server"), "matches:write")
    batch = {"matches": [body(number, people) for number in range(5)]}

    def deliver():
        api = Api(server.client.__class__(), server.headers)
        return api.post("/matches", batch, Idempotency_Key="one")

    answers = call_together([deliver] * 10)

    assert {getattr(answer, "status_code", repr(answer)) for answer in answers} == {200}
    assert sorted(answer["Idempotency-Replayed"] for answer in answers) == ["false"] + ["true"] * 9
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["accepted"] == 5
    assert (AnsweredRequest.objects.count(), Match.objects.count()) == (1, 10)
    assert find_all_drift() == []
