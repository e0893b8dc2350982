"""What a reader sees before and after matches move into the archive is the same, to the last number."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.games.services import (
    archive_matches,
    correct_match,
    list_match_lines,
    record_matches,
    restore_match,
    void_match,
)
from deltacrown.moderation.services import VoidMatch, file_dispute, uphold_dispute
from deltacrown.pages.leaderboards import BoardChoice, get_leaderboard_page
from deltacrown.pages.matches import get_match_page
from deltacrown.tournaments.models import TournamentMatchResult
from deltacrown.user_profile.histories.matches import get_match_history
from deltacrown.user_profile.models import GameStats, UserProfile
from deltacrown.user_profile.numbers.explanation import explain_stat
from deltacrown.user_profile.numbers.history import get_stat_history
from deltacrown.user_profile.numbers.past import get_stat_as_of
from deltacrown.user_profile.numbers.rows import get_stat_rows
from django_tally.models import Revision
from tests import scene
from tests.scene import duel
from tests.tally.times import database_now
from tests.web.reading import without_token

pytestmark = pytest.mark.django_db

STATS = ("total_matches_played", "matches_won", "overall_win_rate")
#: Half of the season is older.
CUT = scene.at(24)
NOW = scene.at(500)


@pytest.fixture
def season(db):
    """Record forty duels of ann and bob at once; void some, correct some, put one into a tournament."""
    ann, bob, mod = scene.player("ann"), scene.player("bob"), scene.player("mod", is_staff=True)
    title, event = scene.game("chess"), scene.tournament("cup", title=scene.game("chess"))
    records = [
        duel(title, f"d{n:02d}", *((ann, bob) if n % 3 else (bob, ann)), played_at=scene.at(n))
        for n in range(40)
    ]
    record_matches(records=records, now=NOW)
    times = [database_now()]
    for n in (2, 7, 30):
        void_match(game=title, match_key=f"d{n:02d}", reason=f"void {n}", now=NOW, by=mod)
        times.append(database_now())
    restore_match(game=title, match_key="d07", reason="all well", now=NOW, by=mod)
    for n in (4, 31):
        correct_match(
            game=title,
            match_key=f"d{n:02d}",
            results={"ann": "LOSS", "bob": "WIN"},
            reason="swapped",
            now=NOW,
            by=mod,
        )
        times.append(database_now())
    row = Match.objects.get(user=ann, match_key="d05")
    scene.tournament_match(row, event, round="Final")
    return ann, bob, title, times


def pages_of(read, page=None):
    """Every item of a paginated read."""
    while True:
        found = read(page)
        yield from found.items
        if not found.has_next:
            return
        page = found.next_cursor


def histories(user):
    return [
        replace(entry, is_archived=False)
        for entry in pages_of(lambda page: get_match_history(user, page=page, limit=7))
    ]


def rows_behind(user, stat):
    return [
        replace(entry, is_archived=False)
        for entry in pages_of(lambda page: get_stat_rows(user, stat, page, limit=7))
    ]


def changes_of(user, stat):
    return list(pages_of(lambda page: get_stat_history(user, stat, page, limit=7, order="known")))


def see(season):
    """Everything there is to see of the season's players and matches."""
    ann, bob, title, times = season
    seen = {
        "profiles": list(UserProfile.objects.order_by("pk").values()),
        "games": list(GameStats.objects.order_by("pk").values()),
    }
    for user in (ann, bob):
        seen[f"{user} matches"] = histories(user)
        for stat in STATS:
            seen[f"{user} {stat} rows"] = rows_behind(user, stat)
            seen[f"{user} {stat} history"] = changes_of(user, stat)
            seen[f"{user} {stat} explained"] = explain_stat(user, stat, limit=50)
            for game in (None, title):
                seen[f"{user} {stat} {game} then"] = [
                    get_stat_as_of(user, stat, known_at=time, game=game) for time in times
                ]
                seen[f"{user} {stat} {game} by then"] = [
                    get_stat_as_of(user, stat, scene.at(hours), known_at=known, game=game)
                    for hours in (10, 30)
                    for known in (None, *times[::2])
                ]
    seen["boards"] = [
        get_leaderboard_page(BoardChoice(stat, game=game), None, now=NOW)
        for stat in STATS
        for game in (None, "chess")
    ]
    seen["match"] = [
        replace(row.match, is_archived=False) for row in get_match_page("chess", "d05", viewer=None).rows
    ]
    return seen


def move():
    moved = archive_matches(before=CUT, now=NOW, batch_size=5)
    assert (moved.matches, moved.rows) == (24, 48)


def test_nothing_visible_changes(season, find_all_drift):
    before = see(season)
    revisions = Revision.objects.count()

    move()

    assert see(season) == before
    assert Revision.objects.count() == revisions
    assert find_all_drift() == []


