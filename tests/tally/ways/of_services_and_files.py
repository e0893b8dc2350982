"""Ways through the doors of this project: services, the admin, fixtures."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from deltacrown.accounts.models import User
from deltacrown.games.models import ArchivedMatch, Game, Match, MatchRow
from deltacrown.games.services import (
    LineRecord,
    MatchRecord,
    archive_matches,
    correct_match,
    record_matches,
    restore_match,
    void_match,
)
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.services import correct_result, disqualify_entrant, lift_disqualification
from deltacrown.user_profile.models import ExperienceAward, UserAchievement, UserProfile
from deltacrown.user_profile.people.anonymising import anonymise_player
from deltacrown.user_profile.people.merging import merge_players, undo_merge
from tests import scene
from tests.conftest import NOON
from tests.removal import remove
from tests.tally.ways.declared import way
from tests.tally.ways.season import Season

SERVICES = "Services and the admin"
FIXTURES = "Fixtures"
LATER = NOON + timedelta(days=30)


@way(SERVICES, "`record_matches`")
def record_through_service(season: Season) -> None:
    pair = (
        LineRecord(user=season.players[0], result="WIN"),
        LineRecord(user=season.players[1], result="LOSS"),
    )
    records = [
        MatchRecord(game=season.games[n % 2], match_key=f"svc{n}", played_at=NOON, lines=pair)
        for n in range(5)
    ]
    record_matches(records=records, now=LATER)


@way(SERVICES, "`record_matches` of forfeits, byes and matches without a result")
def record_what_counts_nowhere(season: Season) -> None:
    Game.objects.filter(pk=season.games[1].pk).update(counts_forfeits=False)
    first, second = season.players[:2]
    bye = [LineRecord(user=first, result="WIN", ended_by="BYE")]
    forfeits = [LineRecord(user=user, result="LOSS", ended_by="FORFEIT") for user in (first, second)]
    abandoned = [LineRecord(user=user, result="NONE", ended_by="ABANDONED") for user in (first, second)]
    one_void = [LineRecord(user=first, result="WIN"), LineRecord(user=second, result="LOSS", void_reason="x")]
    records = [
        MatchRecord(game=game, match_key=f"{place} {game.slug}", played_at=NOON, lines=tuple(lines))
        for game in Game.objects.all()
        for place, lines in enumerate([bye, forfeits, abandoned, one_void])
    ]
    assert [each.status.value for each in record_matches(records=records, now=LATER)] == ["created"] * 8


@way(SERVICES, "`void_match`, `restore_match`, `correct_match`")
def amend_through_services(season: Season) -> None:
    first, second, third = Match.objects.filter(voided_at=None, uncounted_reason="", result="WIN").order_by(
        "pk"
    )[:3]
    void_match(game=first.game, match_key=first.match_key, now=LATER, by=None, reason="crash")
    void_match(game=second.game, match_key=second.match_key, now=LATER, by=None, reason="crash")
    restore_match(game=second.game, match_key=second.match_key, now=LATER, by=None, reason="no crash")
    results = {third.user.username: "LOSS"}
    correct_match(
        game=third.game, match_key=third.match_key, results=results, now=LATER, by=None, reason="misread"
    )


@way(SERVICES, "`correct_match` that moves lines, adds them and takes them out")
def correct_players_through_services(season: Season) -> None:
    first, second, third = Match.objects.filter(voided_at=None, uncounted_reason="", result="WIN").order_by(
        "pk"
    )[:3]
    old = ArchivedMatch.objects.filter(voided_at=None, uncounted_reason="", result="WIN").order_by("pk")[0]
    for row in (first, old):
        other = next(player for player in season.players if player.pk != row.user_id)
        correct_line(row, moved={row.user.username: other}, played_at=NOON - timedelta(days=1))
    for row, removed in ((second, []), (third, [third.user.username])):
        other = next(player for player in season.players if player.pk != row.user_id)
        correct_line(row, added=[LineRecord(user=other, result="LOSS")], removed=removed)


def correct_line(row: MatchRow, **correction: Any) -> None:
    correct_match(game=row.game, match_key=row.match_key, now=LATER, reason="misread", **correction)


@way(SERVICES, "`disqualify_entrant`, `lift_disqualification`, `correct_result`")
def rule_through_services(season: Season) -> None:
    first, second, late, out = season.players
    facts = {"tournament": season.cups[0], "reason": "seen to", "now": LATER}
    for user in (first, second):
        disqualify_entrant(user=user, **facts)
    lift_disqualification(user=second, **facts)
    correct_result(user=out, placement=2, **facts)
    correct_result(user=late, placement=12, **facts)


@way(SERVICES, "`archive_matches`", moves=False)
def archive_through_service(season: Season) -> None:
    assert archive_matches(before=NOON + timedelta(minutes=30), now=LATER).rows == 30


@way(SERVICES, "`void_match` and `correct_match` of archived matches")
def amend_the_archive(season: Season) -> None:
    first, second = ArchivedMatch.objects.filter(voided_at=None, uncounted_reason="", result="WIN").order_by(
        "pk"
    )[:2]
    void_match(game=first.game, match_key=first.match_key, now=LATER, by=None, reason="crash")
    results = {second.user.username: "LOSS"}
    correct_match(
        game=second.game, match_key=second.match_key, results=results, now=LATER, by=None, reason="misread"
    )


def desk() -> Client:
    client = Client()
    client.force_login(User.objects.create(username="boss", is_staff=True, is_superuser=True))
    return client


def act(client: Client, model: str, action: str, *keys: int) -> None:
    form = {"action": action, "_selected_action": keys, "answered": "1", "reason": "seen to"}
    assert client.post(reverse(f"admin:{model}_changelist"), form).status_code == 302


@way(SERVICES, "the admin's action that voids matches")
def void_in_the_admin(season: Season) -> None:
    counted = Match.objects.filter(voided_at=None, uncounted_reason="").order_by("pk")[:3]
    act(desk(), "games_match", "void_selected", *(match.pk for match in counted))


@way(SERVICES, "the admin's form that records a match")
def record_in_the_admin(season: Season) -> None:
    form = {
        "match_key": "desk",
        "game": season.games[0].pk,
        "played_at_0": "2025-03-01",
        "played_at_1": "18:00:00",
    }
    answer = desk().post(reverse("admin:games_match_add"), {**form, "players": "p0, WIN\np1, LOSS\n"})
    assert answer.status_code == 302


@way(SERVICES, "the admin's action that revokes an achievement")
def revoke_in_the_admin(season: Season) -> None:
    act(
        desk(),
        "user_profile_userachievement",
        "revoke_selected",
        UserAchievement.objects.order_by("pk")[0].pk,
    )


def dump(season: Season, *models: str) -> Path:
    file = season.folder / "rows.json"
    call_command("dumpdata", *models, output=str(file), verbosity=0)
    return file


@way(SERVICES, "`merge_players` of two who share a match, and of another, undone")
def merge_accounts(season: Season) -> None:
    first, second, third = season.players[:3]
    scene.match(first, "shared")
    scene.match(second, "shared", "LOSS")
    told = {"by": None, "reason": "one person", "now": LATER, "allow_meetings": True}
    merge_players(kept=first, merged=second, **told)
    undo_merge(merge=merge_players(kept=first, merged=third, **told), by=None, now=LATER)


@way(SERVICES, "`anonymise_player`, which changes the key of a match that names the player")
def anonymise_somebody(season: Season) -> None:
    gone = season.players[3]
    row = scene.match(gone, f"final of {gone.username}")
    scene.match(season.players[0], row.match_key, "LOSS")
    anonymise_player(user=gone, by=None, now=LATER, without_export=True)
    assert not Match.objects.filter(match_key=row.match_key).exists()


@way(FIXTURES, "`loaddata` of rows that were deleted", moves=False)
def load_deleted_rows(season: Season) -> None:
    file = dump(season, "games.match", "moderation", "user_profile.experienceaward")
    Dispute.objects.all().delete()
    Match.objects.all().delete()
    ExperienceAward.objects.all().delete()
    call_command("loaddata", str(file), verbosity=0)


@way(FIXTURES, "`loaddata` over rows that were changed", moves=False)
def load_over_changed_rows(season: Season) -> None:
    file = dump(season, "games.match")
    Match.objects.filter(result="WIN").update(result="LOSS", user=season.players[0])
    call_command("loaddata", str(file), verbosity=0)


@way(FIXTURES, "`loaddata` of profiles and numbers per game with wrong numbers", moves=False)
def load_wrong_numbers(season: Season) -> None:
    file = dump(season, "user_profile.userprofile", "user_profile.gamestats")
    text = file.read_text().replace('"matches_won": ', '"matches_won": 9')
    assert text != file.read_text()
    file.write_text(text)
    call_command("loaddata", str(file), verbosity=0)


@way(FIXTURES, "`loaddata` of everything into the emptied tables", moves=False)
def load_everything(season: Season) -> None:
    file = dump(season, "accounts", "games", "tournaments", "moderation", "user_profile")
    for row in (*season.players, *season.cups, *season.games, *season.badges):
        remove(row)
    assert not UserProfile.objects.exists()
    call_command("loaddata", str(file), verbosity=0)
