import pytest

from tests import scene


@pytest.fixture(autouse=True)
def _static_files_without_a_manifest(settings):
    """Serve static files without a manifest: ``collectstatic`` makes it, which tests do not run."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def cup(db):
    """A team event: two teams of two, one match, a third team disqualified. One winner hides everything."""
    event = scene.tournament("cup", entrant_kind="TEAM", name="The Cup")
    north, south, west = (scene.team(slug) for slug in ("north", "south", "west"))
    rosters = {north: ["ada", "bea"], south: ["cleo", "dora"], west: ["eve"]}
    people = {name: scene.player(name) for roster in rosters.values() for name in roster}
    for hours, (squad, roster) in enumerate(rosters.items()):
        for name in roster:
            scene.registration(people[name], event, team=squad, hours=hours)
    for squad, placement, prize in ((north, 1, 1000), (south, 2, 500)):
        scene.result(event, placement, team=squad, prize_amount=prize)
        for name in rosters[squad]:
            scene.result(event, placement, people[name], team=squad)
    scene.disqualified(event, None, "late", team=west)
    scene.disqualified(event, people["eve"], "late", team=west)
    for name, kills in {"ada": 30, "bea": 10, "cleo": 8, "dora": 7}.items():
        won = name in ("ada", "bea")
        squad = north if won else south
        row = scene.match(
            people[name],
            "g1",
            "WIN" if won else "LOSS",
            kind="TOURNAMENT",
            side=squad.name,
            score=3 if won else 1,
            stats={"kills": kills, "deaths": 10},
        )
        scene.tournament_match(
            row, event, team=squad, opponent_team=south if won else north, round="Final", map_name="Raid"
        )
        if name == "dora":
            scene.archive(row)
    void = scene.voided(
        people["ada"],
        "g0",
        hours=-1,
        kind="TOURNAMENT",
        side="North",
        reason="lag",
        stats={"kills": 99, "deaths": 1},
    )
    scene.tournament_match(void, event, team=north)
    scene.hide(people["ada"], matches=True, tournaments=True)
    return event
