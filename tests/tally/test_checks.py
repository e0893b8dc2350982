"""Every id a bad declaration is refused with, and that good ones are not."""

import pytest
from django.db import models
from django.db.models import Q
from django.test.utils import isolate_apps

from deltacrown.user_profile.models import GameStats, UserProfile
from django_tally.checks import check_declarations, check_holder, check_maintainer
from django_tally.declarations import Rule, count_of, sum_of
from django_tally.fields import DerivedStat, Stat
from django_tally.keeping.maintainer import get_maintainer


def make_holder(*, keys=("user",), **fields):
    with isolate_apps("tests"):
        meta = type("Meta", (), {"app_label": "tests"})
        owner = {"user": models.ForeignKey("accounts.User", models.CASCADE, related_name="+")}
        body = {"__module__": __name__, "Meta": meta, "stat_keys": keys, **owner, **fields}
        holder = type("Holder", (models.Model,), body)
        holder._meta.get_field("user").remote_field.model = UserProfile._meta.get_field(
            "user"
        ).remote_field.model
        return holder


def ids(holder):
    return [(message.id, bool(message.hint)) for message in check_holder(holder)]


def test_the_catalogue_is_accepted():
    assert check_declarations() == []
    assert check_holder(UserProfile) == check_holder(GameStats) == []


def test_a_good_holder_is_accepted():
    assert (
        ids(
            make_holder(
                wins=Stat(
                    count_of("games.Match", happened_at="played_at", where=[Rule(Q(result="WIN"), "lost")])
                )
            )
        )
        == []
    )


@pytest.mark.parametrize(
    ("fault", "fields"),
    [
        (
            "tally.E001",
            {"keys": ("user", "nobody"), "wins": Stat(count_of("games.Match", happened_at="played_at"))},
        ),
        ("tally.E001", {"keys": (), "wins": Stat(count_of("games.Match", happened_at="played_at"))}),
        ("tally.E002", {"wins": Stat(count_of("games.Nothing"))}),
        ("tally.E002", {"wins": Stat(count_of("nonsense"))}),
        ("tally.E003", {"wins": Stat(count_of("moderation.Dispute", happened_at="filed_at"))}),
        (
            "tally.E003",
            {"wins": Stat(count_of("games.Match", happened_at="played_at", keys={"user": "game"}))},
        ),
        ("tally.E008", {"joined": Stat(count_of("teams.TeamMembership", happened_at="joined_at"))}),
        (
            "tally.E004",
            {"wins": Stat(sum_of("prize_amount", "tournaments.TournamentResult", happened_at="decided_at"))},
        ),
        ("tally.E004", {"wins": Stat(sum_of("nothing", "games.Match", happened_at="played_at"))}),
        (
            "tally.E005",
            {
                "wins": Stat(
                    count_of("games.Match", happened_at="played_at", where=[Rule(Q(game__slug="x"), "")])
                )
            },
        ),
        (
            "tally.E005",
            {"wins": Stat(count_of("games.Match", happened_at="played_at", where=[Rule(Q(nothing=1), "")]))},
        ),
        (
            "tally.E006",
            {
                "rate": DerivedStat(
                    expression=models.F("id") + 1, output_field=models.IntegerField(), rows_of="nothing"
                )
            },
        ),
    ],
)
def test_a_bad_declaration_is_refused_with_its_id_and_a_mend(fault, fields):
    assert ids(make_holder(**fields)) == [(fault, True)]


VOIDED = Rule(Q(voided_at__isnull=False), "not voided")
WON = Rule(Q(result="WIN"), "lost")


@pytest.mark.parametrize(
    ("column", "rules", "found"),
    [
        ("", (), "names no column that says when a row of games.Match happened"),
        ("nothing", (), "names 'nothing', which is no datetime column"),
        ("result", (), "names 'result', which is no datetime column"),
        ("voided_at", (), "counts rows of games.Match that may have no 'voided_at'"),
        ("voided_at", (WON,), "counts rows of games.Match that may have no 'voided_at'"),
        ("voided_at", (Rule(Q(voided_at__isnull=True), "voided"),), "may have no 'voided_at'"),
        ("voided_at", (Rule(VOIDED.condition | WON.condition, "lost"),), "may have no 'voided_at'"),
        ("voided_at", (WON, VOIDED), None),
        ("voided_at", (Rule(VOIDED.condition & WON.condition, "lost"),), None),
    ],
)
def test_a_number_says_when_its_facts_happened(column, rules, found):
    messages = check_holder(make_holder(wins=Stat(count_of("games.Match", happened_at=column, where=rules))))

    assert [(message.id, found in message.msg) for message in messages] == (
        [("tally.E009", True)] if found else []
    )


@pytest.mark.parametrize(
    ("chosen", "found"),
    [("triggers", []), ("signals", []), ("Signals", ["tally.E007"]), ("", ["tally.E007"])],
)
def test_a_maintainer_that_does_not_exist_is_refused(settings, chosen, found):
    settings.TALLY_MAINTAINER = chosen
    messages = check_maintainer()
    assert [message.id for message in messages] == found
    assert all("'triggers' or 'signals'" in message.hint for message in messages)


def test_without_the_setting_triggers_maintain(settings):
    del settings.TALLY_MAINTAINER
    assert get_maintainer() == "triggers"
    assert check_maintainer() == []
