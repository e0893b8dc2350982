"""The measured site on SQLite is right and uneven, and its figures come through a file as they were."""

from __future__ import annotations

import json
import os
from dataclasses import asdict

import pytest
from benchmarks.limits import recording, verifying
from benchmarks.limits.figure import Figure, Samples
from benchmarks.limits.sqlite import on_sqlite
from benchmarks.season import Size
from benchmarks.sqlite_site import fill, list_calls, read_figures

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif("sqlite" not in os.environ["DATABASE_URL"], reason="is about SQLite"),
]
SIZE = Size(players=100, matches=1_000)


@pytest.mark.django_db(transaction=True)
def test_the_site_has_no_drift_is_uneven_and_can_be_measured(find_all_drift):
    from deltacrown.games.models import Match
    from deltacrown.user_profile.models import UserProfile

    fill(SIZE)

    assert find_all_drift() == []
    assert Match.objects.count() == SIZE.matches
    played = UserProfile.objects.order_by("pk").values_list("total_matches_played", flat=True)
    assert len(played) == SIZE.players
    assert played[0] > 3 * SIZE.matches / SIZE.players
    figures = [*recording.measure_matches(samples=1), *verifying.measure(samples=1)]
    assert all(figure.our_value > 0 for figure in figures)
    assert find_all_drift() == []
    assert Match.objects.count() == SIZE.matches


def test_what_takes_seconds_is_called_twice_at_most():
    given = {call.func.__name__: call.keywords for call in list_calls(60)}

    assert given["measure_many"] == {"samples": 2}
    assert given["measure_matches"] == {"samples": 60}
    assert list_calls(None)[0].keywords == {}


def test_figures_come_through_a_file_and_get_the_wider_budget(tmp_path):
    ratio = Figure("a ratio", Samples((2.0,), (1.0,), (0.5,)), [1.0], budget=2, note="Said.")
    reached = Figure("a rate", [0.001], unit="/s", budget=900, at_least=True)
    path = tmp_path / "figures.json"
    path.write_text(json.dumps([asdict(ratio), asdict(reached)]), encoding="utf-8")

    first, second = (on_sqlite(figure) for figure in read_figures(path))

    assert (first.name, first.budget, first.ratio) == ("SQLite: a ratio", 3, 2)
    assert first.our_samples.cpu == (1.0, 0.5)
    assert first.note == "50,000 matches of 5,000 players. Said."
    assert (second.budget, second.is_met) == (600, True)
