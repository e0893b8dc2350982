"""Cups that are played through: drawn from seeds, reported by both sides, recorded, and put in order."""

from __future__ import annotations

from functools import partial

import pytest

from deltacrown.core.errors import DomainError
from deltacrown.games.models import Match
from deltacrown.games.services import correct_match, void_match
from deltacrown.pages.tournaments import get_tournament_page
from deltacrown.teams.models import TeamMembership
from deltacrown.teams.services import rename_team
from deltacrown.tournaments.models import Pairing, Tournament, TournamentParticipation
from deltacrown.tournaments.services import disqualify_entrant
from deltacrown.tournaments.services import pairings as desk
from deltacrown.tournaments.services.pairings.layout import lay_out, order_seeds
from tests.concurrency import call_together
from tests.conftest import NOON
from tests.scene import at, player, registration, role, team, tournament

WON = desk.Outcome.won


def solo_cup(entrants: int) -> tuple[Tournament, list]:
    event = tournament("solo-cup", status="RUNNING", organiser=player("host"))
    people = [player(f"p{place}") for place in range(1, entrants + 1)]
    for place, each in enumerate(people):
        registration(each, event, hours=place)
    return event, people


def reload(pairing: Pairing) -> Pairing:
    return desk.list_pairings(pairing.tournament).get(pk=pairing.pk)


def play(pairing: Pairing, outcome: desk.Outcome) -> Pairing:
    """Let both sides report one outcome."""
    fresh = reload(pairing)
    for entrant in fresh.sides:
        by = (
            entrant
            if not hasattr(entrant, "slug")
            else TournamentParticipation.objects.filter(team=entrant).order_by("pk").first().user
        )
        desk.report_pairing(pairing=fresh, outcome=outcome, by=by, now=NOON)
    return reload(pairing)


def test_seeds_meet_late():
    assert order_seeds(8) == [1, 8, 4, 5, 2, 7, 3, 6]
    five = [(node.round, node.seeds, node.winner_to) for node in lay_out(5, third_place=False)]
    assert five == [
        ("Quarter-final", [4, 5], 1),
        ("Semi-final", [1, None], 3),
        ("Semi-final", [2, 3], 3),
        ("Final", [None, None], None),
    ]
    for entrants in range(2, 40):
        tree = lay_out(entrants, third_place=False)
        assert len(tree) == entrants - 1
        assert sorted(seed for node in tree for seed in node.seeds if seed) == [*range(1, entrants + 1)]


@pytest.mark.django_db
def test_a_cup_of_five_players(find_all_drift):
    event, people = solo_cup(5)
    host = event.organiser
    seeds = desk.set_seeds(tournament=event, order=[people[4], people[3]])
    assert [seed.user for seed in seeds] == [people[4], people[3], *people[:3]]
    again = [[seed.user_id for seed in desk.set_seeds(tournament=event, shuffle=7)] for _ in range(2)]
    assert again[0] == again[1]
    desk.set_seeds(tournament=event, order=people)

    desk.draw_bracket(tournament=event)
    quarter, upper, lower, final = desk.draw_bracket(tournament=event, third_place=False, final_best_of=3)
    assert quarter.sides == (people[3], people[4])
    assert upper.sides == (people[0], None)
    assert desk.suggest_standings(event) == []

    # Two reports that differ wait for the organiser; nothing is recorded.
    desk.report_pairing(pairing=quarter, outcome=WON(1), by=people[3], now=at(30))
    desk.report_pairing(pairing=quarter, outcome=WON(2), by=people[4], now=at(31))
    assert reload(quarter).state == "DIFFERING"
    assert not Match.objects.exists()
    # One of them changes what it says: confirmed, with the scores that one of them told.
    told = desk.Outcome((desk.GameOutcome(1, "13", "7"),))
    desk.report_pairing(pairing=quarter, outcome=told, by=people[4], now=NOON)
    assert reload(quarter).state == "CONFIRMED"
    lines = Match.objects.order_by("user__username").values_list(
        "user__username", "result", "score", "played_at"
    )
    assert [*lines] == [("p4", "WIN", "13", at(30)), ("p5", "LOSS", "7", at(30))]
    # Said again, it is confirmed once; said otherwise, it is refused.
    desk.report_pairing(pairing=quarter, outcome=told, by=people[3], now=NOON)
    assert Match.objects.count() == 2
    refused = [
        lambda: desk.report_pairing(pairing=quarter, outcome=WON(2), by=people[4], now=NOON),
        lambda: desk.report_pairing(pairing=lower, outcome=WON(2), by=people[0], now=NOON),
        lambda: desk.report_pairing(pairing=final, outcome=WON(2), by=people[0], now=NOON),
        lambda: desk.report_pairing(pairing=lower, outcome=WON(0), by=people[1], now=NOON),
        lambda: desk.report_pairing(pairing=lower, outcome=WON(1, 1), by=people[1], now=NOON),
        lambda: desk.draw_bracket(tournament=event),
        lambda: desk.remove_draw(tournament=event),
        lambda: desk.set_seeds(tournament=event, shuffle=1),
    ]
    for call in refused:
        with pytest.raises(DomainError):
            call()

    play(upper, WON(1))
    # Player 2 withdrew: the organiser rules a no-show, which needs no report.
    desk.rule_pairing(pairing=lower, outcome=desk.Outcome(no_show=1), reason="", by=host, now=NOON)
    assert reload(final).sides == (people[0], people[2])
    play(final, WON(2, 1, 2))
    assert [(each.user, each.placement, each.placement_to) for each in desk.suggest_standings(event)] == [
        (people[2], 1, None),
        (people[0], 2, None),
        (people[3], 3, 4),
        (people[1], 3, 4),
        (people[4], 5, None),
    ]
    (stage,) = get_tournament_page(event.slug, viewer=host).played.stages
    shown = [
        [[getattr(slot.who, "name", None) for slot in tie.slots] for tie in each.ties]
        for line in stage.lines
        for each in line.rounds
    ]
    assert stage.kind == "bracket"
    assert [sorted(map(len, each)) for each in shown] == [[1, 1, 1, 2], [2, 2], [2]]
    assert find_all_drift() == []


