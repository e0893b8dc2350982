"""Pictures of players: choosing one, where it is shown and to whom, and what becomes of its file."""

import base64
import io
import json
import os
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from deltacrown.accounts.rights import Right
from deltacrown.core import clock
from deltacrown.core.errors import InvalidInput
from deltacrown.freshness.tokens import get_token
from deltacrown.user_profile.jobs import sweep_orphaned_avatars
from deltacrown.user_profile.models import Standing, UserProfile
from deltacrown.user_profile.people import avatars
from deltacrown.user_profile.people.anonymising import anonymise_player
from deltacrown.user_profile.people.merging import merge_players, undo_merge
from deltacrown.user_profile.people.standings import close_account
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

NOW = scene.at(0)
A_WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.AVATAR_CHANGE_RATE = "1000000/60"
    return tmp_path


def draw(colour=(200, 40, 40), kind="PNG", size=(120, 90)):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


def give(user, **how):
    return avatars.set_avatar(user=user, data=draw(**how), now=NOW)


def files(media):
    return sorted(path.stem for path in media.rglob("*.webp"))


def name_of(user):
    return UserProfile.objects.get(user=user).avatar


def post(client, data, name="me at home.png"):
    sent = {"do": "save"} if data is None else {"do": "save", "picture": SimpleUploadedFile(name, data)}
    return client.post(reverse("picture"), sent, follow=True)


@pytest.fixture
def ann(player, client):
    user = player("ann")
    client.force_login(user)
    return user


class TestChoosing:
    def test_it_is_chosen_replaced_and_removed(self, client, ann, media, django_capture_on_commit_callbacks):
        page = client.get(reverse("picture"))
        assert 'enctype="multipart/form-data"' in page.content.decode()
        assert "You have no picture" in text_of(page)

        assert "This is your picture now." in text_of(post(client, draw()))
        first = name_of(ann)
        assert files(media) == [first]
        assert not {"me", "home", str(ann.pk)} & {first}

        with django_capture_on_commit_callbacks(execute=True):
            post(client, draw(colour=(0, 0, 200), kind="JPEG"))
        second = name_of(ann)
        assert second != first
        assert files(media) == [second]

        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(reverse("picture"), {"do": "remove"}, follow=True)
        assert "Your picture was removed." in text_of(answer)
        assert (name_of(ann), files(media)) == ("", [])
        assert client.post(reverse("picture"), {"do": "remove"}).status_code == 302

    @pytest.mark.parametrize(
        ("data", "told"),
        [
            (None, "Choose a picture first."),
            (b"", "This is no picture that can be read."),
            (b"<script>", "This is no picture that can be read."),
            (b"\0" * 5000, "The file is larger than 4 kB."),
        ],
    )
    def test_what_is_refused_changes_nothing(self, client, ann, media, settings, data, told):
        give(ann)
        before = name_of(ann)
        settings.AVATAR_MAX_BYTES = 4096

        answer = post(client, data)

        assert answer.status_code == 400
        assert told in text_of(answer)
        assert (name_of(ann), files(media)) == (before, [before])

    def test_a_suspended_player_may_remove_it_only(self, client, ann, media):
        give(ann)
        UserProfile.objects.filter(user=ann).update(standing=Standing.SUSPENDED)

        answer = post(client, draw())
        assert (answer.status_code, len(files(media))) == (403, 1)
        assert "You are suspended" in text_of(answer)
        assert client.post(reverse("picture"), {"do": "remove"}).status_code == 302
        assert name_of(ann) == ""

    def test_too_many_are_refused_also_where_they_are_no_pictures(self, client, ann, settings):
        settings.AVATAR_CHANGE_RATE = "2/1000000000"

        assert [post(client, each).status_code for each in (b"<", draw(), draw())] == [400, 200, 429]

    def test_a_transaction_that_fails_leaves_no_file(self, ann, media, monkeypatch):
        def fail(**_):
            raise RuntimeError

        monkeypatch.setattr(avatars, "_name_file", fail)

        with pytest.raises(RuntimeError):
            give(ann)

        assert files(media) == []

    def test_it_takes_a_sign_in(self, client):
        answer = client.post(reverse("picture"), {"do": "remove"})
        assert answer["Location"].startswith("/sign-in/")