@pytest.mark.parametrize(
    "address",
    ["/players/{}/", "/players/{}/matches/", "/players/{}/stats/matches_won/", "/matches/chess/d05/"],
)
def test_pages_are_the_same_to_the_byte(client, season, address):
    path = address.format(season[0].profile.public_id)
    before = without_token(client.get(path).content)

    move()

    assert without_token(client.get(path).content) == before


def test_cursors_taken_before_the_move_continue_rightly_after(season):
    ann = season[0]
    reads = {
        "matches": lambda page: get_match_history(ann, page=page, limit=3),
        "rows": lambda page: get_stat_rows(ann, "total_matches_played", page, limit=3),
        "history": lambda page: get_stat_history(ann, "total_matches_played", page, limit=3, order="known"),
        "rate": lambda page: get_stat_history(ann, "overall_win_rate", page, limit=5, order="known"),
    }
    cursors = {name: list(cursors_of(read)) for name, read in reads.items()}
    before = {name: [items_past(reads[name], page) for page in cursors[name]] for name in reads}
    assert all(len(found) > 10 for found in cursors.values())

    move()

    assert {name: [items_past(reads[name], page) for page in cursors[name]] for name in reads} == before


def cursors_of(read):
    page = None
    while page := read(page).next_cursor:
        yield page


def items_past(read, page):
    return [
        replace(item, is_archived=False) if hasattr(item, "is_archived") else item
        for item in read(page).items
    ]


def test_a_file_imported_again_creates_nothing(tmp_path, find_all_drift):
    scene.game("chess")
    for name in ("ann", "bob"):
        scene.player(name)
    file = tmp_path / "matches.csv"
    lines = [
        f"k{n},chess,{who},{result},2025-03-01T18:30:00Z\n"
        for n in range(5)
        for who, result in (("ann", "win"), ("bob", "loss"))
    ]
    file.write_text("match_key,game,player,result,played_at\n" + "".join(lines))
    call_command("import_matches", str(file), stdout=StringIO(), stderr=StringIO())
    archive_matches(before=CUT, now=NOW)

    said = StringIO()
    call_command("import_matches", str(file), stdout=said, stderr=StringIO())

    assert "matches: 0 created, 5 unchanged, 0 refused" in said.getvalue()
    assert (Match.objects.count(), ArchivedMatch.objects.count()) == (0, 10)
    assert find_all_drift() == []


def test_archived_matches_are_still_voided_restored_and_corrected(season, find_all_drift):
    ann, _, title, _ = season
    before = list(UserProfile.objects.order_by("pk").values())
    won, played = ann.profile.matches_won, ann.profile.total_matches_played
    move()

    void_match(game=title, match_key="d08", reason="late find", now=NOW)
    newest = get_stat_history(ann, "matches_won", limit=1, order="known").items[0]
    assert (newest.delta, newest.value, newest.what) == (-1, won - 1, "voided: late find")
    restore_match(game=title, match_key="d08", reason="no", now=NOW)
    assert list(UserProfile.objects.order_by("pk").values()) == before
    correct_match(
        game=title, match_key="d08", results={"ann": "LOSS", "bob": "WIN"}, reason="swapped", now=NOW
    )

    numbers = UserProfile.objects.get(user=ann)
    assert (numbers.total_matches_played, numbers.matches_won) == (played, won - 1)
    assert find_all_drift() == []


def test_a_dispute_about_an_archived_match_is_upheld(season, find_all_drift):
    _, bob, title, _ = season
    mod = scene.player("judge", is_staff=True)
    row = Match.objects.get(user=bob, match_key="d10")
    dispute = file_dispute(
        reporter=bob, match=row, reason="He cheated.", now=row.played_at + timedelta(hours=1)
    )
    move()

    uphold_dispute(dispute=dispute, by=mod, remedy=VoidMatch(), resolution="So he did.", now=NOW)

    assert [row.void_reason for row in list_match_lines(title, "d10")] == ["So he did."] * 2
    assert find_all_drift() == []


def test_the_tournament_still_describes_its_match(client, season):
    ann = season[0]
    described = TournamentMatchResult.objects.get()
    move()

    assert ArchivedMatch.objects.get(pk=described.match_id).user == ann
    assert "Final" in client.get(reverse("match", args=["chess", "d05"])).content.decode()


@pytest.mark.parametrize("read", [2, 4])
def test_a_match_archived_while_its_page_is_read_is_shown_once(season, read):
    """The page reads live keys, archived keys, live rows, archived rows; they move before the ``read``-th."""
    before = [row.profile for row in get_match_page("chess", "d05", viewer=None).rows]
    reads = []

    def move_in_between(execute, sql, *rest):
        if sql.startswith("SELECT") and ("games_match" in sql or "games_archivedmatch" in sql):
            reads.append(sql)
            if len(reads) == read:
                move()
        return execute(sql, *rest)

    with connection.execute_wrapper(move_in_between):
        found = get_match_page("chess", "d05", viewer=None)

    assert len(reads) > read
    assert ([row.profile for row in found.rows], found.leaves_out) == (before, False)
