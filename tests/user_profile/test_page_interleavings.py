"""Commits, reads and refills in random order: no page is older than a commit its reader could have seen.

Each reader is a greenlet that runs the real code and stops before every query and around every
call of the cache. A scheduler with a seed decides who goes on next, and now and then commits a
change, empties the cache, or has it fail. What is committed while a reader is inside its
request the reader may or may not see; what was committed before must be on the page, and so it must
be in the answers that are kept as they were rendered.
"""

from __future__ import annotations

import os
import pickle
import random
from collections import Counter

import greenlet
import pytest
from django.core.cache import cache
from django.db import connection

from deltacrown.freshness import cache_store
from deltacrown.games.models import Match
from deltacrown.pages import cached
from deltacrown.user_profile.models import Follow, PrivacySettings, UserProfile
from deltacrown.user_profile.privacy import HistoryHidden
from tests import scene
from tests.databases import SERVER

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def quiet(caplog, no_reactions):
    caplog.set_level("CRITICAL", "deltacrown.freshness.cache_store")  # it fails by the hundred here


READERS = 6
#: A careless cache is found in 80, see the last test. Five hundred are played on SQLite, half of them on
#: PostgreSQL: the cache and its tokens are the same code on both. `make fuzz` plays a thousand on both.
USUAL = 248 if SERVER in os.environ else 500
MANY = int(os.environ.get("DELTACROWN_INTERLEAVINGS", USUAL))
#: In four parts, so that processes can share them.
PARTS = [range(start, start + MANY // 4) for start in range(0, MANY, MANY // 4)]
#: What visitors are sent of the profile by the API, and as a page, as it is kept.
BODIES = ("profile body", "overview body")
KINDS = ("activity", "activity", "matches", "profile", "overview", *BODIES, *BODIES)


class Stepping:
    """A cache that pauses around every call, and fails when the world says so."""

    def __init__(self, world):
        self.world = world

    def get(self, key):
        self.world.pause()
        found = self.world.cache_or_fail().get(key)
        self.world.pause()
        return found

    def set(self, key, value, timeout):
        self.world.pause()
        self.world.cache_or_fail().set(key, value, timeout=timeout)
        self.world.pause()


class World:
    """One player, whoever reads her pages, and what has been committed so far."""

    def __init__(self, seed):
        self.pick, self.main, self.seen = random.Random(seed), greenlet.getcurrent(), Counter()
        self.owner, self.fan, self.guest, self.rival = [
            scene.player(f"{name}{seed}") for name in ("anna", "fan", "guest", "rival")
        ]
        self.failing = False
        self.number, self.hidden, self.is_followed, self.game = 0, False, False, scene.game()
        self.seed, self.name = seed, 0
        self.kind = self.pick.choice(KINDS)
        self.public_id = self.owner.profile.public_id
        scene.activity(self.owner, "secret", visibility="FOLLOWERS", hours=-1)

    def cache_or_fail(self):
        if self.failing:
            raise ConnectionError("gone")
        return cache

    def pause(self):
        if greenlet.getcurrent() is not self.main:
            self.main.switch()

    def step_queries(self, execute, *args):
        self.pause()
        return execute(*args)

    def commit(self):
        """Commit one change: a match and an activity with its number, of visibility, or of the rival's."""
        self.pick.choice([self.play, self.play, self.play, self.hide, self.follow, self.rename])()
        self.seen["commits"] += 1

    def play(self):
        self.number += 1
        for user, result in ((self.owner, "WIN"), (self.rival, "LOSS")):
            Match.objects.create(
                user=user,
                game=self.game,
                match_key=f"{self.seed}-{self.number}",
                result=result,
                played_at=scene.at(self.number),
            )
        scene.activity(self.owner, str(self.number), hours=self.number)

    def hide(self):
        self.hidden = not self.hidden
        PrivacySettings.objects.filter(user=self.owner).update(show_match_history=not self.hidden)

    def rename(self):
        self.name += 1
        UserProfile.objects.filter(user=self.rival).update(display_name=f"Rival {self.name}")

    def follow(self):
        self.is_followed = not self.is_followed
        if self.is_followed:
            Follow.objects.create(follower=self.fan, followed=self.owner)
        else:
            Follow.objects.filter(follower=self.fan).delete()


class Reader:
    """One request: what was committed when it began, and every state it may have seen since."""

    def __init__(self, world, pages):
        self.world, self.pages = world, pages
        self.kind, self.viewer = world.kind, world.pick.choice([None, world.fan, world.guest])
        if self.kind in BODIES:
            self.viewer = None
        self.oldest, self.hidden, self.followed = world.number, {world.hidden}, {self.follows()}
        self.oldest_name = world.name
        self.thread = greenlet.greenlet(self.read)

    def follows(self):
        return self.viewer is self.world.fan and self.world.is_followed

    def note(self):
        """Something was committed while it reads."""
        self.hidden.add(self.world.hidden)
        self.followed.add(self.follows())

    def read(self):
        try:
            self.page = self.open()
        except HistoryHidden:
            self.page = None

    def open(self):
        public_id, viewer = self.world.public_id, self.viewer
        if self.kind == "profile body":
            return read(self.pages.get_profile_body(public_id, pickle.dumps, now=scene.at(0)))
        if self.kind == "overview body":
            [body] = self.pages.get_overview_body(
                public_id, None, lambda page: (pickle.dumps(page),), variant=(), now=scene.at(0)
            )
            return read(body).shown
        if self.kind == "profile":
            return self.pages.get_profile_page(public_id, viewer=viewer)
        if self.kind == "overview":
            return self.pages.get_overview_page(public_id, None, viewer=viewer, now=scene.at(0)).shown
        if self.kind == "matches":
            return self.pages.get_matches_page(public_id, {}, None, viewer=viewer)
        return self.pages.get_activity_page(public_id, None, viewer=viewer)

    def faults(self):
        """What is wrong with the page it was served."""
        if self.kind == "activity":
            return self.timeline_faults()
        is_profile = self.kind in ("profile", "overview", *BODIES)
        history = self.page and (self.page.matches if is_profile else self.page.history.items)
        found = []
        if (history is None) not in self.hidden:
            found.append(f"hidden is {history is None}, but was only ever {self.hidden}")
        if history is not None and newest([entry.match_key.split("-")[1] for entry in history]) < self.oldest:
            found.append("an older history")
        names = {opponent.name for entry in history or () for opponent in entry.opponents or ()}
        if len(names) > 1 or any(newest(name.split()[1:]) < self.oldest_name for name in names):
            found.append(f"an older name of the opponent: {names}")
        if history and not names and self.hidden == {False}:  # hidden meanwhile, her line is not seen
            found.append("no opponent")
        if self.page and self.page.profile.total_matches_played < self.oldest:
            found.append("an older number")
        return found

    def timeline_faults(self):
        keys = [entry.description.removeprefix("did ") for entry in self.page.timeline.items]
        shown = "secret" in keys or len(keys) == 10  # on a later page by then
        found = ["an older timeline"] if newest([key for key in keys if key.isdigit()]) < self.oldest else []
        if "secret" in keys and True not in self.followed:
            found.append("shown what is for followers")
        if not shown and self.followed == {True}:
            found.append("not shown what is for followers")
        return found


def read(body):
    """The page of which an answer was made."""
    return pickle.loads(body)  # noqa: S301 - it was written here


def newest(keys):
    return max((int(key) for key in keys), default=0)


def run(seed, pages, monkeypatch):
    """Play one interleaving to its end and return what went wrong, and what happened."""
    cache.clear()
    world = World(seed)
    wrong = []
    monkeypatch.setattr(cache_store, "cache", Stepping(world))
    monkeypatch.setattr(cache_store._Health, "resting_until", 0.0)
    monkeypatch.setattr(cache_store, "REST_SECONDS", 0.0)
    waiting, reading = READERS, []
    with connection.execute_wrapper(world.step_queries):
        while waiting or reading:
            step = world.pick.random()
            if step < 0.05:
                world.commit()
                for reader in reading:
                    reader.note()
            elif step < 0.055:
                cache.clear()
                world.seen["losses"] += 1
            elif step < 0.06:
                world.failing = not world.failing
            elif waiting and (step < 0.12 or not reading):
                reading.append(Reader(world, pages))
                waiting -= 1
            elif reading:
                # The first reader goes on most often; otherwise none would finish before the others.
                candidates = [*reading, *reading[:1] * 3]
                reader = world.pick.choice(candidates)
                reader.thread.switch()
                world.seen["steps"] += 1
                if reader.thread.dead:
                    reading.remove(reader)
                    wrong += [f"seed {seed}: {reader.kind}: {fault}" for fault in reader.faults()]
    return wrong, world.seen


@pytest.mark.parametrize("seeds", PARTS, ids=lambda seeds: f"{len(seeds)} from seed {seeds.start}")
def test_interleavings_of_commit_read_and_refill(monkeypatch, seeds):
    wrong, seen = [], Counter()
    hits = count_hits(monkeypatch)
    for seed in seeds:
        faults, happened = run(seed, cached, monkeypatch)
        wrong += faults
        seen += happened

    assert wrong == []
    assert seen["commits"] > 2 * len(seeds), seen
    assert hits["hit"] > len(seeds), hits  # or there was nothing to be wrong


def count_hits(monkeypatch):
    """How often a page came out of the cache: without hits the test would prove nothing."""
    hits, read = Counter(), cache_store.read

    def note(key):
        found = read(key)
        hits["hit" if found is not None else "miss"] += 1
        return found

    monkeypatch.setattr(cache_store, "read", note)
    return hits


class Careless:
    """The same pages kept the usual way: under the player's name, dropped after a commit."""

    @staticmethod
    def keep(kind, viewer, build):
        key = f"{kind}/{viewer}"
        found = cache_store.read(key)
        if found is None:
            found = build()
            cache_store.write(key, found, seconds=60)
        return found

    def get_profile_page(self, public_id, *, viewer):
        build = cached.players.build_profile_page
        return self.keep("p" + public_id, viewer, lambda: build(public_id, viewer=viewer))

    def get_overview_page(self, public_id, game, *, viewer, now):
        build = cached.overviews.build_overview_page
        return self.keep("o" + public_id, viewer, lambda: build(public_id, game, viewer=viewer, now=now))

    def get_profile_body(self, public_id, render, *, now):
        build = cached.players.build_profile_page
        return self.keep("pb" + public_id, None, lambda: render(build(public_id, viewer=None)))

    def get_overview_body(self, public_id, game, render, *, variant, now):
        build = cached.overviews.build_overview_page
        return self.keep("ob", None, lambda: render(build(public_id, game, viewer=None, now=now)))

    def get_matches_page(self, public_id, filters, page, *, viewer):
        build = cached.players.build_matches_page
        return self.keep("m" + public_id, viewer, lambda: build(public_id, filters, page, viewer=viewer))

    def get_activity_page(self, public_id, page, *, viewer):
        build = cached.players.build_activity_page
        return self.keep("a" + public_id, viewer, lambda: build(public_id, page, viewer=viewer))


def test_the_interleavings_catch_a_cache_that_is_emptied_after_each_commit(monkeypatch):
    """A slow reader refills it with what it read before the commit."""
    commit = World.commit

    def commit_and_drop(world):
        commit(world)
        cache.clear()

    monkeypatch.setattr(World, "commit", commit_and_drop)
    wrong = [fault for seed in range(80) for fault in run(seed, Careless(), monkeypatch)[0]]

    assert any("an older" in fault for fault in wrong)
    assert any("hidden is" in fault or "followers" in fault for fault in wrong)
