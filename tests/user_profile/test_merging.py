"""Two accounts of one person become one, as if there had been one from the start; and two again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.models import PlayerMerge, User
from deltacrown.accounts.services import (
    add_external_id,
    authenticate_key,
    create_key,
    find_players,
    find_players_by_id,
    rename_player,
)
from deltacrown.core.errors import DomainError
from deltacrown.games.services import void_match
from deltacrown.moderation.models import Dispute
from deltacrown.teams.models import TeamMembership, TeamRole
from deltacrown.tournaments.models import TournamentMatchResult, TournamentResult
from deltacrown.user_profile.models import Block, Follow, KycVerification, UserActivity, UserProfile
from deltacrown.user_profile.people.addresses import find_users
from deltacrown.user_profile.people.merging import (
    CannotMerge,
    PlayersMet,
    merge_players,
    preview_merge,
    undo_merge,
)
from deltacrown.user_profile.people.merging.plan import list_moving
from deltacrown.user_profile.timeline.syncing import rebuild_timelines
from django_tally.as_of import get_as_of
from django_tally.history import list_changes
from django_tally.models import Repair, Run
from django_tally.stat_sql import StatOf
from tests import scene
from tests.tally.times import database_now
from tests.user_profile.merge_story import Story, differences, dump, observe, observe_boards

pytestmark = pytest.mark.django_db

NOW = scene.NOON


def merge(kept: User, merged: User, **fields: Any) -> Any:
    return merge_players(
        **{"kept": kept, "merged": merged, "by": None, "reason": "one person", "now": NOW, **fields}
    )


def tell(seed: int, *, two: bool) -> dict[str, Any]:
    """Return all that can be seen at the end of a story."""
    with transaction.atomic():
        story = Story(seed, two=two).run()
        if two:
            merge(story.main, story.alt)
        seen = {user.username: observe(user, story.marks[::2]) for user in (story.main, story.bob, story.cid)}
        seen["boards"] = observe_boards()
        transaction.set_rollback(True)
    return seen


@pytest.mark.parametrize("seed", [1, 3])
def test_two_merged_accounts_show_what_one_from_the_start_would(seed, find_all_drift):
    one, merged = tell(seed, two=False), tell(seed, two=True)

    wrong = {
        (who, what): (value, merged[who][what])
        for who, shown in one.items()
        for what, value in shown.items()
        if merged[who][what] != value
    }
    assert wrong == {}


@pytest.mark.parametrize("seed", [1, 4])
def test_an_undone_merge_leaves_every_row_as_it_was(seed, find_all_drift):
    story = Story(seed, two=True).run()
    before = dump()

    done = merge(story.main, story.alt)
    assert find_all_drift() == []
    undo_merge(merge=done, by=None, now=NOW + timedelta(days=1))

    assert differences(before, dump()) == []
    assert find_all_drift() == []


def pair() -> tuple[User, User]:
    return scene.player("ann"), scene.player("annie")


def part(done: Any, hours: float = 1) -> None:
    undo_merge(merge=done, by=None, now=NOW + timedelta(hours=hours))


def setup_match(kept: User, merged: User, bob: User) -> None:
    """They met in a match of a tournament: each line has a description, and annie disputes hers."""
    cup = scene.tournament("met")
    rows = [scene.match(user, "m1", result) for user, result in ((kept, "WIN"), (merged, "LOSS"))]
    rows.append(scene.match(bob, "m1", "LOSS"))
    scene.tournament_match(rows[0], cup, opponent_user=merged)
    scene.tournament_match(rows[1], cup, opponent_user=kept)
    scene.tournament_match(rows[2], cup, opponent_user=merged)
    scene.dispute(merged, rows[1])


def setup_entry(kept: User, merged: User, bob: User) -> None:
    """Annie won the cup in which ann was fifth, and lost the one that ann won."""
    for slug, places in (("lost", (5, 1)), ("won", (1, 9)), ("tied", (3, 3))):
        cup = scene.tournament(slug)
        for user, place in zip((kept, merged), places, strict=True):
            scene.registration(user, cup)
            scene.result(cup, place, user)
    scene.dispute(bob, scene.match(bob, "m9"))


def setup_follow(kept: User, merged: User, bob: User) -> None:
    """Both follow bob, bob follows both, they follow each other, and annie alone follows cid."""
    for follower, followed in (
        (kept, bob),
        (merged, bob),
        (bob, kept),
        (bob, merged),
        (kept, merged),
        (merged, kept),
        (merged, scene.player("cid")),
    ):
        Follow.objects.create(follower=follower, followed=followed)


def setup_member(kept: User, merged: User, bob: User) -> None:
    """Together in a team from hour 0 to now; one after the other in another."""
    scene.member(kept, scene.team("north"), hours=0, left=10)
    scene.member(merged, scene.team("north"), hours=5)
    scene.member(kept, scene.team("south"), hours=0, left=10)
    scene.member(merged, scene.team("south"), hours=20)


def setup_roles(kept: User, merged: User, bob: User) -> None:
    """Captains of north at one time, given by each other; of south one after the other, in a gap of ann's."""
    north, south = scene.team("north"), scene.team("south")
    scene.member(kept, north)
    scene.member(merged, north)
    scene.role(kept, north, hours=9)
    scene.role(merged, north, hours=3)
    scene.role(merged, north, "COACH", hours=4)
    scene.role(bob, north, "ANALYST", hours=4, ended=5)
    TeamRole.objects.filter(user=bob).update(given_by=merged)
    for hours, left, user in ((0, 10, kept), (5, 20, merged), (15, None, kept)):
        scene.member(user, south, hours=hours, left=left)
        scene.role(user, south, hours=hours + 1, ended=left)
    scene.role(kept, south, "COACH", hours=16)


