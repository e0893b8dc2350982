"""Teams with their roles, and blocks, through the API."""

from __future__ import annotations

import pytest

from deltacrown.teams.models import TeamRole
from deltacrown.user_profile.models import Block, Follow, UserProfile
from tests import scene
from tests.api.calls import signed_in, visitor
from tests.scene import at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_reactions")]


@pytest.fixture
def ann():
    return scene.player("ann")


@pytest.fixture
def bob():
    return scene.player("bob")


def id_of(user):
    return user.profile.public_id


def line(user):
    return {"public_id": id_of(user), "name": user.username, "country": "", "avatar_url": ""}


class TestTeams:
    @pytest.fixture(autouse=True)
    def _north(self, ann, bob):
        north = scene.team("north")
        scene.member(ann, north)
        scene.member(bob, north, hours=1)
        scene.role(ann, north)
        scene.role(bob, north, "COACH", hours=1, ended=2)

    def test_it_shows_captains_members_and_roles(self, ann, bob):
        anybody = visitor()
        team = anybody.call("GET", "/teams/north").json()
        assert (team["slug"], team["name"], team["captains"]) == ("north", "North", [line(ann)])

        captain = {"role": "CAPTAIN", "given_at": "2025-03-01T18:00:00Z"}
        members = anybody.call("GET", "/teams/north/members").json()["items"]
        assert members == [
            {"player": line(bob), "joined_at": "2025-03-01T19:00:00Z", "roles": []},
            {"player": line(ann), "joined_at": "2025-03-01T18:00:00Z", "roles": [captain]},
        ]
        roles = anybody.call("GET", "/teams/north/roles").json()["items"]
        assert [(each["player"]["name"], each["role"], each["ended_at"]) for each in roles] == [
            ("bob", "COACH", "2025-03-01T20:00:00Z"),
            ("ann", "CAPTAIN", None),
        ]

    def test_who_is_not_listed_is_left_out(self, ann, bob):
        UserProfile.objects.filter(user=ann).update(standing="SUSPENDED")
        assert visitor().call("GET", "/teams/north").json()["captains"] == []
        for page in ("members", "roles"):
            items = visitor().call("GET", f"/teams/north/{page}").json()["items"]
            assert [each["player"]["name"] for each in items] == ["bob"]

    def test_a_role_is_given_once_under_a_key_and_ended_once(self, ann, bob):
        captain, body = signed_in(ann), {"player": id_of(bob), "role": "MANAGER"}
        first, again = (
            captain.call("POST", "/teams/north/roles", body, headers={"Idempotency-Key": "k"})
            for _ in range(2)
        )
        assert first.status_code == again.status_code == 200
        assert first.json() == again.json()
        assert (first["Idempotency-Replayed"], again["Idempotency-Replayed"]) == ("false", "true")
        assert TeamRole.objects.filter(user=bob, role="MANAGER", given_by=ann).count() == 1

        path = f"/teams/north/roles/{id_of(bob)}/MANAGER"
        assert captain.call("DELETE", path).json()["ended_at"] is not None
        refused = captain.call("DELETE", path)
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")

    def test_refusals_say_who_can(self, ann, bob):
        refused = signed_in(bob).call("POST", "/teams/north/roles", {"player": id_of(bob), "role": "CAPTAIN"})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert "the team's captain (ann)" in refused.json()["detail"]
        given = {"player": id_of(scene.player("cat")), "role": "COACH"}
        assert signed_in(ann).call("POST", "/teams/north/roles", given).status_code == 409
        for body in ({"player": id_of(bob), "role": "BOSS"}, {"player": id_of(bob)}):
            assert signed_in(ann).call("POST", "/teams/north/roles", body).status_code == 422
        assert signed_in(ann).call("POST", "/teams/no/roles", given).status_code == 404

    def test_leaving_ends_the_roles(self, ann, bob):
        answer = signed_in(ann).call("DELETE", f"/teams/north/members/{id_of(ann)}")
        assert answer.json() == {"team": "north", "player": id_of(ann)}
        assert not TeamRole.objects.filter(ended_at=None).exists()
        assert signed_in(ann).call("DELETE", f"/teams/north/members/{id_of(ann)}").status_code == 409

    def test_queries(self, django_assert_num_queries):
        for page, many in {"": 2, "/members": 3, "/roles": 2}.items():
            with django_assert_num_queries(many):
                visitor().call("GET", f"/teams/north{page}")


class TestBlocks:
    def test_a_block_is_made_listed_and_taken_back(self, ann, bob):
        Follow.objects.create(follower=bob, followed=ann)
        one, other = signed_in(ann), signed_in(bob)
        for _ in range(2):
            answer = one.call("PUT", f"/me/blocks/{id_of(bob)}")
            assert answer.json() == {"public_id": id_of(bob), "blocks": True}
        Block.objects.update(created_at=at(0))

        assert one.call("GET", "/me/blocks").json()["items"] == [
            {"player": line(bob), "since": "2025-03-01T18:00:00Z"}
        ]
        assert other.call("GET", "/me/blocks").json()["items"] == []
        refused = other.call("PUT", f"/me/follows/{id_of(ann)}")
        assert refused.status_code == 409
        assert refused.json()["detail"] == "You cannot follow this player. You still see all that is public."
        assert not Follow.objects.exists()

        for _ in range(2):
            answer = one.call("DELETE", f"/me/blocks/{id_of(bob)}")
            assert answer.json() == {"public_id": id_of(bob), "blocks": False}
        assert other.call("PUT", f"/me/follows/{id_of(ann)}").status_code == 200

    def test_a_follower_is_taken_away(self, ann, bob):
        Follow.objects.create(follower=bob, followed=ann)
        Follow.objects.create(follower=ann, followed=bob)
        for _ in range(2):
            answer = signed_in(ann).call("DELETE", f"/me/followers/{id_of(bob)}")
            assert answer.json() == {"public_id": id_of(bob), "follows": False}
        assert [row.follower for row in Follow.objects.all()] == [ann]

    def test_oneself_and_nobody_are_refused(self, ann):
        assert signed_in(ann).call("PUT", f"/me/blocks/{id_of(ann)}").status_code == 422
        assert signed_in(ann).call("PUT", "/me/blocks/DC-99-000001").status_code == 404

    def test_the_export_of_own_data_has_blocks_and_roles_and_nobody_is_told_who_blocks_them(self, ann, bob):
        scene.member(ann, scene.team("north"))
        scene.role(ann, scene.team("north"))
        Block.objects.create(blocker=ann, blocked=bob)
        mine = b"".join(signed_in(ann).call("GET", "/me/export").streaming_content).decode()
        theirs = b"".join(signed_in(bob).call("GET", "/me/export").streaming_content).decode()

        assert '"CAPTAIN"' in mine
        assert '"blocked"' in mine
        assert id_of(ann) not in theirs
