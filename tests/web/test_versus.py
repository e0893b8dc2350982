"""Two players head to head: what is counted, what is listed, and who may read it."""

import pytest

from deltacrown.user_profile.models import Follow, UserProfile
from deltacrown.user_profile.people.merging import merge_players
from tests import scene
from tests.web.reading import rows_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db):
    return scene.player("ann")


@pytest.fixture
def bob(db):
    return scene.player("bob")


@pytest.fixture
def duels(ann, bob):
    """What they played with each other, in both tables and in two games; and what only looks like it."""
    chess = scene.game("chess")

    def both(key, result, sides=("", ""), **fields):
        other = {"WIN": "LOSS", "LOSS": "WIN", "DRAW": "DRAW"}[result]
        return [
            scene.match(user, key, one, side=side, **fields)
            for user, one, side in zip((ann, bob), (result, other), sides, strict=True)
        ]

    both("red-blue", "WIN", ("Red", "Blue"), hours=1)
    both("no-sides", "LOSS", hours=2)
    both("drawn", "DRAW", title=chess, hours=3)
    for row in both("old", "WIN", ("Red", "Blue"), hours=-5):
        scene.archive(row)
    both("void", "WIN", hours=4, voided_at=scene.at(9), void_reason="lag")
    for user in (ann, bob):
        scene.match(user, "one-side", side="Red")
    scene.match(ann, "alone", hours=5)
    scene.match(bob, "alone", title=chess, hours=5)

    # A tournament says whom she met, also where he has no row.
    cup = scene.tournament("cup")
    final = scene.match(ann, "final", "LOSS", hours=6, kind="TOURNAMENT")
    scene.tournament_match(final, cup, opponent_user=bob)
    scene.series_result(ann, cup, "Final", "LOSS", opponent_user=bob, hours=6)
    league = scene.tournament("league")
    for user, slug, result in ((ann, "north", "WIN"), (bob, "south", "LOSS")):
        scene.series_result(user, league, "Round 1", result, team=scene.team(slug), hours=7)
        scene.series_result(user, league, "Round 2", "WIN", team=scene.team("north"), hours=8)


def address(one, two, query=""):
    return f"/players/{one.profile.public_id}/versus/{two.profile.public_id}/{query}"


def tell(client, one, two):
    """Return the numbers of the API: won, lost, drawn and what does not count, of each kind of meeting."""
    answer = client.get(f"/api/v1{address(one, two)[:-1]}").json()
    names = ("won", "lost", "drawn", "uncounted")
    return {part: tuple(answer[part][name] for name in names) for part in ("against", "together", "series")}


def test_both_views_count_the_same_matches(client, ann, bob, duels):
    # The final is on her record alone: he has no row of it.
    assert tell(client, ann, bob) == {
        "against": (2, 2, 1, 1),
        "together": (1, 0, 0, 0),
        "series": (1, 1, 0, 0),
    }
    assert tell(client, bob, ann) == {
        "against": (1, 2, 1, 1),
        "together": (1, 0, 0, 0),
        "series": (0, 1, 0, 0),
    }


@pytest.mark.parametrize(
    ("query", "results"),
    [
        ("", ["Loss", "Win", "Draw", "Loss", "Win", "Win"]),
        ("?game=chess", ["Draw"]),
        ("?kind=TOURNAMENT", ["Loss"]),
        ("?sides=together", ["Win"]),
        ("?sides=together&game=chess", []),
    ],
)
def test_the_rows_are_those_that_are_counted(client, ann, bob, duels, query, results):
    page = client.get(address(ann, bob, query))

    shown = rows_in(page, "Matches with each other") if results else []
    assert [row.split()[0] for row in shown] == results
    record = page.context["shown"].listed
    assert record.rows == len(results)
    assert (record.won, record.lost, record.drawn) == tuple(
        results.count(word) - (query == "" and word == "Win") for word in ("Win", "Loss", "Draw")
    )


def test_the_page_tells_games_and_series(client, ann, bob, duels):
    page = client.get(address(ann, bob))

    assert rows_in(page, "Matches against each other") == [
        "Valorant Casual 2 0 1",
        "Chess Casual 0 1 0",
        "Valorant Tournament 0 0 1",
    ]
    assert "Win 2–0 League · Round 1" in text_of(page)
    assert "Round 2" not in text_of(page)