def setup_blocks(kept: User, merged: User, bob: User) -> None:
    """Both block bob, who blocks ann; ann blocks annie. One of them follows who blocks the other."""
    cid, dan = scene.player("cid"), scene.player("dan")
    for follower, followed in ((kept, cid), (dan, merged), (cid, dan)):
        Follow.objects.create(follower=follower, followed=followed)
    blocks = ((kept, bob), (merged, bob), (bob, kept), (kept, merged), (cid, merged), (kept, dan))
    for blocker, blocked in blocks:
        Block.objects.create(blocker=blocker, blocked=blocked)


def setup_ids(kept: User, merged: User, bob: User) -> None:
    """Ann claims what is confirmed of annie, and the other way round; bob claims it too."""
    for user, name, confirmed in (
        (kept, "ann", False),
        (merged, "ann", True),
        (bob, "ann", False),
        (kept, "annie", True),
        (merged, "annie", False),
        (merged, "anne", False),
    ):
        add_external_id(user=user, external_id=f"battlenet:{name}#1234", confirmed=confirmed)


def setup_dispute(kept: User, merged: User, bob: User) -> None:
    """Both dispute bob's line of one match."""
    row = scene.match(bob, "m1")
    scene.dispute(kept, row)
    scene.dispute(merged, row)


def setup_verification(kept: User, merged: User, bob: User) -> None:
    """Ann asked, annie was verified."""
    KycVerification.objects.create(user=kept, requested_at=scene.at(1))
    KycVerification.objects.create(
        user=merged, requested_at=scene.at(0), status="VERIFIED", reviewed_at=scene.at(2), reviewed_by=bob
    )


def setup_timeline(kept: User, merged: User, bob: User) -> None:
    """Both won one cup each; annie hid that she had won, and an old entry is archived."""
    for hours, user in enumerate((kept, merged)):
        cup = scene.tournament(f"cup-{hours}", hours=hours)
        scene.registration(user, cup, hours=hours)
        scene.result(cup, 1, user, hours=hours)
    rebuild_timelines(users=[kept.pk, merged.pk])
    won = UserActivity.objects.get(user=merged, activity_type="TOURNAMENT_WON")
    UserActivity.objects.filter(pk=won.pk).update(visibility="PRIVATE")
    scene.archived_activity(UserActivity.objects.get(user=merged, activity_type="TOURNAMENT_REGISTERED"))


def setup_repair(kept: User, merged: User, bob: User) -> None:
    """A number of annie's had drifted, and was repaired."""
    scene.match(merged, "m1")
    run = Run.objects.create(cause="test", started_at=NOW)
    Repair.objects.create(
        run=run,
        holder="user_profile.UserProfile",
        stat="matches_won",
        keys={"user": merged.pk},
        was=2,
        now=1,
        repaired_at=NOW,
        owner=merged.pk,
        unexplained=-1,
        since=NOW,
    )


#: What both have → the rows set aside, by table.
KINDS = {
    setup_match: {"match": 1, "tournament match result": 1},
    setup_entry: {"tournament participation": 3, "tournament result": 3},
    setup_follow: {"follow": 4},
    setup_member: {"team membership": 1},
    setup_roles: {"team membership": 3, "team role": 3},
    setup_blocks: {"block": 2, "follow": 2},
    setup_ids: {"external id": 2},
    setup_dispute: {"dispute": 1},
    setup_verification: {"kyc verification": 1},
    setup_timeline: {},
    setup_repair: {},
}


