"""Whole histories as NDJSON and CSV: complete, private, safe to open in a spreadsheet, and read in pieces."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.models import User
from deltacrown.core.clock import now
from deltacrown.games.models import MATCH_TABLES, Match
from deltacrown.games.services import correct_match, record_match, void_match
from deltacrown.interchange.cells import write_cell
from deltacrown.pages import export_lines, exports
from deltacrown.user_profile.models import Follow, StandingChange, UserProfile
from tests import scene
from tests.api.calls import problem_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    user = scene.player("ann", email="ann@example.org")
    scene.match(user, "m1", "WIN", hours=1, score=-3, stats={"kills": 9})
    scene.archive(scene.match(user, "m2", "LOSS", hours=2))
    scene.voided(user, "m3", "WIN", hours=3, side="=1+1")
    return user


def address(user, rest):
    return f"/players/{user.profile.public_id}/matches/export{rest}"


def lines(answer):
    return [json.loads(line) for line in answer.getvalue().decode().splitlines()]


def cells(answer):
    text = answer.getvalue().decode()
    assert text.startswith("\ufeff"), "spreadsheets know UTF-8 by its mark"
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_the_filters_of_the_history_narrow_an_export(visitor, ann):
    def keys(query):
        return sorted(line["match_key"] for line in lines(visitor.get(address(ann, f"?{query}"))))

    assert keys("result=WIN") == ["m1", "m3"]
    assert keys("game=valorant&played_to=2025-03-01") == ["m1", "m2", "m3"]
    assert keys("played_from=2025-03-02") == []
    assert visitor.get(address(ann, "?game=nope")).status_code == 422
    assert visitor.get(address(ann, "?opponent=nobody")).status_code == 422


def test_a_match_history_as_ndjson(visitor, ann):
    answer = visitor.get(address(ann, ""))
    found = lines(answer)

    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/x-ndjson", "private, no-cache")
    assert answer["Content-Disposition"] == f'attachment; filename="{ann.profile.public_id}-matches.ndjson"'
    assert sorted((line["match_key"], line["result"], line.get("voided", "")) for line in found) == [
        ("m1", "win", ""),
        ("m2", "loss", ""),
        ("m3", "win", "server crash"),
    ]
    first = next(line for line in found if line["match_key"] == "m1")
    assert first == {
        "match_key": "m1",
        "game": "valorant",
        "player": ann.profile.public_id,
        "result": "win",
        "played_at": "2025-03-01T19:00:00Z",
        "kind": "casual",
        "score": "-3",
        "stats": {"kills": 9},
    }


def test_a_match_history_as_csv_is_no_formula(visitor, ann):
    header, *rows = cells(visitor.get(address(ann, "?format=csv")))
    by_key = {row[0]: dict(zip(header, row, strict=True)) for row in rows}

    assert by_key.keys() == {"m1", "m2", "m3"}
    assert (by_key["m1"]["score"], by_key["m1"]["stats.kills"], by_key["m1"]["played_at"]) == (
        "-3",
        "9",
        "2025-03-01T19:00:00Z",
    )
    assert by_key["m3"]["side"] == "'=1+1"


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_an_export_can_be_imported(visitor, ann, tmp_path, form):
    bob = scene.player("bob")
    scene.match(bob, "m1", "LOSS", hours=1)
    scene.match(
        ann, "m4", "DRAW", hours=4, side="'=x", stats={"agent": "Jett", "maps": ["a", "b"], "adr": 1.5}
    )
    scene.match(ann, "m5", ended_by="BYE", uncounted_reason="a bye", hours=6, is_time_known=False, sequence=3)
    scene.match(ann, "m6", "LOSS", ended_by="RETIRED", placement=4, hours=7)
    file = tmp_path / f"ann.{form}"
    file.write_bytes(visitor.get(address(ann, f"?format={form}")).getvalue())
    before = rows_of(ann)

    call_command("import_matches", str(file), stdout=io.StringIO())
    assert rows_of(ann) == before, (
        "a match that is recorded with more players than the file knows is the same"
    )

    for table in MATCH_TABLES:
        table.objects.filter(user=ann).delete()
    bob.match_rows.all().delete()
    call_command("import_matches", str(file), stdout=io.StringIO())
    assert rows_of(ann) == before
    assert User.objects.count() == 2


@pytest.mark.parametrize(
    "value", ["1" * 5000, "-" + "9" * 61, "1e999", "0." + "3" * 90, "7" * 60, -(2**63), 2**63 - 1]
)
@pytest.mark.parametrize("form", ["ndjson", "csv"])
@pytest.mark.both
def test_a_stat_that_looks_like_too_large_a_number_is_exported_and_read_back(
    visitor, ann, tmp_path, form, value
):
    record = scene.record(scene.game(), "long", scene.line(ann, "WIN", stats={"seed": value}))
    recorded = record_match(record=record, now=now())
    kept = rows_of(ann)
    file = tmp_path / f"ann.{form}"
    file.write_bytes(visitor.get(address(ann, f"?format={form}")).getvalue())

    Match.objects.filter(pk__in=[row.pk for row in recorded.rows]).delete()
    call_command("import_matches", str(file), stdout=io.StringIO())
    assert rows_of(ann) == kept


def test_a_public_id_that_nobody_has_is_no_new_player(ann, tmp_path):
    file = tmp_path / "lost.csv"
    file.write_text("match_key,game,player,result,played_at\nx,chess,DC-25-999999,win,2025-03-01T18:30:00Z\n")

    with pytest.raises(SystemExit) as ended:
        call_command("import_matches", str(file), "--create-missing", stdout=io.StringIO())

    assert ended.value.code == 1
    assert "unknown player “DC-25-999999”" in (tmp_path / "lost.csv.rejected.ndjson").read_text()
    assert User.objects.count() == 1


def rows_of(user):
    """Return what is recorded of a player's matches, wherever they are."""
    names = ("match_key", "kind", "side", "result", "score", "stats", "played_at", "void_reason")
    names += ("placement", "ended_by", "uncounted_reason", "sequence", "is_time_known")
    return {
        row["match_key"]: row
        for table in MATCH_TABLES
        for row in table.objects.filter(user=user).values(*names)
    }