def test_a_later_page_goes_on_where_the_first_ended(client, ann, bob):
    for number in range(12):
        scene.match(ann, f"m{number:02}", "WIN", hours=number)
        scene.match(bob, f"m{number:02}", "LOSS", hours=number)
    first = client.get(address(ann, bob))
    cursor = first.context["shown"].matches.next_cursor
    second = client.get(address(ann, bob, f"?page={cursor}"))

    keys = [entry.match_key for page in (first, second) for entry in page.context["shown"].matches.items]
    assert keys == [f"m{number:02}" for number in reversed(range(12))]
    assert client.get(address(bob, ann, f"?page={cursor}")).status_code == 400


def test_it_costs_the_same_however_much_they_played(client, ann, bob, duels, django_assert_num_queries):
    for number in range(30):
        scene.match(ann, f"m{number}", "WIN", hours=10 + number)
        scene.match(bob, f"m{number}", "LOSS", hours=10 + number)
    with django_assert_num_queries(14):
        client.get(address(ann, bob))


@pytest.mark.parametrize("hider", ["ann", "bob"])
def test_it_is_private_where_either_hides(client, ann, bob, duels, hider):
    hiding, other = (ann, bob) if hider == "ann" else (bob, ann)
    scene.hide(hiding, matches=True)

    for one, two in ((ann, bob), (bob, ann)):
        for reader in (None, other):
            if reader:
                client.force_login(reader)
            page = client.get(address(one, two))
            assert page.status_code == 403
            assert "User has hidden match history" in text_of(page)
            assert "red-blue" not in page.content.decode()
            assert client.get(f"/api/v1{address(one, two)[:-1]}").status_code == 403
            client.logout()
    for reader in (hiding, scene.player("boss", is_staff=True)):
        client.force_login(reader)
        assert client.get(address(ann, bob)).status_code == 200
    # Where both hide, neither sees it: each would be shown the rows of the other.
    scene.hide(other, matches=True)
    client.force_login(hiding)
    assert client.get(address(ann, bob)).status_code == 403


def test_where_the_rival_hides_nobody_but_staff_sees_it(client, ann, bob, duels):
    """Neither a member, nor who follows both, nor the first player; by a former address neither."""
    fan, member, old = scene.player("fan"), scene.player("member"), scene.player("old")
    for followed in (ann, bob):
        Follow.objects.create(follower=fan, followed=followed)
        Follow.objects.create(follower=followed, followed=member)
    former = old.profile.public_id
    merge_players(kept=bob, merged=old, by=scene.player("boss", is_staff=True), reason="x", now=scene.at(90))
    moved = address(ann, bob).replace(bob.profile.public_id, former)
    assert client.get(moved).url == address(ann, bob)
    scene.hide(bob, matches=True)

    for reader in (member, fan, ann):
        client.force_login(reader)
        for asked in (address(ann, bob), address(bob, ann), moved):
            assert client.get(asked).status_code == 403
            assert client.get(f"/api/v1{asked[:-1]}").status_code == 403


@pytest.mark.once
class TestWhoIsMeant:
    def test_the_same_player_twice(self, client, ann):
        page = client.get(address(ann, ann))
        assert page.status_code == 400
        assert "name the public id of another player" in text_of(page)

    def test_nobody_and_closed_accounts(self, client, ann, bob):
        assert client.get(f"{address(ann, bob)[:-13]}DC-25-999999/").status_code == 404
        UserProfile.objects.filter(user=bob).update(standing="CLOSED")
        assert client.get(address(ann, bob)).status_code == 410
        assert client.get(address(bob, ann)).status_code == 410

    def test_before_they_met(self, client, ann, bob):
        page = client.get(address(ann, bob))
        assert "They have not met in a recorded match yet." in text_of(page)

    def test_a_wrong_filter_is_refused(self, client, ann, bob):
        for query in ("?sides=x", "?kind=x", "?game=none"):
            assert client.get(address(ann, bob, query)).status_code == 400

    def test_names_are_written_safely_and_in_their_own_direction(self, client, ann, bob):
        UserProfile.objects.filter(user=bob).update(display_name="<b>مرحبا")
        page = client.get(address(ann, bob)).content.decode()
        assert "<bdi>&lt;b&gt;مرحبا</bdi>" in page

    def test_the_rival_is_found_by_name_or_by_public_id(self, client, ann, bob):
        choice = address(ann, bob)[:-13]
        assert f'href="{address(ann, bob)}"' in client.get(f"{choice}?q=bo").content.decode()
        assert client.get(f"{choice}?q={bob.profile.public_id.lower()}").url == address(ann, bob)
        assert "Nobody is called" in text_of(client.get(f"{choice}?q=zzz"))
        assert client.get(f"{choice}?q=z").status_code == 400
        assert client.get(choice).status_code == 200