@pytest.mark.django_db
def test_what_is_taken_back_and_what_moderators_corrected(find_all_drift):
    event, people = solo_cup(4)
    host = event.organiser
    first, second, third, final = desk.draw_bracket(tournament=event, third_place=True)
    play(first, WON(1))
    play(second, WON(1))
    assert [reload(each).sides for each in (third, final)] == [(people[3], people[2]), (people[0], people[1])]
    play(final, WON(1))

    with pytest.raises(desk.PairingConflict, match="Final"):
        desk.take_back_pairing(pairing=first, reason="wrong", by=host, now=NOON)
    desk.take_back_pairing(pairing=final, reason="wrong final", by=host, now=NOON)
    desk.take_back_pairing(pairing=first, reason="wrong", by=host, now=NOON)
    desk.take_back_pairing(pairing=first, reason="twice", by=host, now=NOON)
    assert reload(final).sides == (None, people[1])
    assert reload(third).sides == (None, people[2])
    assert Match.objects.filter(voided_at__isnull=False).count() == 4

    play(first, WON(2))
    play(final, WON(1))
    play(third, WON(2))
    assert [each.user for each in desk.suggest_standings(event)] == [
        people[3],
        people[1],
        people[2],
        people[0],
    ]
    assert [each.user_id for each in Match.objects.filter(voided_at=None, result="WIN")].count(
        people[3].pk
    ) == 2
    assert find_all_drift() == []

    # A moderator turns the final round: the pairing says it, and follows when it is asked to.
    (key,) = desk.list_match_keys(reload(final))
    correct_match(
        game=event.game,
        match_key=key,
        results={"p2": "WIN", "p4": "LOSS"},
        reason="score was read wrong",
        now=NOON,
    )
    assert desk.find_recorded_winners([reload(final)]) == {final.pk: 2}
    assert reload(final).winner == people[3]
    desk.follow_recorded(pairing=final, by=host, now=NOON)
    assert reload(final).winner == people[1]
    assert desk.Outcome.read(reload(final).outcome) == WON(2)
    void_match(game=event.game, match_key=key, reason="server crash", now=NOON)
    assert desk.find_recorded_winners([reload(final)]) == {final.pk: None}
    with pytest.raises(desk.PairingConflict):
        desk.follow_recorded(pairing=final, by=host, now=NOON)