def test_an_export_of_what_changed_since(visitor, ann):
    since = now() + timedelta(milliseconds=1)
    while now() <= since:
        pass
    scene.match(ann, "m4", hours=4)
    correct_match(game=scene.game(), match_key="m2", results={"ann": "WIN"}, reason="x", now=now())
    path = address(ann, f"?updated_since={since.isoformat().replace('+00:00', 'Z')}")

    assert sorted(line["match_key"] for line in lines(visitor.get(path))) == ["m2", "m4"]
    void_match(game=scene.game(), match_key="m1", reason="x", now=now())
    assert sorted(line["match_key"] for line in lines(visitor.get(path))) == ["m1", "m2", "m4"]


@pytest.mark.parametrize(
    "query", ["?updated_since=yesterday", "?updated_since=2025-01-01T00:00:00", "?format=xml"]
)
def test_what_cannot_be_asked_is_refused(visitor, ann, query):
    assert problem_of(visitor.get(address(ann, query))) == (422, "invalid")


def test_a_hidden_history_is_not_exported(visitor, signed_in, ann):
    scene.hide(ann, matches=True)

    assert problem_of(visitor.get(address(ann, ""))) == (403, "hidden")
    assert len(lines(signed_in(ann).get(address(ann, "")))) == 3


def test_everything_of_ones_own(signed_in, with_key, visitor, ann):
    bob = scene.player("bob")
    scene.hide(ann, matches=True, tournaments=True)
    event = scene.tournament("cup")
    scene.registration(ann, event)
    event.entry_changes.create(user=ann, kind="ENTERED", happened_at=scene.at(1))
    scene.result(event, 2, ann, prize_amount="12.50")
    scene.activity(ann, "secret", visibility="PRIVATE")
    scene.dispute(ann, Match.objects.get(match_key="m1"))
    scene.experience(ann, 5)
    scene.member(ann, scene.team())
    Follow.objects.create(follower=ann, followed=bob)
    EmailAddress.objects.create(user=ann, email="ann@example.org", verified=True, primary=True)
    Authenticator.objects.create(user=ann, type="totp", data={"secret": "not told"})
    SocialAccount.objects.create(
        user=ann, provider="discord", uid="80351110224678912", extra_data={"x": "not told"}
    )
    UserSession.objects.create(user=ann, ip="192.0.2.7", session_key="not told", user_agent="Laptop")
    key = with_key(ann, "read")

    found = lines(key.get("/me/export"))
    assert "not told" not in str(found)
    sections = {line["section"] for line in found}

    assert sections == {
        "account", "profile", "privacy", "stats", "matches", "teams", "tournaments", "results", "experience",
        "entry_changes",
        "activity", "disputes", "following", "api_keys", "game_stats", "email_addresses", "second_factors",
        "provider_accounts", "sessions",
    } | sections & {"achievements"}  # fmt: skip
    one = {line["section"]: line for line in found}
    assert (one["account"]["email"], one["privacy"]["show_match_history"]) == ("ann@example.org", False)
    told_of = one["provider_accounts"]
    assert (told_of["provider"], told_of["id"]) == ("discord", "80351110224678912")
    assert set(told_of) == {"section", "provider", "id", "connected_at", "last_used_at"}
    assert (one["results"]["prize_amount"], one["following"]["player"]) == (12.5, bob.profile.public_id)
    assert {line["match_key"] for line in found if line["section"] == "matches"} == {"m1", "m2", "m3"}
    assert "did secret" in {line["description"] for line in found if line["section"] == "activity"}
    told = key.get("/me/export").getvalue().decode()
    assert key.secret not in told
    assert key.key.digest not in told
    assert problem_of(visitor.get("/me/export")) == (401, "unauthenticated")
    assert key.get("/me/export")["Cache-Control"] == "private, no-store"


