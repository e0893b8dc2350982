"""What staff do to rows goes through the services, with a reason asked for first."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.urls import reverse

from deltacrown.accounts.models import User
from deltacrown.games import services as games
from deltacrown.games import signals as games_signals
from deltacrown.games.models import ArchivedMatch, Game, Match
from deltacrown.moderation.models import Dispute
from deltacrown.teams.models import Team, TeamMembership, TeamRole
from deltacrown.tournaments.models import (
    Disqualification,
    Tournament,
    TournamentParticipation,
    TournamentResult,
)
from deltacrown.tournaments.services import disqualify_entrant
from deltacrown.user_profile.achievements.awards import AwardRecord, award_achievements, define_achievement
from deltacrown.user_profile.models import (
    Achievement,
    ExperienceAward,
    KycVerification,
    PrivacySettings,
    UserAchievement,
    UserProfile,
)
from deltacrown.user_profile.people.kyc import request_verification
from tests import scene
from tests.admin.rows import write_form
from tests.announcements import announced
from tests.scene import START

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def duel():
    """Ann lost to Bob; Cat and Dan drew."""
    ann, bob, cat, dan = (scene.player(name) for name in ("ann", "bob", "cat", "dan"))
    scene.match(bob, "duel", "WIN", side="b")
    scene.match(cat, "draw", "DRAW", side="c")
    scene.match(dan, "draw", "DRAW", side="d")
    return scene.match(ann, "duel", "LOSS", side="a")


@pytest.fixture
def cup(duel):
    event = scene.tournament("cup")
    for placement, name in enumerate(["bob", "ann"], start=1):
        user = UserProfile.objects.get(user__username=name).user
        scene.registration(user, event)
        scene.result(event, placement, user)
    return event


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def ask(desk, action, *rows):
    """Choose ``action`` for ``rows`` on their list."""
    return desk.post(
        address(type(rows[0]), "changelist"), {"action": action, "_selected_action": [row.pk for row in rows]}
    )


def act(desk, action, *rows, **answers):
    """Choose ``action``, and send the page that asks with ``answers``."""
    form = {"action": action, "_selected_action": [row.pk for row in rows], "answered": "1", **answers}
    return desk.post(address(type(rows[0]), "changelist"), form)


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def voided(table=Match):
    return sorted(table.objects.exclude(voided_at=None).values_list("user__username", "void_reason"))


def test_voiding_asks_for_a_reason_first(desk, duel):
    page = ask(desk, "void_selected", duel)
    assert page.status_code == 200
    assert "duel" in page.content.decode()
    assert list(page.context["form"].fields) == ["reason"]
    unanswered = act(desk, "void_selected", duel, reason=" ")
    assert unanswered.context["form"].errors == {"reason": ["This field is required."]}
    assert voided() == []


def test_voiding_voids_every_line_of_the_match_and_says_who(desk, boss, duel):
    with announced(games_signals.match_voided) as events:
        answer = act(desk, "void_selected", duel, reason="Server crash.")
    assert answer.status_code == 302
    assert voided() == [("ann", "Server crash."), ("bob", "Server crash.")]
    assert [(event["by"], event["reason"]) for event in events] == [(boss, "Server crash.")]
    assert said(answer) == ["Void matches: 1 done."]
    assert UserProfile.objects.get(user__username="ann").total_matches_played == 0
    logged = LogEntry.objects.get()
    assert (logged.user, logged.object_id, logged.change_message) == (
        boss,
        str(duel.pk),
        "Void matches: Server crash.",
    )


def test_rows_of_several_matches_and_archived_ones_are_voided(desk, duel):
    archived = scene.archive(duel)
    act(desk, "void_selected", *Match.objects.all(), reason="Server crash.")
    assert [name for name, _ in voided()] == ["bob", "cat", "dan"]
    assert voided(ArchivedMatch) == [("ann", "Server crash.")]
    act(desk, "restore_selected", archived, reason="It was not.")
    assert (voided(ArchivedMatch), [name for name, _ in voided()]) == ([], ["cat", "dan"])


def test_one_line_is_voided_and_restored_alone(desk, duel):
    players = ask(desk, "void_line_selected", duel).context["form"].fields["player"].choices
    (ann,) = [place for place, name in players if name.startswith("ann (DC-")]
    act(desk, "void_line_selected", duel, reason="Ineligible.", player=ann)
    assert voided() == [("ann", "Ineligible.")]
    unknown = act(desk, "restore_line_selected", duel, reason="He was not.", player="7")
    assert "not one of the available choices" in unknown.context["form"].errors["player"][0]
    act(desk, "restore_line_selected", duel, reason="He was not.", player=ann)
    assert not Match.objects.filter(voided_at__isnull=False).exists()


def test_all_that_lines_say_is_corrected(desk, duel):
    act(
        desk,
        "correct_selected",
        duel,
        reason="Typing error.",
        result_ann="LOSS",
        result_bob="WIN",
        details="ann; placement=2; ended_by=retired; score=6-1 2-0\nbob; placement=1; uncounted=a friendly",
        sequence="3",
        only_day="on",
    )
    rows = Match.objects.filter(match_key=duel.match_key).order_by("user__username")
    told = rows.values_list("placement", "ended_by", "score", "uncounted_reason", "sequence", "is_time_known")
    assert list(told) == [(2, "RETIRED", "6-1 2-0", "", 3, False), (1, "PLAY", "", "a friendly", 3, False)]


def test_correcting_asks_for_the_result_of_every_player(desk, duel):
    page = ask(desk, "correct_selected", duel)
    more = {"reason", "played_at", "only_day", "sequence", "kind", "details", "moved", "added", "removed"}
    assert set(page.context["form"].fields) == {"result_ann", "result_bob", *more}
    act(desk, "correct_selected", duel, reason="Typing error.", result_ann="WIN", result_bob="LOSS")
    assert dict(Match.objects.filter(match_key="duel").values_list("user__username", "result")) == {
        "ann": "WIN",
        "bob": "LOSS",
    }


def test_time_kind_and_players_of_a_match_are_corrected(desk, duel):
    results = {"result_ann": "LOSS", "result_bob": "WIN"}
    scene.player("eve")
    act(
        desk,
        "correct_selected",
        duel,
        reason="Typing error.",
        **results,
        played_at="2025-02-01 10:00:00",
        kind="TOURNAMENT",
        moved="ann, eve",
        added="Cat, LOSS, a, 3",
    )
    rows = Match.objects.filter(match_key="duel")
    assert set(rows.values_list("user__username", "result", "side", "score")) == {
        ("eve", "LOSS", "a", ""),
        ("bob", "WIN", "b", ""),
        ("cat", "LOSS", "a", "3"),
    }
    assert {f"{row.played_at:%Y-%m-%d} {row.kind}" for row in rows} == {"2025-02-01 TOURNAMENT"}

    act(
        desk,
        "correct_selected",
        rows[0],
        reason="x",
        result_eve="LOSS",
        result_cat="LOSS",
        result_bob="WIN",
        removed=["cat"],
    )
    assert set(rows.values_list("user__username", flat=True)) == {"eve", "bob"}


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("moved", "ann", "Give two usernames per line"),
        ("moved", "ann, nobody", "There is no player 'nobody'."),
        ("added", "nobody, LOSS", "Line 1: there is no player 'nobody'."),
        ("removed", "dan", "not one of the available choices"),
        ("played_at", "soon", "Enter a valid date/time."),
    ],
)
def test_a_correction_that_cannot_be_read_is_said_beside_its_field(desk, duel, field, text, message):
    answers = {"reason": "x", "result_ann": "LOSS", "result_bob": "WIN", field: text}
    page = act(desk, "correct_selected", duel, **answers)
    assert message in page.context["form"].errors[field][0]


def test_what_a_service_refuses_is_said_and_changes_nothing(desk, duel):
    bob = User.objects.get(username="bob")
    results = {"result_ann": "LOSS", "result_bob": "WIN"}
    answer = act(desk, "correct_selected", duel, reason="x", **results, removed=["ann", "bob"])
    assert said(answer)[0].startswith(f"Valorant duel of bob ({bob.profile.public_id}), ann (")
    assert "The match has no players" in said(answer)[0]
    assert dict(Match.objects.filter(match_key="duel").values_list("user__username", "result")) == {
        "ann": "LOSS",
        "bob": "WIN",
    }


def test_one_match_is_corrected_at_a_time(desk, duel):
    answer = ask(desk, "correct_selected", *Match.objects.all())
    assert said(answer) == ["Select exactly one match for this."]


def test_the_form_of_a_match_changes_nothing(desk, duel):
    answer = desk.post(
        address(Match, "change", duel.pk), {"result": "WIN", "voided_at_0": "2025-01-01", "void_reason": "x"}
    )
    assert answer.status_code == 403
    duel.refresh_from_db()
    assert (duel.result, duel.voided_at) == ("LOSS", None)


def test_staff_without_the_permission_may_look_and_not_act(client, duel):
    helper = scene.staff("helper")
    helper.user_permissions.add(Permission.objects.get(codename="view_match"))
    client.force_login(helper)
    assert client.get(address(Match, "change", duel.pk)).status_code == 200
    act(client, "void_selected", duel, reason="Server crash.")
    assert voided() == []
    helper.user_permissions.add(Permission.objects.get(codename="change_match"))
    act(client, "void_selected", duel, reason="Server crash.")
    assert len(voided()) == 2


def dispute_of(duel):
    return scene.dispute(duel.user, duel)


def resolution():
    return list(Dispute.objects.values_list("status", "resolved_by__username", "resolution"))


def test_rejecting_a_dispute(desk, duel):
    act(desk, "reject_selected", dispute_of(duel), reason="It was so.")
    assert resolution() == [("REJECTED", "boss", "It was so.")]


def test_upholding_by_voiding(desk, duel):
    act(desk, "void_disputed", dispute_of(duel), reason="It was not so.")
    assert resolution() == [("UPHELD", "boss", "It was not so.")]
    assert [name for name, _ in voided()] == ["ann", "bob"]


def test_upholding_by_correcting_an_archived_match(desk, duel):
    dispute = dispute_of(duel)
    scene.archive(duel)
    page = desk.get(address(Dispute, "change", dispute.pk))
    assert address(ArchivedMatch, "change", duel.pk) in page.content.decode()
    act(desk, "correct_disputed_match", dispute, reason="Typing error.", result_ann="WIN", result_bob="LOSS")
    assert resolution()[0][0] == "UPHELD"
    assert ArchivedMatch.objects.get().result == "WIN"


def test_upholding_against_a_result(desk, cup):
    ann = UserProfile.objects.get(user__username="ann").user
    dispute = Dispute.objects.create(
        reporter=ann, result=cup.results.get(placement=1), reason="Not so.", filed_at=START
    )
    wrong = act(desk, "correct_disputed_match", dispute, reason="Typing error.")
    assert said(wrong) == ["The dispute is about a tournament result; correct its placement instead."]
    act(desk, "correct_disputed_result", dispute, reason="Photo finish.", placement="2", prize="")
    assert resolution() == [("UPHELD", "boss", "Photo finish.")]
    assert list(cup.results.order_by("id").values_list("placement", flat=True)) == [2, 2]


def test_upholding_by_disqualifying(desk, cup):
    ann = UserProfile.objects.get(user__username="ann").user
    dispute = Dispute.objects.create(
        reporter=ann, result=cup.results.get(placement=1), reason="Not so.", filed_at=START
    )
    act(desk, "disqualify_disputed", dispute, reason="Cheated.")
    assert list(cup.results.order_by("id").values_list("placement", "disqualified_reason")) == [
        (None, "Cheated."),
        (1, ""),
    ]


def test_nobody_resolves_their_own_dispute(desk, boss, duel):
    scene.match(boss, "duel", "LOSS", side="a")
    answer = act(desk, "reject_selected", scene.dispute(boss, duel), reason="It was so.")
    assert "another moderator" in said(answer)[0]
    assert resolution()[0][0] == "OPEN"


def test_a_result_is_corrected_by_its_form_with_a_reason(desk, cup):
    title = cup.results.get(placement=1)
    without = desk.post(
        address(TournamentResult, "change", title.pk), {"placement": "3", "prize_amount": "5.00"}
    )
    assert without.context["adminform"].form.errors == {"reason": ["This field is required."]}
    refused = desk.post(
        address(TournamentResult, "change", title.pk),
        {"placement": "x", "prize_amount": "5.00", "reason": "Photo finish."},
    )
    assert list(refused.context["adminform"].form.errors) == ["placement"]
    saved = desk.post(
        address(TournamentResult, "change", title.pk),
        {"placement": "3", "prize_amount": "5.00", "reason": "Photo finish."},
    )
    assert saved.status_code == 302
    title.refresh_from_db()
    assert (title.placement, title.prize_amount) == (3, 5)


def test_a_result_is_corrected_to_a_range_and_to_no_placement(desk, cup):
    title = cup.results.get(placement=1)
    page = address(TournamentResult, "change", title.pk)
    said = {"prize_amount": "0.00", "reason": "Photo finish."}

    desk.post(page, {"placement": "5", "placement_to": "8", **said})
    title.refresh_from_db()
    assert (title.placement, title.placement_to) == (5, 8)

    desk.post(page, {"placement": "", "unplaced_reason": "not classified", **said})
    title.refresh_from_db()
    assert (title.placement, title.placement_to, title.unplaced_reason) == (None, None, "not classified")


def test_a_disqualified_result_is_not_let_in_by_an_empty_placement(desk, cup):
    title = cup.results.get(placement=1)
    disqualify_entrant(tournament=cup, user=title.user, reason="x", now=scene.at(1))

    refused = desk.post(
        address(TournamentResult, "change", title.pk),
        {"placement": "", "prize_amount": "0.00", "reason": "Photo finish."},
    )

    assert list(refused.context["adminform"].form.errors) == ["placement"]
    title.refresh_from_db()
    assert title.disqualified_at == scene.at(1)


def test_the_currency_of_prizes_is_set_later(desk, cup):
    page = address(Tournament, "change", cup.pk)
    desk.post(page, write_form(cup, prize_currency="EUR"))
    cup.refresh_from_db()
    assert cup.prize_currency == "EUR"


def test_a_team_s_result_takes_its_members_along(desk):
    ann, squad, league = (
        scene.player("ann"),
        scene.team("north"),
        scene.tournament("league", entrant_kind="TEAM"),
    )
    scene.registration(ann, league, team=squad)
    member, team = scene.result(league, 1, ann, team=squad), scene.result(league, 1, team=squad)

    change_member = address(TournamentResult, "change", member.pk)
    refused = desk.post(change_member, {"placement": "2", "reason": "x"})
    assert refused.status_code == 403

    desk.post(
        address(TournamentResult, "change", team.pk),
        {"placement": "2", "prize_amount": "0.00", "reason": "Photo finish."},
    )
    assert set(league.results.values_list("placement", flat=True)) == {2}


def test_disqualifying_entrants(desk, cup):
    act(desk, "disqualify_selected", cup.results.get(placement=1), reason="Cheated.")
    act(desk, "disqualify_selected", cup.participations.get(user__username="ann"), reason="Cheated too.")
    assert set(cup.participations.values_list("status", flat=True)) == {
        TournamentParticipation.Status.DISQUALIFIED
    }
    assert set(cup.results.values_list("placement", flat=True)) == {None}


def test_lifting_disqualifications(desk, cup):
    cup.results.filter(placement=1).update(prize_amount=5)
    before = list(cup.results.order_by("pk").values_list("placement", "prize_amount"))
    answer = act(desk, "disqualify_selected", cup.results.get(placement=1), reason="Cheated.")
    assert any("The prize of 5.00 that bob had is nobody's now" in text for text in said(answer))

    act(desk, "lift_selected", Disqualification.objects.get(), reason="He did not.")

    assert list(cup.results.order_by("pk").values_list("placement", "prize_amount")) == before
    [ruling] = Disqualification.objects.all()
    assert (ruling.reason, ruling.lift_reason) == ("Cheated.", "He did not.")
    assert ruling.decided_by == ruling.lifted_by is not None


def test_what_is_odd_about_a_corrected_result_is_shown(desk, cup):
    title = cup.results.get(placement=1)
    saved = desk.post(
        address(TournamentResult, "change", title.pk),
        {"placement": "3", "prize_amount": "5.00", "reason": "Photo finish."},
        follow=True,
    )
    assert any("Nobody is placed 1" in text for text in said(saved))


def test_a_withdrawal_is_taken_back(desk, cup):
    cup.participations.update(status="WITHDRAWN", withdrawn_from="CHECKED_IN")
    act(desk, "take_back_selected", cup.participations.get(user__username="ann"))
    assert cup.participations.get(user__username="ann").status == "CHECKED_IN"


def test_a_tournament_is_made_as_a_draft_and_moved_on(desk, boss):
    form = {
        "name": "Spring Cup",
        "slug": "spring",
        "game": scene.game().pk,
        "entrant_kind": "SOLO",
        "organiser": boss.pk,
        "capacity": "8",
    }
    form |= {"starts_at_0": "2025-03-01", "starts_at_1": "18:00:00", "ends_at_0": "", "ends_at_1": ""}
    assert desk.post(address(Tournament, "add"), form).status_code == 302
    event = Tournament.objects.get(slug="spring")
    assert (event.status, event.capacity, event.organiser) == ("DRAFT", 8, boss)
    act(desk, "open_selected", event)
    scene.registration(boss, event)
    act(desk, "start_selected", event)
    assert Tournament.objects.get().status == "RUNNING"
    act(desk, "cancel_selected", event, reason="Storm.")
    assert Tournament.objects.get().status == "CANCELLED"
    assert said(act(desk, "open_selected", event))[-1].startswith("Spring Cup: Spring Cup is CANCELLED")


def test_teams_are_made_and_renamed_and_never_share_a_name(desk):
    desk.post(address(Team, "add"), {"name": "OpTic Gaming", "slug": "og"})
    desk.post(address(Team, "add"), {"name": "Splyce", "slug": "splyce"})
    by_form = desk.post(address(Team, "add"), {"name": "optic gaming", "slug": "optic"})
    assert "A team of that name exists already." in by_form.content.decode()
    splyce = Team.objects.get(slug="splyce")
    by_service = desk.post(address(Team, "change", splyce.pk), {"name": "OpTic  Gaming"})
    assert by_service.context["adminform"].form.errors == {
        "name": ["The name 'OpTic Gaming' belongs to the team 'og'; choose another name."]
    }
    assert desk.post(address(Team, "change", splyce.pk), {"name": "Splyce Esports"}).status_code == 302
    assert sorted(Team.objects.values_list("slug", "name")) == [
        ("og", "OpTic Gaming"),
        ("splyce", "Splyce Esports"),
    ]


def test_memberships_are_recorded_and_ended(desk):
    ann, squad = scene.player("ann"), scene.team("north")
    form = {
        "team": squad.pk,
        "user": ann.pk,
        "joined_at_0": "2025-03-01",
        "joined_at_1": "18:00:00",
        "left_at_0": "",
        "left_at_1": "",
    }
    assert desk.post(address(TeamMembership, "add"), form).status_code == 302
    membership = TeamMembership.objects.get()
    early = {"left_at_0": "2025-02-01", "left_at_1": "00:00:00"}
    refused = desk.post(address(TeamMembership, "change", membership.pk), early)
    assert list(refused.context["adminform"].form.errors) == ["left_at"]
    desk.post(
        address(TeamMembership, "change", membership.pk), {"left_at_0": "2025-04-01", "left_at_1": "00:00:00"}
    )
    assert TeamMembership.objects.get().left_at.month == 4
    assert desk.get(address(TeamMembership, "change", membership.pk)).status_code == 200


def test_roles_are_given_to_members_and_ended(desk, boss):
    ann, squad = scene.player("ann"), scene.team("og")
    form = {
        "team": squad.pk,
        "user": ann.pk,
        "role": "CAPTAIN",
        "given_at_0": "2025-03-02",
        "given_at_1": "12:00",
    }
    refused = desk.post(address(TeamRole, "add"), form)
    assert list(refused.context["adminform"].form.errors) == ["user"]
    scene.member(ann, squad)
    assert desk.post(address(TeamRole, "add"), form).status_code == 302
    role = TeamRole.objects.get()
    assert role.given_by == boss
    early = {"ended_at_0": "2025-03-01", "ended_at_1": "00:00:00"}
    refused = desk.post(address(TeamRole, "change", role.pk), early)
    assert list(refused.context["adminform"].form.errors) == ["ended_at"]
    desk.post(address(TeamRole, "change", role.pk), {"ended_at_0": "2025-04-01", "ended_at_1": "00:00:00"})
    assert TeamRole.objects.get().ended_at.month == 4


def test_games_are_made_and_stay(desk):
    desk.post(address(Game, "add"), {"name": "Rocket", "slug": "rocket", "counts_forfeits": "on"})
    assert list(Game.objects.values_list("slug", "name", "counts_forfeits")) == [("rocket", "Rocket", True)]


def test_the_forfeit_rule_of_a_game_changes_what_is_recorded_from_then_on(desk, boss, caplog):
    ann, bob, rocket = scene.player("ann"), scene.player("bob"), scene.game("rocket")
    walkover = scene.line(ann), scene.line(bob, "LOSS", ended_by="FORFEIT")
    games.record_match(record=scene.record(rocket, "w1", *walkover), now=scene.NOON)
    form = desk.get(address(Game, "change", rocket.pk))
    assert "those that are recorded stay as they are" in form.content.decode()

    caplog.clear()
    assert desk.post(address(Game, "change", rocket.pk), {}).status_code == 302
    rocket.refresh_from_db()
    games.record_match(record=scene.record(rocket, "w2", *walkover), now=scene.NOON)

    assert f"{boss.pk} set that forfeits do not count in game rocket" in caplog.text
    assert sorted(Match.objects.values_list("match_key", "uncounted_reason").distinct()) == [
        ("w1", ""),
        ("w2", "decided by forfeit, and forfeits do not count here"),
    ]
    caplog.clear()
    desk.post(address(Game, "change", rocket.pk), {})
    assert "set that forfeits" not in caplog.text


def test_a_tournaments_forfeit_rule_is_set_in_any_state(desk, boss, caplog):
    event = scene.tournament("spring")
    page = address(Tournament, "change", event.pk)
    assert "those that are recorded stay as they are" in desk.get(page).content.decode()

    assert desk.post(page, write_form(event, counts_forfeits="false")).status_code == 302
    event.refresh_from_db()
    assert (event.counts_forfeits, event.name) == (False, "Spring")
    assert f"{boss.pk} set counts_forfeits of tournament spring from None to False" in caplog.text
    caplog.clear()
    desk.post(page, write_form(event, counts_forfeits="false"))
    assert "set counts_forfeits" not in caplog.text
    desk.post(page, write_form(event, counts_forfeits="unknown"))
    event.refresh_from_db()
    assert event.counts_forfeits is None


def test_achievements_are_defined_awarded_and_revoked(desk):
    ann = scene.player("ann")
    entry = {
        "slug": "first-win",
        "name": "First win",
        "description": "Win a match.",
        "tier": "MINOR",
        "points": "50",
    }
    desk.post(address(Achievement, "add"), entry)
    badge = Achievement.objects.get()
    desk.post(address(Achievement, "change", badge.pk), {**entry, "points": "60"})
    form = {
        "user": ann.pk,
        "achievement": badge.pk,
        "earned_at_0": "2025-03-01",
        "earned_at_1": "18:00:00",
        "fact": "by hand",
    }
    desk.post(address(UserAchievement, "add"), form)
    assert list(ExperienceAward.objects.values_list("points", "dedupe_key")) == [
        (60, "achievement:first-win")
    ]
    held = UserAchievement.objects.get()
    assert desk.post(address(Achievement, "delete", badge.pk), {"post": "yes"}).status_code == 302
    assert Achievement.objects.filter(pk=badge.pk).exists()
    assert desk.post(address(UserAchievement, "change", held.pk), form).status_code == 403
    act(desk, "revoke_selected", held, reason="Match voided.")
    assert not UserAchievement.objects.exists()
    assert not ExperienceAward.objects.exists()


def test_a_long_selection_is_shown_in_part(desk):
    badge = define_achievement(slug="early", name="Early", description="Be early.", tier="MINOR", points=0)
    users = [scene.player(f"player{number}") for number in range(25)]
    awards = award_achievements(awards=[AwardRecord(user, badge, "", START) for user in users])
    page = ask(desk, "revoke_selected", *awards)
    assert "and 5 more" in page.content.decode()
    act(desk, "revoke_selected", *awards, reason="Not so early.")
    assert not UserAchievement.objects.exists()


NEW_MATCH = {"match_key": "final", "played_at_0": "2025-03-01", "played_at_1": "18:00:00"}


def test_a_casual_match_is_recorded_whole(desk):
    ann, bob = scene.player("ann"), scene.player("bob")
    game = scene.game()
    answer = desk.post(
        address(Match, "add"), {**NEW_MATCH, "game": game.pk, "players": "ann, win, Red, 13\n\nBob ,LOSS\n"}
    )
    assert answer.status_code == 302
    rows = Match.objects.order_by("id").values_list(
        "user", "game", "match_key", "result", "side", "score", "kind"
    )
    assert list(rows) == [
        (ann.pk, game.pk, "final", "WIN", "Red", "13", "CASUAL"),
        (bob.pk, game.pk, "final", "LOSS", "", "", "CASUAL"),
    ]


@pytest.mark.parametrize(
    ("players", "message"),
    [
        ("ann, WIN\nzoe, LOSS", "Line 2: there is no player &#x27;zoe&#x27;."),
        ("ann", "Line 1: give username, then WIN, LOSS, DRAW or NONE"),
        ("ann, WON", "Line 1: give username"),
        ("ann, WIN\nann, LOSS", "ann is in the match twice"),
        ("ann, WIN, Red, " + "9" * 101, "score"),
        ("ann, WIN, place=5", "Line 1: place is unknown; give placement or ended_by."),
        ("ann, WIN, placement=first", "Line 1: placement &#x27;first&#x27; is no whole number"),
        ("ann, WIN, placement=0", "placement must be"),
        ("ann, WIN, ended_by=WALKOVER", "ended_by &#x27;WALKOVER&#x27; is unknown"),
        ("ann, WIN, ended_by=ABANDONED", "An abandoned match has no result"),
        ("", "This field is required."),
    ],
)
def test_a_match_that_cannot_be_is_not_recorded(desk, players, message):
    scene.player("ann")
    form = {**NEW_MATCH, "game": scene.game().pk, "players": players}
    answer = desk.post(address(Match, "add"), form)
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert not Match.objects.exists()


def test_lines_say_how_they_ended_and_where_they_came_in(desk):
    for name in ("ann", "bob", "cat"):
        scene.player(name)
    players = (
        "ann, WIN, Red, 6-1, 7-5, placement=1\n"
        "bob, loss, Placement = 2, ended_by=retired\n"
        "cat, none, Blue, , ended_by=abandoned"
    )
    form = {**NEW_MATCH, "game": scene.game().pk, "players": players, "only_day": "on", "sequence": "3"}
    answer = desk.post(address(Match, "add"), {**form, "played_at_0": "1872-11-30"})

    assert answer.status_code == 302
    columns = ("side", "score", "placement", "ended_by", "uncounted_reason")
    assert list(Match.objects.order_by("id").values_list(*columns)) == [
        ("Red", "6-1, 7-5", 1, "PLAY", ""),
        ("", "", 2, "RETIRED", ""),
        ("Blue", "", None, "ABANDONED", "abandoned without a result"),
    ]
    times = Match.objects.values_list("played_at", "is_time_known", "sequence").distinct()
    assert list(times) == [(datetime(1872, 11, 30, tzinfo=UTC), False, 3)]
    assert [text for text in said(answer) if "Some players have a result and others have none." in text]
    listed = desk.get(address(Match, "changelist")).content.decode()
    assert ">30 Nov 1872</td>" in listed
    assert "abandoned without a result" in listed


def test_privacy_is_set_through_its_service(desk):
    ann = scene.player("ann")
    desk.post(address(PrivacySettings, "change", ann.pk), {"show_tournament_stats": "on"})
    assert list(
        PrivacySettings.objects.filter(user=ann).values_list("show_match_history", "show_tournament_stats")
    ) == [(False, True)]


def test_what_a_player_cannot_be_called_is_refused(desk):
    ann = scene.player("ann")
    answer = desk.post(
        address(UserProfile, "change", ann.pk), {"display_name": "a\tb", "bio": "", "country": "DE"}
    )
    assert list(answer.context["adminform"].form.errors) == ["display_name"]
    assert UserProfile.objects.get(user=ann).display_name == ""


def test_verifications_are_decided_after_asking_and_never_one_s_own(desk, boss):
    ann, ben = scene.player("ann"), scene.player("ben")
    rows = [request_verification(user=user, now=START) for user in (ann, ben, boss)]

    assert b"Verify players" in ask(desk, "verify_selected", rows[0]).content
    assert {row.status for row in KycVerification.objects.all()} == {"PENDING"}
    answer = act(desk, "verify_selected", rows[0], rows[2])
    assert sum("own verification" in message for message in said(answer)) == 1
    act(desk, "reject_selected", rows[1])

    states = set(KycVerification.objects.values_list("user__username", "status", "reviewed_by__username"))
    assert states == {
        ("ann", "VERIFIED", boss.username),
        ("ben", "REJECTED", boss.username),
        (boss.username, "PENDING", None),
    }


def test_players_are_suspended_after_asking_until_when_and_why(desk, boss):
    rows = [scene.player(name).profile for name in ("ann", "ben")]
    asked = ask(desk, "suspend_selected", *rows).content.decode()
    assert 'name="until"' in asked
    assert 'name="reason"' in asked

    refused = act(desk, "suspend_selected", *rows, until="2001-01-01", reason="cheats")
    assert sum("is over" in message for message in said(refused)) == 2
    act(desk, "suspend_selected", *rows, boss.profile, until="2099-03-03", reason="cheats")

    standings = set(UserProfile.objects.values_list("user__username", "standing", "standing_until"))
    until = datetime(2099, 3, 3, tzinfo=UTC)
    assert standings == {
        ("ann", "SUSPENDED", until),
        ("ben", "SUSPENDED", until),
        (boss.username, "ACTIVE", None),
    }
    act(desk, "lift_selected", *rows)
    assert set(UserProfile.objects.values_list("standing", flat=True)) == {"ACTIVE"}


def test_accounts_are_closed_and_reopened_and_ticking_active_off_does_the_same(desk):
    ann = scene.player("ann")
    act(desk, "close_selected", ann.profile, reason="a second account")
    assert not User.objects.get(pk=ann.pk).is_active
    act(desk, "reopen_selected", ann.profile)
    assert User.objects.get(pk=ann.pk).is_active

    User.objects.filter(pk=ann.pk).update(is_active=False)
    assert UserProfile.objects.get(user=ann).standing == "CLOSED"


def test_the_standing_is_for_staff_who_may_suspend(client):
    ann, clerk = scene.player("ann"), scene.staff("clerk")
    clerk.user_permissions.add(
        *Permission.objects.filter(codename__in=["view_userprofile", "change_userprofile"])
    )
    client.force_login(clerk)

    page = client.get(address(UserProfile, "changelist")).content.decode()
    assert "suspend_selected" not in page
    act(client, "suspend_selected", ann.profile, until="", reason="x")
    assert UserProfile.objects.get(user=ann).standing == "ACTIVE"
