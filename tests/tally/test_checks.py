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
    assert ids(make_holder(wins=Stat(count_of("games.Match", where=[Rule(Q(result="WIN"), "lost")])))) == []


@pytest.mark.parametrize(
    ("fault", "fields"),
    [
        ("tally.E001", {"keys": ("user", "nobody"), "wins": Stat(count_of("games.Match"))}),
        ("tally.E001", {"keys": (), "wins": Stat(count_of("games.Match"))}),
        ("tally.E002", {"wins": Stat(count_of("games.Nothing"))}),
        ("tally.E002", {"wins": Stat(count_of("nonsense"))}),
        ("tally.E003", {"wins": Stat(count_of("moderation.Dispute"))}),
        ("tally.E003", {"wins": Stat(count_of("games.Match", keys={"user": "game"}))}),
        ("tally.E008", {"joined": Stat(count_of("teams.TeamMembership"))}),
        ("tally.E004", {"wins": Stat(sum_of("prize_amount", "tournaments.TournamentResult"))}),
        ("tally.E004", {"wins": Stat(sum_of("nothing", "games.Match"))}),
        ("tally.E005", {"wins": Stat(count_of("games.Match", where=[Rule(Q(game__slug="x"), "")]))}),
        ("tally.E005", {"wins": Stat(count_of("games.Match", where=[Rule(Q(nothing=1), "")]))}),
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
