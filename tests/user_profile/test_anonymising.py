"""Anonymising: the person goes, what was played stays."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from deltacrown.accounts.models import AnsweredRequest, ApiKey, ExternalId, FormerUsername, User
from deltacrown.accounts.rights import Right
from deltacrown.accounts.services import add_external_id
from deltacrown.core.clock import now as clock
from deltacrown.games.models import Match
from deltacrown.teams.models import TeamRole
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.achievements.backfill import backfill_players
from deltacrown.user_profile.jobs import anonymise_due
from deltacrown.user_profile.models import (
    Block,
    Follow,
    GameStats,
    PendingAnonymisation,
    PlayerSearchTerm,
    PrivacySettings,
    StandingChange,
    UserActivity,
    UserProfile,
)
from deltacrown.user_profile.people.anonymising import (
    CannotAnonymise,
    MayNotAnonymise,
    OwnDataNotExported,
    anonymise_player,
    elsewhere,
    words,
)
from deltacrown.user_profile.people.merging import merge_players
from deltacrown.user_profile.people.standings import close_account
from deltacrown.user_profile.services import stats_service
from django_tally.models import Revision
from tests import scene
from tests.conftest import NOON
from tests.scene import at
from tests.user_profile.farewell import SECRETS, find_secrets, list_secrets, make_player, make_rows_of_all
from tests.web.reading import without_token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()
    yield
    cache.clear()


def anonymise(user, **options):
    return anonymise_player(**{"user": user, "by": None, "now": NOON, "without_export": True, **options})


def show_numbers():
    """Every number of everybody."""
    rows = [*UserProfile.objects.order_by("pk").values(), *GameStats.objects.order_by("pk").values()]
    told = {"public_id", "display_name", "display_skeleton", "search_key", "bio", "links", "country"}
    told |= {"standing", "standing_until", "data_exported_at"}
    return [{name: value for name, value in row.items() if name not in told} for row in rows]


def test_no_text_of_any_table_or_file_names_the_player_any_more(find_all_drift, tmp_path):
    user = make_rows_of_all()
    secrets = list_secrets(user)
    before, revisions = show_numbers(), Revision.objects.count()
    assert len(find_secrets(secrets)) > 40

    anonymise(user)

    assert find_secrets(secrets) == []
    for command in ("export_matches", "export_tournaments"):
        file = tmp_path / f"{command}.ndjson"
        call_command(command, str(file), stdout=io.StringIO(), stderr=io.StringIO())
        assert [secret for secret in secrets if secret.lower() in file.read_text().lower()] == []
    assert show_numbers() == before
    assert Revision.objects.count() == revisions
    assert find_all_drift() == []


def test_the_account_is_nobodys(player):
    ann, bob = player("ann"), player("bob")
    scene.registration(ann, scene.tournament("cup"))
    scene.activity(ann, "joined")
    scene.archived_activity(scene.activity(ann, "long ago"))
    Follow.objects.create(follower=bob, followed=ann)
    Follow.objects.create(follower=ann, followed=bob)
    ann = make_player("ann")
    ApiKey.objects.create(owner=ann, name="x", prefix="zqkey", digest="0" * 64, scopes=["read"])
    client = Client()
    client.force_login(ann)
    old_id = ann.profile.public_id

    done = anonymise(ann, reason="asked by letter")

    ann = User.objects.get(pk=ann.pk)
    profile = ann.profile
    assert (ann.username, ann.email, ann.get_full_name(), ann.is_active) == (done.username, "", "", False)
    assert not ann.has_usable_password()
    assert (profile.public_id, profile.standing) == (done.public_id, "ANONYMISED")
    assert (profile.display_name, profile.bio, profile.country) == ("", "", "")
    assert profile.public_id != old_id
    assert done.username == f"former-player-{done.public_id[3:].replace('-', '')}"
    assert not UserProfile.objects.filter(public_id=old_id).exists()
    assert FormerUsername.objects.count() == ApiKey.objects.count() == Follow.objects.count() == 0
    assert UserActivity.objects.filter(user=ann).count() == ann.archived_activities.count() == 0
    assert PrivacySettings.objects.filter(user=ann).values_list(
        "show_match_history", "show_tournament_stats"
    ).get() == (False, False)
    assert StandingChange.objects.filter(user=ann).values_list("standing", "reason", "decided_by").get() == (
        "ANONYMISED",
        "asked by letter",
        None,
    )
    assert client.session.get("_auth_user_id") is None
    assert find_secrets([*SECRETS.values(), old_id]) == []


def test_what_others_played_stays_as_it_is_under_the_new_name(player, game):
    ann, bob = player("ann"), player("bob")
    for number, result in enumerate(("WIN", "LOSS", "WIN")):
        told = {"hours": number, "title": game, "kind": "TOURNAMENT"}
        scene.match(ann, f"m{number}", result, side="a", **told)
        opposite = {"WIN": "LOSS", "LOSS": "WIN"}[result]
        row = scene.match(bob, f"m{number}", opposite, side="b", **told)
    cup = scene.tournament("cup", title=game)
    scene.tournament_match(row, cup, opponent_user=ann, round="Final")
    for place, user in enumerate((bob, ann), start=1):
        scene.registration(user, cup)
        scene.result(cup, place, user)
    ann = make_player("ann")
    pages = [
        f"/players/{bob.profile.public_id}/",
        f"/players/{bob.profile.public_id}/matches/",
        f"/players/{bob.profile.public_id}/tournaments/",
        "/tournaments/cup/",
        f"/api/v1/players/{bob.profile.public_id}/matches",
        "/api/v1/tournaments/cup/results",
    ]

    def read(page):
        """The page without places on boards, which close up behind who is anonymised, and without pictures.

        A picture follows from the public id, which is another one then.
        """
        text = without_token(Client().get(page).content).decode()
        return re.sub(r'<b>\d+\w\w</b>|<svg class="avatar.*?</svg>', "", text)

    before = {page: read(page) for page in pages}
    assert all("Sullivan" in before[page] for page in pages if page != pages[2])
    old_id = ann.profile.public_id
    told = [stats_service.get_stat_history(bob, "matches_won").items, show_history(bob)]

    done = anonymise(ann)

    assert find_secrets([*SECRETS.values(), old_id]) == []
    escaped = [SECRETS["display"].replace("'", "&#x27;"), json.dumps(SECRETS["display"])[1:-1]]
    names = {**dict.fromkeys([*escaped, SECRETS["display"]], done.username), old_id: done.public_id}
    for page, text in before.items():
        expected = text
        for was, new in names.items():
            expected = expected.replace(was, new)
        assert read(page) == expected, page
    assert [stats_service.get_stat_history(bob, "matches_won").items, show_history(bob)] == told
    assert Client().get(f"/players/{old_id}/").status_code == 404
    assert Client().get(f"/players/{done.public_id}/").status_code == 410
    assert Client().get(f"/api/v1/players/{done.public_id}").status_code == 410


def show_history(user):
    return list(Match.objects.filter(user=user).order_by("pk").values())


def test_a_run_that_is_stopped_is_finished_by_another(monkeypatch, player):
    ann, bob = player("ann"), player("bob")
    for number in range(9):
        scene.voided(bob, f"m{number}", reason=f"{SECRETS['username']} left")
    ann = make_player("ann")
    secrets = list_secrets(ann)
    monkeypatch.setattr(elsewhere, "BATCH", 2)
    write, written = elsewhere._write, []

    def stop(**given):
        written.append(given["keys"])
        if len(written) == 3:
            raise KeyboardInterrupt
        write(**given)

    monkeypatch.setattr(elsewhere, "_write", stop)
    with pytest.raises(KeyboardInterrupt):
        anonymise(ann)
    assert PendingAnonymisation.objects.values_list("stage", "last_row").get()[0] == "games.Match"
    assert find_secrets(secrets, ignoring=("user_profile_pendinganonymisation",)) == [
        "games_match.void_reason"
    ]
    monkeypatch.setattr(elsewhere, "_write", write)

    done = anonymise(ann)

    assert (done.is_new, done.texts) == (False, 5)
    assert find_secrets(secrets) == []
    assert not PendingAnonymisation.objects.exists()


def test_doing_it_again_changes_nothing(player):
    ann = player("ann")
    first = anonymise(ann)

    again = anonymise(User.objects.get(pk=ann.pk))

    assert (again.is_new, again.texts) == (False, 0)
    assert (again.public_id, again.username) == (first.public_id, first.username)
    assert StandingChange.objects.count() == 1


def test_no_timeline_comes_back(player, game):
    ann = player("ann")
    scene.member(ann, scene.team("north"))
    scene.experience(ann, 5000)
    backfill_players(everyone=True)
    assert UserActivity.objects.filter(user=ann).exists()

    anonymise(ann)
    backfill_players(everyone=True)

    assert not UserActivity.objects.filter(user=ann).exists()
    assert User.objects.get(pk=ann.pk).profile.experience_points >= 5000


def test_what_follows_names_of_matches_keeps_its_order(player, game):
    ann, bob = player("zqhandle"), player("bob")
    for key, result in (("a", "WIN"), ("zqhandle-2", "LOSS"), ("zzz", "WIN"), ("kilo", "LOSS")):
        scene.match(bob, key, result, title=game)
    scene.match(ann, "zqhandle-2", title=game)

    name = anonymise(ann).username

    keys = list(Match.objects.filter(user=bob).order_by("pk").values_list("match_key", flat=True))
    assert keys == ["a", f"kilo!{name}-2", "zzz", "kilo"]
    assert Match.objects.filter(match_key=keys[1]).count() == 2


def test_a_word_of_facts_is_a_name_only_where_the_player_was(player, game, monkeypatch):
    monkeypatch.setattr(words, "FEW", 0)
    ann, bob = player("mirage"), player("bob")
    stats = {"mvp": "mirage", "mirage": 1}
    scene.match(ann, "own", title=game, stats=stats)
    scene.match(bob, "own", title=game, stats=stats)
    scene.match(bob, "other", title=game, stats=stats)

    name = anonymise(ann).username

    kept = Match.objects.order_by("pk").values_list("stats", flat=True)
    assert list(kept) == [{"mvp": name, "mirage": 1}] * 2 + [stats]


def test_accounts_merged_into_it_are_the_same_persons(player):
    ann, other = player("ann"), player("zqother")
    User.objects.filter(pk=other.pk).update(merged_into=ann)
    UserProfile.objects.filter(user=other).update(standing="MERGED")
    scene.voided(player("bob"), "m1", reason="zqother left")

    with pytest.raises(CannotAnonymise, match="anonymise that one"):
        anonymise(other)
    anonymise(ann)

    assert find_secrets(["zqother"]) == []
    assert UserProfile.objects.order_by("pk").values_list("standing", flat=True)[1] == "MERGED"


def test_blocks_and_ids_go_and_roles_stay_under_the_new_name(player):
    ann, bob, north = player("ann"), player("bob"), scene.team("north")
    for user in (ann, bob):
        scene.member(user, north)
        scene.role(user, north)
    TeamRole.objects.update(given_by=ann)
    for blocker, blocked in ((ann, bob), (bob, ann), (bob, player("cid"))):
        Block.objects.create(blocker=blocker, blocked=blocked)
    ann = make_player("ann")
    old_id = ann.profile.public_id

    name = anonymise(ann).username

    assert find_secrets([*SECRETS.values(), old_id]) == []
    assert list(Block.objects.values_list("blocker__username", "blocked__username")) == [("bob", "cid")]
    assert not ExternalId.objects.exists()
    rows = TeamRole.objects.order_by("pk").values_list("user__username", "given_by__username")
    assert list(rows) == [(name, name), ("bob", name)]
    assert set(PlayerSearchTerm.objects.filter(owner=ann).values_list("former_name", flat=True)) == {""}


def test_ids_that_one_claims_are_no_names_where_they_are_anothers(player):
    ann, bob = player("ann"), player("bob")
    for external_id in ("battlenet:Queen#1234", "esea:bob"):
        add_external_id(user=ann, external_id=external_id, confirmed=False)
    add_external_id(user=bob, external_id="battlenet:Queen#1234", confirmed=True)
    row = scene.voided(bob, "m1", reason="bob, Queen#1234, left")

    anonymise(ann)

    row.refresh_from_db()
    assert row.void_reason == "bob, Queen#1234, left"


def test_a_merged_account_goes_with_its_ids_and_search_terms(player):
    ann, _ = player("ann"), player("zqother")
    other = make_player("zqother")
    old_id = other.profile.public_id
    add_external_id(user=ann, external_id=f"battlenet:{SECRETS['id'].upper()}", confirmed=False)
    merge_players(kept=ann, merged=other, by=None, reason="one person", now=NOON)

    anonymise(ann)

    assert find_secrets([*SECRETS.values(), old_id, "zqother"]) == []
    assert not ExternalId.objects.exists()


def test_titles_stay_and_are_told(player):
    ann = player("zqhandle")
    squad = scene.team("zqhandle-fans")

    assert anonymise(ann).titles == [f"teams.Team {squad.pk}"]


def test_who_may_and_what_must_be_done_before(player):
    ann, clerk = player("ann"), scene.staff("clerk", Right.SUSPEND_PLAYERS)
    operator = scene.staff("operator", Right.ANONYMISE_PLAYERS)
    with pytest.raises(MayNotAnonymise):
        anonymise(ann, by=clerk)
    with pytest.raises(CannotAnonymise, match="rights of staff"):
        anonymise(clerk, by=operator)
    with pytest.raises(OwnDataNotExported):
        anonymise(ann, by=operator, without_export=False)
    cup = scene.tournament("cup", status="RUNNING", organiser=ann)
    with pytest.raises(CannotAnonymise, match="complete or cancel it"):
        anonymise(ann, by=operator)
    assert User.objects.get(pk=ann.pk).username == "ann"

    Tournament.objects.filter(pk=cup.pk).update(status="COMPLETED")
    UserProfile.objects.filter(user=ann).update(data_exported_at=NOON - timedelta(days=29))
    assert anonymise(ann, by=operator, without_export=False).is_new


@pytest.mark.parametrize(("days", "enough"), [(31, False), (29, True)])
def test_an_export_from_shortly_before_the_account_was_closed_is_enough(player, days, enough):
    ann = player("ann")
    close_account(user=ann, by=ann, now=NOON - timedelta(days=20))
    UserProfile.objects.filter(user=ann).update(data_exported_at=NOON - timedelta(days=20 + days))

    if not enough:
        with pytest.raises(OwnDataNotExported):
            anonymise(ann, without_export=False)
    else:
        assert anonymise(ann, without_export=False).is_new


def test_an_export_is_recorded_when_it_was_read_to_its_end(player):
    ann = player("ann")
    client = Client()
    client.force_login(ann)

    answer = client.get("/api/v1/me/export")
    assert UserProfile.objects.get(user=ann).data_exported_at is None
    b"".join(answer.streaming_content)

    assert abs(UserProfile.objects.get(user=ann).data_exported_at - clock()) < timedelta(minutes=1)


def test_accounts_are_anonymised_when_their_waiting_time_is_over(player):
    due, waiting, staffed, busy = (player(name) for name in ("due", "waiting", "staffed", "busy"))
    boss = scene.player("boss", is_staff=True)
    for user, days in ((due, 31), (waiting, 29), (busy, 31)):
        close_account(user=user, by=user, now=NOON - timedelta(days=days))
    close_account(user=staffed, by=boss, now=NOON - timedelta(days=90))
    scene.tournament("cup", status="RUNNING", organiser=busy)

    assert anonymise_due(clock=lambda: NOON) == {"anonymised": 1}

    names = dict(UserProfile.objects.order_by("pk").values_list("pk", "standing"))
    assert names == {
        due.pk: "ANONYMISED",
        **dict.fromkeys((waiting.pk, staffed.pk, busy.pk), "CLOSED"),
        boss.pk: "ACTIVE",
    }


def test_the_command_says_what_it_does_and_needs_to_be_told_twice(player, tmp_path):
    ann, boss = player("ann"), scene.staff("boss", Right.ANONYMISE_PLAYERS, Right.SUSPEND_PLAYERS)
    public_id = ann.profile.public_id
    close_account(user=ann, by=boss, now=NOON)
    with pytest.raises(CommandError, match="cannot be undone"):
        call_command("anonymise_player", public_id)
    with pytest.raises(CommandError, match="export_own_data"):
        call_command("anonymise_player", public_id, "--yes")

    file, out = tmp_path / "ann.ndjson", io.StringIO()
    call_command("export_own_data", public_id, str(file), stdout=out)
    assert json.loads(file.read_text().splitlines()[0])["username"] == "ann"
    with pytest.raises(CommandError, match="permission"):
        call_command("anonymise_player", public_id, "--yes", "--by", player("bob").username)
    call_command("anonymise_player", public_id, "--yes", "--by", boss.username, stdout=out)
    assert "The player is former-player-" in out.getvalue()
    assert ann.standing_changes.get(standing="ANONYMISED").decided_by == boss

    new_id = UserProfile.objects.get(pk=ann.pk).public_id
    call_command("anonymise_player", new_id, "--yes", stdout=out)
    assert out.getvalue().endswith("is anonymised already.\n")


def test_answers_to_others_that_name_the_player_are_changed(player):
    bob, ann = player("bob"), player("ann.b")
    request = {"owner": bob, "caller": "key:1", "idempotency_key": "k", "digest": "0" * 64}
    AnsweredRequest.objects.create(**request, body={"ann.b": [ann.profile.public_id]}, answered_at=at(0))

    done = anonymise(ann)

    assert AnsweredRequest.objects.get().body == {done.username: [done.public_id]}