@pytest.mark.parametrize("build", KINDS, ids=lambda build: build.__name__.removeprefix("setup_"))
def test_what_both_have_is_told_set_aside_and_put_back(build, find_all_drift, no_reactions):
    kept, merged = pair()
    build(kept, merged, scene.player("bob", is_staff=True))
    before = dump()

    told = preview_merge(kept=kept, merged=merged)
    assert (told.collides, told.total) == (KINDS[build], sum(KINDS[build].values()))
    assert differences(before, dump()) == []

    done = merge(kept, merged, allow_meetings=True)
    assert find_all_drift() == []
    assert not any(
        each.model._base_manager.filter(**{each.column: merged}).exists() for each in list_moving()
    )
    part(done)
    synced = {"user_profile.UserAchievement", "user_profile.ExperienceAward", "user_profile.UserActivity"}
    left = [row for row in differences(before, dump()) if row[0] not in synced | NUMBERS]
    assert left == []
    assert find_all_drift() == []


#: Tables in which what these rows earn is written by the syncs of a merge: they were inserted past them.
NUMBERS = {"user_profile.UserProfile", "user_profile.Achievement", "user_profile.GameStats"}


def test_the_better_entry_stays_and_the_title_with_it():
    kept, merged = pair()
    setup_entry(kept, merged, scene.player("bob"))

    merge(kept, merged)
    places = TournamentResult.objects.filter(user=kept).values_list("tournament__slug", "placement")
    assert dict(places) == {"lost": 1, "won": 1, "tied": 3}
    assert UserProfile.objects.get(user=kept).tournaments_won == 2


def test_memberships_that_overlap_become_one_and_others_stay():
    kept, merged = pair()
    setup_member(kept, merged, scene.player("bob"))

    merge(kept, merged)
    rows = TeamMembership.objects.filter(user=kept).order_by("team__slug", "joined_at")
    assert list(rows.values_list("team__slug", "joined_at", "left_at")) == [
        ("north", scene.at(0), None),
        ("south", scene.at(0), scene.at(10)),
        ("south", scene.at(20), None),
    ]


def test_roles_that_overlap_become_one_and_end_with_no_merge():
    kept, merged = pair()
    setup_roles(kept, merged, scene.player("bob"))

    merge(kept, merged)
    rows = TeamRole.objects.filter(user=kept).order_by("team__slug", "role", "given_at")
    assert list(rows.values_list("team__slug", "role", "given_at", "ended_at")) == [
        ("north", "CAPTAIN", scene.at(3), None),
        ("north", "COACH", scene.at(4), None),
        ("south", "CAPTAIN", scene.at(1), None),
        ("south", "COACH", scene.at(16), None),
    ]


def test_nobody_follows_across_a_block_afterwards_and_what_was_confirmed_stays():
    kept, merged = pair()
    bob = scene.player("bob")
    setup_blocks(kept, merged, bob)
    setup_ids(kept, merged, bob)

    merge(kept, merged)
    assert list(Follow.objects.values_list("follower__username", "followed__username")) == [("cid", "dan")]
    rows = Block.objects.order_by("blocker__username", "blocked__username")
    told = [("ann", "bob"), ("ann", "dan"), ("bob", "ann"), ("cid", "ann")]
    assert list(rows.values_list("blocker__username", "blocked__username")) == told
    ids = [f"battlenet:{name}#1234" for name in ("ann", "annie", "anne")]
    assert find_players_by_id(ids) == dict.fromkeys(ids[:2], kept)


def test_a_meeting_is_told_loudly_and_refused_unless_allowed():
    kept, merged = pair()
    bob = scene.player("bob")
    setup_match(kept, merged, bob)

    assert preview_merge(kept=kept, merged=merged).warning.startswith("They met in 1 match;")
    with pytest.raises(PlayersMet, match="They met in 1 match"):
        merge(kept, merged)
    merge(kept, merged, allow_meetings=True)
    told = TournamentMatchResult.objects.order_by("pk").values_list("user", "opponent_user")
    assert list(told) == [(kept.pk, None), (bob.pk, kept.pk)]
    assert Dispute.objects.get().match.user == kept


def test_the_merged_account_ends_and_its_names_and_addresses_find_the_other(client):
    kept, merged = pair()
    rename_player(user=merged, username="anne")
    third, key = scene.player("zoe"), create_key(owner=merged, name="x", scopes=["read"], by=None)
    client.force_login(merged)
    merge(kept, merged)
    merge(third, kept, now=NOW + timedelta(hours=1))

    profile = UserProfile.objects.get(user=merged)
    assert (profile.standing, User.objects.get(pk=merged.pk).is_active) == ("MERGED", False)
    assert client.get("/settings/privacy/").status_code == 302
    assert set(find_players(["ann", "annie", "anne"]).values()) == {third}
    assert find_users([profile.public_id]) == {profile.public_id: third}
    answer = client.get(f"/players/{profile.public_id}/matches/?kind=CASUAL")
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"/players/{third.profile.public_id}/matches/?kind=CASUAL",
    )
    assert client.get(f"/api/v1/players/{profile.public_id}").json()["public_id"] == third.profile.public_id
    assert authenticate_key(secret=key.secret, now=NOW) is None


