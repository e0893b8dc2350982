"""Several people run a tournament: what they may is asked without a statement, who they are is decided."""

import pytest

from deltacrown.core.errors import InvalidInput
from deltacrown.pages.desks import list_run
from deltacrown.pages.tournaments import get_tournament
from deltacrown.tournaments import services
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.privacy import filter_tournaments_by_visibility
from tests import scene

pytestmark = pytest.mark.django_db


def test_who_runs_a_tournament(django_assert_num_queries):
    org, co, ann = (scene.player(name) for name in ("org", "co", "ann"))
    cup = scene.tournament("cup", status="DRAFT", organiser=org)
    scene.tournament("other", status="DRAFT", organiser=ann)

    assert [services.add_organiser(tournament=cup, user=co, by=org) for _ in range(2)] == [True, False]
    with pytest.raises(services.MayNotOrganise):
        services.add_organiser(tournament=cup, user=ann, by=co)
    with pytest.raises(InvalidInput):
        services.add_organiser(tournament=cup, user=org, by=org)
    with pytest.raises(InvalidInput):
        services.hand_over_tournament(tournament=cup, user=ann, by=org)

    seen = {name: filter_tournaments_by_visibility(Tournament.objects.all(), user).count() for name, user in
            (("org", org), ("co", co), ("ann", ann), ("nobody", None))}  # fmt: skip
    assert seen == {"org": 1, "co": 1, "ann": 1, "nobody": 0}
    assert [[each.slug for each in list_run(viewer=user).items] for user in (org, co, ann)] == [
        ["cup"],
        ["cup"],
        ["other"],
    ]
    event = get_tournament("cup", viewer=co)
    with django_assert_num_queries(0):
        assert services.can_organise(event, co)
    with django_assert_num_queries(1):
        assert not services.can_organise(event, ann)

    assert services.hand_over_tournament(tournament=cup, user=co, by=org)
    assert not services.hand_over_tournament(tournament=cup, user=co, by=org)
    assert [row.user for row in services.list_organisers(cup)] == [org]
    assert [services.remove_organiser(tournament=cup, user=org, by=org) for _ in range(2)] == [True, False]
    assert not services.can_organise(Tournament.objects.get(pk=cup.pk), org)
