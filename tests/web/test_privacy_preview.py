"""One's own page as others see it: what they see exactly, for the owner alone, and never as somebody else."""

import pytest
from django.test import Client

from deltacrown.pages.oneself import get_preview
from deltacrown.user_profile import privacy
from deltacrown.user_profile.models import Follow
from deltacrown.user_profile.services import stats_service
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

PREVIEW = "/settings/privacy/preview/"


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
    return {"stranger": None, "follower": fan}


def told(entries):
    return [entry.description for entry in entries]


@pytest.mark.parametrize(
    "hidden", [{}, {"matches": True}, {"tournaments": True}, {"matches": True, "tournaments": True}]
)
@pytest.mark.parametrize("audience", ["stranger", "follower"])
def test_it_is_what_they_see(anna, others, audience, hidden):
    scene.hide(anna, **hidden)
    preview = get_preview(owner=anna, audience=audience)
    viewer = others[audience]

    assert told(preview.timeline) == told(stats_service.get_activity_timeline(anna, viewer).items)
    assert preview.page.visibility == privacy.get_visibility(anna, viewer)
    assert (preview.page.matches is None) == ("matches" in hidden)
    assert (preview.page.tournaments is None) == ("tournaments" in hidden)


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