@pytest.mark.django_db
def test_a_cup_of_eight_teams(find_all_drift):
    event = tournament("team-cup", status="RUNNING", entrant_kind="TEAM", counts_forfeits=False)
    host = player("host")
    captains = []
    for place in range(1, 9):
        side = team(f"team-{place}")
        captain, mate = player(f"c{place}"), player(f"m{place}")
        TeamMembership.objects.create(user=captain, team=side, joined_at=at(0))
        role(captain, side)
        for each in (captain, mate):
            registration(each, event, hours=place, team=side)
        captains.append(captain)
    drawn = desk.draw_bracket(tournament=event, third_place=True, best_of=3)
    assert [row.round for row in drawn] == ["Quarter-final"] * 4 + ["Semi-final"] * 2 + [
        "Third place",
        "Final",
    ]
    mate = TournamentParticipation.objects.get(user__username="m1").user
    with pytest.raises(DomainError, match="captains"):
        desk.report_pairing(pairing=drawn[0], outcome=WON(1, 1), by=mate, now=NOON)

    for row in drawn[:4]:
        play(row, WON(1, 2, 1))
    # One gave up after a game, and forfeits do not count: the other moves on all the same.
    given_up = desk.Outcome(WON(2).games, no_show=2)
    desk.rule_pairing(pairing=drawn[4], outcome=given_up, reason="", by=host, now=NOON)
    desk.rule_pairing(pairing=drawn[5], outcome=desk.Outcome(no_show=1), reason="", by=host, now=NOON)
    for row in drawn[6:]:
        play(row, WON(1, 1))
    placed = [(each.team.slug, each.placement, each.placement_to) for each in desk.suggest_standings(event)]
    assert placed[:4] == [("team-1", 1, None), ("team-3", 2, None), ("team-4", 3, None), ("team-2", 4, None)]
    assert [each[1:] for each in placed[4:]] == [(5, 8)] * 4
    (stage,) = get_tournament_page(event.slug, viewer=host).played.stages
    winners = [[tie.winner and tie.winner.name for tie in each.ties] for each in stage.lines[0].rounds]
    assert winners[1:] == [["Team-1", "Team-3"], ["Team-1"]]
    assert stage.third[0].ties[0].winner.name == "Team-4"
    # A team that is called otherwise since, and one that is out.
    rename_team(team=drawn[0].first, name="Other")
    recorded = desk.find_recorded_winners([reload(row) for row in drawn])
    assert recorded == {row.pk: reload(row).winner_side for row in drawn}
    disqualify_entrant(tournament=event, team=drawn[1].first, reason="wrong roster", now=NOON)
    out = drawn[1].first.slug
    left = [(each.team.slug, each.placement, each.placement_to) for each in desk.suggest_standings(event)]
    assert left == [each for each in placed if each[0] != out]
    assert find_all_drift() == []


@pytest.mark.django_db
def test_pairings_by_hand():
    event, people = solo_cup(3)
    row = desk.add_pairing(tournament=event, first=people[0], second=people[1], round="Week 1", best_of=2)
    play(row, WON(1, 2))
    assert (reload(row).winner_side, reload(row).winner) == (0, None)
    other = desk.add_pairing(tournament=event, first=people[0], second=people[2], round="Week 1")
    desk.schedule_pairing(pairing=other, scheduled_at=at(2))
    assert [*desk.filter_open(event, people[2])] == [other]
    assert desk.get_pairing(event, desk.write_handle(other)) == other
    for call in (
        lambda: desk.add_pairing(tournament=event, first=people[0], second=people[0], round="Week 2"),
        lambda: desk.add_pairing(tournament=event, first=people[0], second=event.organiser, round="Week 2"),
        lambda: desk.remove_pairing(pairing=row),
        lambda: desk.schedule_pairing(pairing=row, scheduled_at=at(3)),
        lambda: desk.report_pairing(
            pairing=other,
            outcome=desk.Outcome((desk.GameOutcome(1, "1", "3"),)),
            by=people[0],
            now=NOON,
        ),
        lambda: desk.get_own_pairing(event, desk.write_handle(other), viewer=people[1], now=NOON),
        lambda: desk.get_pairing(event, "nothing"),
    ):
        with pytest.raises(DomainError):
            call()
    Tournament.objects.filter(pk=event.pk).update(status="CANCELLED")
    with pytest.raises(DomainError, match="scheduling"):
        desk.schedule_pairing(pairing=other, scheduled_at=at(3))
    assert reload(other).scheduled_at == at(2)
    desk.remove_pairing(pairing=other)
    assert [*desk.list_pairings(event)] == [row]


@pytest.mark.django_db(transaction=True)
def test_two_reports_at_one_moment(find_all_drift):
    """Those that agree confirm once; those that differ, a side twice or both, wait for the organiser."""
    event, _people = solo_cup(4)
    drawn = desk.draw_bracket(tournament=event)
    told = [(drawn[0], WON(1), WON(1)), (drawn[1], WON(1), WON(2))]
    for pairing, *outcomes in told:
        calls = [
            partial(
                desk.report_pairing,
                pairing=desk.list_pairings(Tournament.objects.get(pk=event.pk)).get(pk=pairing.pk),
                outcome=outcome,
                by=side,
                now=NOON,
            )
            for side, outcome in zip(pairing.sides, outcomes, strict=True)
            for _twice in range(2)
        ]
        assert [answer for answer in call_together(calls) if isinstance(answer, BaseException)] == []

    first, second, final = (reload(row) for row in drawn)
    assert (first.state, second.state) == ("CONFIRMED", "DIFFERING")
    assert [row.reports.count() for row in (first, second)] == [2, 2]
    assert Match.objects.count() == 2
    assert final.sides == (first.first, None)
    assert find_all_drift() == []
