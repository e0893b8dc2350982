"""Who earns what of the catalogue, by which fact, and what becomes of it when the fact does not hold."""

from __future__ import annotations

import random
from pkgutil import iter_modules

import pytest

from deltacrown.games.models import Match
from deltacrown.games.services import correct_match, restore_match, void_match
from deltacrown.tournaments.services import correct_result, disqualify_entrant
from deltacrown.user_profile.achievements import measures, syncing
from deltacrown.user_profile.achievements.awards import award_achievement, define_achievement
from deltacrown.user_profile.achievements.backfill import backfill_players
from deltacrown.user_profile.achievements.catalogue import BY_SLUG, CATALOGUE
from deltacrown.user_profile.achievements.progress import MatchProgress
from deltacrown.user_profile.models import Achievement, ExperienceAward, UserAchievement
from tests import scene
from tests.user_profile.season import (
    TOLD,
    contents,
    daily_duel,
    day,
    held,
    hold,
    people,
    play,
    queries,
    rocket,
    said,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann_and_bob():
    return people("ann", "bob")


def void(number):
    return void_match(game=rocket(), match_key=f"day-{number}", reason="The server crashed", now=TOLD)


def earned_by(results: str) -> dict[str, int]:
    """What a row of results (W, L, D) earns, by which of them, counted from 1."""
    progress, first = MatchProgress(), {}
    words = {"W": "WIN", "L": "LOSS", "D": "DRAW"}
    for number, letter in enumerate(results, start=1):
        for slug in progress.take(words[letter]):
            first.setdefault(slug, number)
    return first


@pytest.mark.parametrize(
    ("results", "earned"),
    [
        ("", {}),
        ("LD", {}),
        ("LW", {"first-win": 2}),
        ("WWWW", {"first-win": 1}),
        ("WWWWW", {"first-win": 1, "streak-five": 5}),
        ("WWWWDW", {"first-win": 1}),
        ("WWWWLW", {"first-win": 1}),
        ("LWWWWWW", {"first-win": 2, "streak-five": 6}),
        ("W" * 10, {"first-win": 1, "streak-five": 5, "ten-wins": 10, "streak-ten": 10}),
        ("LLLLW", {"first-win": 5}),
        ("LLLLLW", {"first-win": 6, "comeback": 6}),
        ("LLLLLLLW", {"first-win": 8, "comeback": 8}),
        ("LLLDLLW", {"first-win": 7}),
        ("LLLLLDW", {"first-win": 7}),
        ("WL" * 100, {"first-win": 1, "ten-wins": 19, "hundred-wins": 199}),
        ("WL" * 1000, {"first-win": 1, "ten-wins": 19, "hundred-wins": 199, "thousand-wins": 1999}),
    ],
)
def test_what_results_earn(results, earned):
    assert earned_by(results) == earned


def test_the_catalogue_is_sound():
    assert len(BY_SLUG) == len(CATALOGUE) == len({(rule.measure, rule.threshold) for rule in CATALOGUE})
    assert {rule.tier for rule in CATALOGUE} == {"MINOR", "MAJOR"}
    assert all(rule.points > 0 and rule.threshold > 0 for rule in CATALOGUE)


def test_every_measure_is_counted_by_an_achievement():
    modules = {f"{measures.__name__}.{module.name}" for module in iter_modules(measures.__path__)}

    assert {rule.measure.__module__ for rule in CATALOGUE} == modules


def test_matches_earn_with_their_date_and_fact(ann_and_bob):
    ann, bob = ann_and_bob
    play([daily_duel(ann, bob, number) for number in range(12)])

    assert held(ann) == {"first-win": day(0), "streak-five": day(4), "ten-wins": day(9), "streak-ten": day(9)}
    assert held(bob) == {}
    assert UserAchievement.objects.get(user=ann, achievement__slug="first-win").fact == "Rocket, 1 Jan 2025"
    awarded = ExperienceAward.objects.get(user=ann, dedupe_key="achievement:first-win")
    assert (awarded.points, awarded.awarded_at) == (BY_SLUG["first-win"].points, day(0))


def test_only_major_ones_are_told(ann_and_bob):
    ann, bob = ann_and_bob
    play([daily_duel(ann, bob, number) for number in range(12)])

    assert said(ann) == ["Earned Untouchable"]


def test_draws_voided_matches_and_losses_win_nothing(ann_and_bob):
    ann, bob = ann_and_bob
    play([daily_duel(ann, bob, 0, draw=True), daily_duel(ann, bob, 1, void_reason="Never finished")])

    assert held(ann) == held(bob) == {}


def test_tournaments_earn_for_everyone_of_the_roster(ann_and_bob):
    ann, bob = ann_and_bob
    for number in range(3):
        hold(f"cup-{number}", ann, bob, number=number)

    assert held(ann) == {
        "first-tournament": day(-1),
        "first-podium": day(0),
        "first-title": day(0),
        "three-titles": day(2),
    }
    assert held(bob) == {"first-tournament": day(-1), "first-podium": day(0)}
    assert UserAchievement.objects.get(user=ann, achievement__slug="three-titles").fact == "Cup 2"


@pytest.mark.parametrize("seed", range(4))
def test_in_whatever_order_and_batches_matches_are_told_the_end_is_the_same(seed, find_all_drift):
    players = people("ann", "bob", "cat")
    source = random.Random(seed)
    records = []
    for number in range(80):
        one, other = source.sample(players, 2)
        records.append(
            daily_duel(
                one,
                other,
                number,
                draw=source.random() < 0.1,
                void_reason="Crash" if source.random() < 0.1 else "",
            )
        )
    told_in = source.sample(records, len(records)) if seed % 2 else records
    while told_in:
        size = source.randint(1, 20)
        play(told_in[:size])
        told_in = told_in[size:]
    for number in source.sample(range(80), 6):
        void(number)

    from_events = contents()
    UserAchievement.objects.all().delete()
    ExperienceAward.objects.all().delete()
    backfill_players()

    assert contents() == from_events
    assert len(from_events["achievements"]) > 3
    assert find_all_drift() == []


def test_a_voided_match_moves_the_achievement_to_the_match_that_earns_it_now(ann_and_bob):
    ann, bob = ann_and_bob
    play([daily_duel(ann, bob, number) for number in range(12)])
    kept = UserAchievement.objects.get(user=ann, achievement__slug="streak-ten").pk

    void(3)

    assert held(ann) == {
        "first-win": day(0),
        "streak-five": day(5),
        "ten-wins": day(10),
        "streak-ten": day(10),
    }
    assert UserAchievement.objects.get(user=ann, achievement__slug="streak-ten").pk == kept
    assert ExperienceAward.objects.get(user=ann, dedupe_key="achievement:streak-ten").awarded_at == day(10)
    assert list(
        ann.activities.filter(dedupe_key="achievement:streak-ten").values_list("created_at", flat=True)
    ) == [day(10)]


def test_it_is_revoked_when_no_other_fact_earns_it(ann_and_bob, find_all_drift):
    ann, bob = ann_and_bob
    play([daily_duel(ann, bob, number) for number in range(10)])
    void(3)

    assert held(ann) == {"first-win": day(0), "streak-five": day(5)}
    assert set(ExperienceAward.objects.filter(user=ann).values_list("dedupe_key", flat=True)) == {
        "achievement:first-win",
        "achievement:streak-five",
    }
    assert said(ann) == []
    ann.profile.refresh_from_db()
    assert (ann.profile.achievement_count, ann.profile.experience_points) == (2, 150)
    assert find_all_drift() == []


def test_it_comes_back_when_the_void_is_taken_back(ann_and_bob):
    ann, bob = ann_and_bob
    play([daily_duel(ann, bob, number) for number in range(10)])
    before = contents()
    void(3)
    restore_match(game=rocket(), match_key="day-3", reason="It did not crash", now=TOLD)

    assert contents() == before


def test_a_corrected_match_earns_for_whoever_won(ann_and_bob):
    ann, bob = ann_and_bob
    play([daily_duel(ann, bob, 0)])
    correct_match(
        game=rocket(), match_key="day-0", results={"ann": "LOSS", "bob": "WIN"}, reason="Sides", now=TOLD
    )

    assert (held(ann), held(bob)) == ({}, {"first-win": day(0)})


def test_matches_in_the_archive_count(ann_and_bob):
    ann, bob = ann_and_bob
    play([daily_duel(ann, bob, number) for number in range(4)])
    for row in Match.objects.all():
        scene.archive(row)
    play([daily_duel(ann, bob, number) for number in range(4, 10)])
    assert held(ann) == {"first-win": day(0), "streak-five": day(4), "ten-wins": day(9), "streak-ten": day(9)}

    void(0)
    assert held(ann) == {"first-win": day(1), "streak-five": day(5)}


def test_disqualifications_and_corrections_are_followed(ann_and_bob):
    ann, bob = ann_and_bob
    first, second = (hold(f"cup-{number}", ann, bob, number=number) for number in range(2))

    disqualify_entrant(tournament=first, user=ann, reason="Two accounts", now=TOLD)
    assert held(ann) == {"first-tournament": day(0), "first-podium": day(1), "first-title": day(1)}
    assert held(bob)["first-title"] == day(0)

    correct_result(tournament=second, user=ann, placement=2, reason="Recount", now=TOLD)
    assert held(ann) == {"first-tournament": day(0), "first-podium": day(1)}


def test_what_was_awarded_by_hand_is_left_alone(ann_and_bob):
    ann, bob = ann_and_bob
    pioneer = define_achievement(
        slug="pioneer", name="Pioneer", description="Be early.", tier="MAJOR", points=0
    )
    award_achievement(user=ann, achievement=pioneer, fact="", earned_at=day(0))
    play([daily_duel(ann, bob, 1)])
    void(1)
    backfill_players()

    assert held(ann) == {"pioneer": day(0)}


def test_the_catalogue_is_entered_whole_and_brought_up_to_date():
    define_achievement(slug="first-win", name="Old name", description="Old.", tier="MAJOR", points=1)
    syncing.define_catalogue()

    entries = Achievement.objects.values_list("slug", "name", "description", "tier", "points")
    assert sorted(entries) == sorted(
        (rule.slug, rule.name, rule.description, rule.tier, rule.points) for rule in CATALOGUE
    )


def test_recording_costs_the_same_whatever_was_played_before():
    ann, bob, cat, dan = people("ann", "bob", "cat", "dan")
    counts = []
    for first, last in ((0, 20), (20, 22), (22, 150), (150, 152)):
        pairs = [((ann, bob), (cat, dan))[number % 2] for number in range(last)]
        records = [daily_duel(*pairs[number], number) for number in range(first, last)]
        with queries() as sent:
            play(records)
        counts.append(len([sql for sql in sent if not sql.startswith("INSERT")]))

    # Batches that earn nothing new: which keys are known (with the queue, on PostgreSQL), the latest matches
    # of the players, their wins, and whether other keys of the same matches may be.
    assert counts[1] == counts[3] == 4