class TestServing:
    def test_it_is_kept_for_ever(self, client, player):
        name = give(player("ann"))
        address = f"/avatars/{name}.webp"

        answer = client.get(address)

        assert Image.open(io.BytesIO(answer.content)).size == (256, 256)
        assert answer["Content-Type"] == "image/webp"
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "Cookie" not in answer.get("Vary", "")
        assert client.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304

    @pytest.mark.parametrize(
        ("standing", "status"),
        [("ACTIVE", 200), ("SUSPENDED", 200), ("CLOSED", 404), ("MERGED", 404), ("ANONYMISED", 404)],
    )
    def test_it_is_shown_while_the_pages_are(self, client, player, standing, status):
        ann = player("ann")
        name = give(ann)
        UserProfile.objects.filter(user=ann).update(standing=standing)

        assert client.get(f"/avatars/{name}.webp").status_code == status
        assert bool(UserProfile.objects.get(user=ann).picture) == (status == 200)

    @pytest.mark.parametrize("name", ["0" * 32, "..%2f..%2fsecret_key", "A" * 32])
    def test_other_names_are_nothing(self, client, name):
        assert client.get(f"/avatars/{name}.webp").status_code == 404

    def test_a_file_that_is_lost_breaks_nothing(self, client, player, media):
        ann = player("ann")
        name = give(ann)
        (media / "avatars" / f"{name}.webp").unlink()

        assert client.get(f"/avatars/{name}.webp").status_code == 404
        for page in ("player-card", "player-badge-picture"):
            assert client.get(reverse(page, args=[ann.profile.public_id])).status_code == 200


class TestShowing:
    def test_pages_and_the_api_show_it_and_cost_no_statement_more(self, client, player, played):
        people = [player(name) for name in ("ann", "bob", "cleo")]
        for person in people:
            played(person)
        addresses = [
            reverse("leaderboard", args=["matches_won"]),
            reverse("leaderboard", args=["matches_won"]) + "?period=30days",
            reverse("player-search") + "?q=an",
            reverse("player", args=[people[0].profile.public_id]),
        ]

        def count(address):
            with CaptureQueriesContext(connection) as asked:
                page = client.get(address).content.decode()
            return len(asked), page

        before = {address: count(address)[0] for address in addresses}
        names = [give(person) for person in people]
        for address in addresses:
            asked, page = count(address)
            assert asked <= before[address]
            if "30days" not in address:
                assert f'src="/avatars/{names[0]}.webp" width=' in page
                assert 'alt="" loading="lazy"' in page

        board = json.loads(client.get("/api/v1/leaderboards/matches_won").content)
        assert {each["avatar_url"] for each in board["items"]} == {f"/avatars/{name}.webp" for name in names}
        one = json.loads(client.get(f"/api/v1/players/{people[0].profile.public_id}").content)
        assert one["avatar_url"] == f"/avatars/{names[0]}.webp"
        found = json.loads(client.get("/api/v1/players?q=an").content)
        assert found["items"][0]["avatar_url"] == f"/avatars/{names[0]}.webp"

    def test_a_kept_page_shows_another_at_once(self, client, player, ann):
        page = reverse("player", args=[ann.profile.public_id])
        client.logout()
        client.get(page)
        token = get_token(ann.pk)
        name = give(ann)

        assert get_token(ann.pk) != token
        assert name in client.get(page).content.decode()
        avatars.remove_avatar(user=ann, now=NOW)
        assert name not in client.get(page).content.decode()

    def test_cards_and_badges_are_drawn_with_it(self, client, player):
        ann = player("ann")
        public_id = ann.profile.public_id
        plain = client.get(reverse("player-card", args=[public_id]))
        name = give(ann, colour=(255, 0, 255))

        card = client.get(reverse("player-card", args=[public_id]))

        assert card["ETag"] != plain["ETag"]
        red, green, blue = Image.open(io.BytesIO(card.content)).convert("RGB").getpixel((188, 200))
        assert (red > 200, green < 60, blue > 200) == (True, True, True)
        badge = client.get(reverse("player-badge-picture", args=[public_id])).content.decode()
        assert "data:image/webp;base64," in badge
        assert name in client.get(reverse("player-badge", args=[public_id])).content.decode()

    def test_it_is_in_ones_own_export(self, client, ann):
        name = give(ann)
        lines = b"".join(client.get(reverse("api:export_me") + "?format=ndjson").streaming_content).split(
            b"\n"
        )

        (own,) = [json.loads(line) for line in lines if b'"picture"' in line]
        assert base64.b64decode(own["base64"]) == avatars.read_file(name)


class TestLeaving:
    def test_who_is_anonymised_leaves_no_file(self, player, media, django_capture_on_commit_callbacks):
        ann = player("ann")
        give(ann)

        with django_capture_on_commit_callbacks(execute=True):
            anonymise_player(user=ann, by=None, now=NOW, without_export=True)

        assert (name_of(ann), files(media)) == ("", [])

    def test_a_removal_that_is_rolled_back_leaves_the_file(self, ann, media):
        name = give(ann)

        def fail():
            with transaction.atomic():
                avatars.remove_avatar(user=ann, now=NOW)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()

        assert (name_of(ann), files(media)) == (name, [name])

    def test_files_of_nobody_are_swept_when_they_are_old(self, ann, media, capsys):
        name = give(ann)
        for other in ("a" * 32, "b" * 32):
            default_storage.save(f"avatars/{other}.webp", io.BytesIO(b"x"))
        now = clock.now()

        def sweep(later):
            return sweep_orphaned_avatars(clock=lambda: now + later)

        assert avatars.sweep_avatars(now=now).orphans == []
        call_command("sweep_avatars", "--dry-run")
        assert "0 of 3 pictures are nobody's." in capsys.readouterr().out
        assert len(files(media)) == 3
        old = (now - A_WEEK).timestamp()
        os.utime(media / "avatars" / f"{'a' * 32}.webp", (old, old))
        assert sweep(timedelta(0)) == {"files": 3, "deleted": 1}
        assert files(media) == sorted([name, "b" * 32])
        assert sweep(timedelta(0)) == {"files": 2, "deleted": 0}


