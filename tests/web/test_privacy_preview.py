"""One's own page as others see it: what they see exactly, for the owner alone, and never as somebody else."""

from contextlib import suppress

import pytest
from django.core.cache import cache
from django.test import Client

from deltacrown.core.errors import NotFound
from deltacrown.pages import cached
from deltacrown.pages.matches import get_match_page
from deltacrown.pages.oneself import get_preview
from deltacrown.pages.versus import get_versus
from deltacrown.user_profile import privacy
from deltacrown.user_profile.models import Follow
from deltacrown.user_profile.privacy import HistoryHidden
from deltacrown.user_profile.services import stats_service
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

PREVIEW = "/settings/privacy/preview/"
KEYS = ("first", "duel", "final", "secret")


@pytest.fixture
def anna(db):
    user = scene.player("anna")
    scene.match(user, "first")
    scene.registration(user, scene.tournament("masters"))
    for visibility in ("PUBLIC", "FOLLOWERS", "PRIVATE"):
        scene.activity(user, visibility.lower(), visibility=visibility)
    scene.activity(user, "entered", kind="TOURNAMENT_REGISTERED")
    scene.activity(user, "verified", kind="KYC_VERIFIED")
    return user


@pytest.fixture
def others(anna):
    fan = scene.player("fan")
    Follow.objects.create(follower=fan, followed=anna)
    rival = scene.player("rival")
    scene.match(anna, "duel", score="13", hours=2, side="A")
    scene.match(rival, "duel", "LOSS", hours=2, side="B")
    event = scene.tournament("masters-cup")
    for user, side, result in ((anna, "A", "WIN"), (rival, "B", "LOSS")):
        row = scene.match(user, "final", result, hours=3, side=side, kind="TOURNAMENT")
        scene.tournament_match(row, event)
    # One who hides what they play is not given away by it.
    shy = scene.player("shy")
    scene.match(anna, "secret", hours=4)
    scene.match(shy, "secret", "LOSS", hours=4)
    scene.hide(shy, matches=True)
    scene.achievement(anna)
    return {"stranger": None, "follower": fan, "opponent": rival, "name": rival.profile.public_id}


FLAGS = [(matches, tournaments) for matches in (True, False) for tournaments in (True, False)]


def see_lines(viewer, keys):
    """The matches of these keys in which ``viewer`` finds a line of Anna's."""
    found = set()
    for key in keys:
        with suppress(NotFound):
            rows = get_match_page("valorant", key, viewer=viewer).rows
            found |= {key for row in rows if row.profile.user.username == "anna"}
    return found


@pytest.mark.parametrize("audience", ["stranger", "follower", "opponent"])
def test_it_is_what_they_see_once_it_is_saved(anna, others, audience):
    """For every combination of ticks: unsaved while the opposite is saved, it is what others get after."""
    viewer = others[audience]
    public_id = anna.profile.public_id
    for matches, tournaments in FLAGS:
        wished = {"show_match_history": matches, "show_tournament_stats": tournaments}
        scene.hide(anna, matches=matches, tournaments=tournaments)
        preview = get_preview(owner=anna, audience=audience, wished=wished)
        assert set(preview.unsaved) == set(wished)

        scene.hide(anna, matches=not matches, tournaments=not tournaments)
        assert get_preview(owner=anna, audience=audience).unsaved == ()
        cache.clear()
        real = cached.get_profile_page(public_id, viewer=viewer)
        shown = ("visibility", "stats", "closed", "games", "teams", "achievements", "tournaments")
        for name in shown:
            assert getattr(preview.page, name) == getattr(real, name), (name, wished)
        assert told_of(preview.page.matches) == told_of(real.matches)
        assert preview.page.visibility == privacy.get_visibility(anna, viewer)
        assert (preview.page.matches is None, preview.page.tournaments is None) == (
            not matches,
            not tournaments,
        )
        timeline = stats_service.get_activity_timeline(anna, viewer).items
        assert preview.timeline == timeline
        if audience == "opponent":
            seen = see_lines(viewer, KEYS)
            assert {each.entry.match_key for each in preview.shared} == {"duel", "final"}
            assert {each.entry.match_key for each in preview.shared if each.is_shown} == seen & {
                "duel",
                "final",
            }
            named = {
                entry.match_key
                for entry in cached.get_matches_page(others["name"], {}, None, viewer=viewer).history.items
                if entry.opponents
            }
            assert named == seen & {"duel", "final"}
            assert ("Head-to-head pages with you open" in fragment_of(anna)) == matches
            with suppress(HistoryHidden):
                get_versus(public_id, others["name"], viewer=viewer)
                assert matches
        else:
            assert preview.shared == []