def test_a_player_reads_why_they_were_suspended_and_never_by_whom(signed_in, ann):
    clerk = scene.player("clerk")
    for standing, reason in (("SUSPENDED", "An aim bot."), ("ACTIVE", "for the clerks")):
        StandingChange.objects.create(
            user=ann, standing=standing, reason=reason, decided_by=clerk, changed_at=scene.at(1)
        )

    told = [line for line in lines(signed_in(ann).get("/me/export")) if line["section"] == "standings"]

    assert [(line["standing"], line["reason"]) for line in told] == [
        ("SUSPENDED", "An aim bot."),
        ("ACTIVE", ""),
    ]
    assert set(told[0]) == {"section", "standing", "until", "reason", "changed_at"}


def test_everything_as_csv(signed_in, ann):
    UserProfile.objects.filter(user=ann).update(bio="@SUM(A1)\nline, two")
    header, *rows = cells(signed_in(ann).get("/me/export?format=csv"))

    assert header == ["section", "record", "field", "value"]
    assert ["profile", "2", "bio", "'@SUM(A1)\nline, two"] in rows
    assert {row[3] for row in rows if row[:1] + row[2:3] == ["matches", "match_key"]} == {"m1", "m2", "m3"}


def test_rows_are_read_in_pieces(ann, monkeypatch):
    monkeypatch.setattr(export_lines, "BATCH", 10)
    for number in range(45):
        scene.match(ann, f"x{number}", hours=number)
    pieces = iter(exports.export_matches(ann.profile.public_id, viewer=ann).write_ndjson())

    with CaptureQueriesContext(connection) as few:
        first = next(pieces)
    with CaptureQueriesContext(connection) as rest:
        others = list(pieces)

    written = [json.loads(line)["match_key"] for piece in [first, *others] for line in piece.splitlines()]
    assert len(first.splitlines()) == 10
    assert len(set(written)) == len(written) == 48
    assert len(few) == 3
    assert len(rest) == 3 * 4


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_text_that_a_spreadsheet_would_calculate_stands_behind_an_apostrophe(first):
    assert write_cell(f"{first}1+1") == f"'{first}1+1"
    assert write_cell(f"1{first}1") == f"1{first}1"
    assert [write_cell(value) for value in (-3, None, {"a": "=1"}, ["=1"])] == [
        -3,
        None,
        '{"a": "=1"}',
        '["=1"]',
    ]