class TestStaff:
    def remove(self, client, user, **answers):
        data = {"action": "remove_pictures", "_selected_action": [user.pk], **answers}
        return client.post(reverse("admin:user_profile_userprofile_changelist"), data, follow=True)

    def test_staff_remove_it_with_a_reason_in_the_admin(self, client, player):
        ann = player("ann")
        give(ann)
        sue = scene.staff("sue", Right.REMOVE_PICTURES)
        sue.user_permissions.add(Permission.objects.get(codename="view_userprofile"))
        client.force_login(sue)

        assert "reason" in self.remove(client, ann).content.decode()
        assert name_of(ann)
        self.remove(client, ann, answered="1", reason="Not a face.")

        assert name_of(ann) == ""
        assert LogEntry.objects.get(object_id=str(ann.pk)).change_message == "Remove pictures: Not a face."

    def test_the_service_asks_for_the_right_and_the_reason(self, player, caplog):
        ann = player("ann")
        give(ann)
        with pytest.raises(avatars.MayNotRemovePictures):
            avatars.remove_avatar_of(
                user=ann, by=scene.staff("sam", Right.SUSPEND_PLAYERS), reason="x", now=NOW
            )
        sue = scene.staff("sue", Right.REMOVE_PICTURES)
        with pytest.raises(InvalidInput):
            avatars.remove_avatar_of(user=ann, by=sue, reason=" ", now=NOW)
        assert name_of(ann)

        with caplog.at_level("INFO", "deltacrown.audit"):
            assert avatars.remove_avatar_of(user=ann, by=sue, reason="not a face", now=NOW)

        assert f"staff {sue.pk} removed the picture of user {ann.pk}" in caplog.text
        assert not avatars.remove_avatar_of(user=ann, by=sue, reason="again", now=NOW)
        assert give(ann)


class TestMerges:
    """A merged account keeps its picture, as its name and its bio, for an undo; nobody is shown it."""

    def test_each_account_has_its_own_before_and_after(self, client, player, media):
        kept, merged = player("kept"), player("merged")
        of_kept, of_merged = give(kept), give(merged, colour=(40, 200, 40))

        def shown():
            return [client.get(f"/avatars/{name}.webp").status_code for name in (of_kept, of_merged)]

        merge = merge_players(kept=kept, merged=merged, by=None, reason="one person", now=NOW)
        assert (name_of(kept), name_of(merged)) == (of_kept, of_merged)
        assert (shown(), UserProfile.objects.get(user=merged).picture) == ([200, 404], "")
        old = (clock.now() - A_WEEK).timestamp()
        for name in (of_kept, of_merged):
            os.utime(media / "avatars" / f"{name}.webp", (old, old))
        assert avatars.sweep_avatars(now=clock.now()).orphans == []

        undo_merge(merge=merge, by=None, now=NOW)
        assert (name_of(kept), name_of(merged)) == (of_kept, of_merged)
        assert shown() == [200, 200]

    def test_a_picture_chosen_meanwhile_stays_with_who_chose_it(self, player):
        kept, merged = player("kept"), player("merged")
        of_merged = give(merged)
        merge = merge_players(kept=kept, merged=merged, by=None, reason="one person", now=NOW)
        assert name_of(kept) == ""

        chosen = give(kept)
        undo_merge(merge=merge, by=None, now=NOW)
        assert (name_of(kept), name_of(merged)) == (chosen, of_merged)

    def test_anonymising_the_kept_account_deletes_the_pictures_of_both(
        self, player, media, django_capture_on_commit_callbacks
    ):
        kept, merged, boss = (
            player("kept"),
            player("merged"),
            player("boss", is_staff=True, is_superuser=True),
        )
        give(kept)
        give(merged)
        merge_players(kept=kept, merged=merged, by=None, reason="one person", now=NOW)
        close_account(user=kept, by=boss, now=NOW)
        with django_capture_on_commit_callbacks(execute=True):
            anonymise_player(user=kept, by=boss, now=NOW, without_export=True)

        assert (files(media), name_of(kept), name_of(merged)) == ([], "", "")