def told_of(entries):
    """What a page says of matches and of who else was in them: not of a line that the viewer alone sees."""
    return entries and [(entry.match_key, entry.score, entry.played_at) for entry in entries]


def fragment_of(user):
    client = Client()
    client.force_login(user)
    return text_of(client.get(f"{PREVIEW}?as=opponent", headers={"HX-Request": "true"}))


def test_ticks_are_looked_at_before_they_are_saved(anna, others):
    client = Client()
    client.force_login(anna)
    page = text_of(client.get("/settings/privacy/"))
    assert "What a stranger sees As it is saved now." in page

    answer = client.post(
        "/settings/privacy/", {"do": "preview", "as": "opponent", "show_match_history": "on"}
    )

    told = text_of(answer)
    assert "Not saved yet: hide the tournaments I entered" in told
    assert "With the ticks as they are now, once they are saved." in told
    assert "User has hidden tournament history" in told
    assert "Your name, result and score are in it." in told
    assert answer.context["form"].initial == {"show_match_history": True, "show_tournament_stats": False}
    assert privacy.get_visibility(anna, None).both_histories
    by_script = {"headers": {"HX-Request": "true"}}
    part = client.get(f"{PREVIEW}?as=stranger&ticks=1", **by_script).content.decode()
    assert "<html" not in part
    assert "hide my match history" in part
    assert 'ticks=1"' in part
    whole = text_of(client.get(f"{PREVIEW}?as=stranger&ticks=1"))
    assert "The settings it is shown under are not saved yet." in whole
    assert "User has hidden match history" in whole
    assert client.post("/settings/privacy/", {"do": "preview", "as": "staff"}).status_code == 400


def test_the_page_says_that_it_is_a_preview_and_that_one_is_oneself(anna):
    scene.hide(anna, matches=True)
    client = Client()
    client.force_login(anna)

    text = text_of(client.get(PREVIEW))

    assert "Preview: your page as a stranger sees it. You are still yourself" in text
    assert "User has hidden match history" in text
    assert f"Level 1 with {anna.profile.experience_points} points" in text
    assert "did public" in text
    assert "did followers" not in text
    assert "did followers" in text_of(client.get(f"{PREVIEW}?as=follower"))


@pytest.mark.parametrize("audience", ["staff", "self", "anna", "%00", "member"])
def test_nobody_else_can_be_looked_as(anna, audience):
    client = Client()
    client.force_login(anna)
    assert client.get(f"{PREVIEW}?as={audience}").status_code == 400


def test_it_is_ones_own_page_whatever_is_asked(anna, others):
    client = Client()
    client.force_login(others["follower"])

    page = client.get(
        f"{PREVIEW}?as=follower&public_id={anna.profile.public_id}&user={anna.pk}"
    ).content.decode()

    assert anna.profile.public_id not in page
    assert others["follower"].profile.public_id in page


def test_it_needs_a_sign_in_and_changes_nothing(anna):
    assert Client().get(PREVIEW)["Location"] == f"/sign-in/?next={PREVIEW}"
    client = Client()
    client.force_login(anna)
    assert client.post(PREVIEW).status_code == 405


def test_the_number_of_queries_is_fixed(anna, django_assert_num_queries):
    client = Client()
    client.force_login(anna)
    client.get(PREVIEW)
    with django_assert_num_queries(13):
        client.get(PREVIEW)
    for number in range(9):
        scene.match(anna, f"m{number}")
        scene.activity(anna, f"a{number}")
    with django_assert_num_queries(13):
        client.get(PREVIEW)