def test_what_was_recorded_since_stays_and_what_moved_goes_back_as_it_is_now(find_all_drift):
    story = Story(7, two=True, steps=4)
    story.run()
    moved, voided = scene.match(story.alt, "moved"), scene.match(story.alt, "voided")
    done = merge(story.main, story.alt)
    void_match(game=voided.game, match_key="voided", reason="cheat", now=NOW, by=None)
    since = scene.match(story.main, "since")
    scene.archive(scene.Match.objects.get(pk=moved.pk))
    at = database_now()
    shown = UserProfile.objects.get(user=story.main).matches_won

    part(done)
    assert scene.ArchivedMatch.objects.get(pk=moved.pk).user == story.alt
    assert scene.Match.objects.get(pk=voided.pk).user == story.alt
    assert scene.Match.objects.get(pk=since.pk).user == story.main
    assert find_all_drift() == []
    for user in (story.main, story.alt):
        number = StatOf(UserProfile, UserProfile._meta.get_field("matches_won"), {"user": user.pk})
        changes = list_changes(number, limit=1000)
        assert sum(change.delta for change in changes) == UserProfile.objects.get(user=user).matches_won
    won = [
        get_as_of(UserProfile, "matches_won", {"user": each.pk}, known_at=at)
        for each in (story.main, story.alt)
    ]
    assert sum(won) == shown


REFUSED = {
    "one account": (lambda a, b: merge(a, a), "one account already"),
    "staff": (
        lambda a, b: merge(a, scene.player("boss", is_staff=True)),
        "boss is staff; take the staff rights away first",
    ),
    "no reason": (lambda a, b: merge(a, b, reason=" "), "reason"),
    "no right": (lambda a, b: merge(a, b, by=a), "takes the permission"),
    "merged already": (
        lambda a, b: (merge(a, b), merge(scene.player("c"), b)),
        "annie was merged into ann; name ann instead",
    ),
    "into a merged one": (
        lambda a, b: (merge(a, b), merge(b, scene.player("c"))),
        "annie was merged into ann; name ann instead",
    ),
    "anonymised": (
        lambda a, b: (
            UserProfile.objects.filter(user=b).update(standing="ANONYMISED"),
            merge(a, b),
        ),
        "annie is anonymised",
    ),
    "undone twice": (lambda a, b: (part(done := merge(a, b)), part(done)), "was undone already"),
    "too late": (lambda a, b: part(merge(a, b), hours=24 * 31), "could be undone until"),
    "built upon": (
        lambda a, b: (done := merge(a, b), merge(scene.player("c"), a), part(done)),
        "undo that merge first",
    ),
    "not the latest": (
        lambda a, b: (done := merge(a, b), merge(a, scene.player("c")), part(done)),
        "c was merged into ann since; undo that merge first",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_say_what_to_do(case):
    call, said = REFUSED[case]
    with pytest.raises(DomainError, match=said):
        call(*pair())


def test_verifications_that_contradict_are_refused():
    kept, merged = pair()
    for user, status in ((kept, "REJECTED"), (merged, "VERIFIED")):
        KycVerification.objects.create(
            user=user, requested_at=scene.at(0), status=status, reviewed_at=scene.at(2)
        )
    with pytest.raises(CannotMerge, match="decide about ann again first"):
        merge(kept, merged)


def test_the_command_shows_merges_and_undoes(capsys):
    kept, merged = pair()
    scene.match(merged, "m1")
    call_command("merge_players", "ann", merged.profile.public_id, preview=True)
    assert "1  match" in capsys.readouterr().out
    assert not PlayerMerge.objects.exists()

    call_command("merge_players", "ann", "annie", reason="one person", yes=True)
    assert "annie is ann now" in capsys.readouterr().out
    assert UserProfile.objects.get(user=kept).matches_won == 1
    call_command("merge_players", "ann", "annie", undo=True)
    assert UserProfile.objects.get(user=merged).matches_won == 1
    with pytest.raises(CommandError, match="no player 'nobody'"):
        call_command("merge_players", "ann", "nobody")


def test_the_statements_do_not_grow_with_the_matches():
    counts = []
    for number in (3, 30):
        kept, merged = scene.player(f"k{number}"), scene.player(f"m{number}")
        for place in range(number):
            scene.match(merged, f"{number}-{place}", "LOSS")
        with CaptureQueriesContext(connection) as queries:
            merge(kept, merged)
        counts.append(len(queries))
    assert counts[0] == counts[1]
