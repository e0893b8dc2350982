"""The first steps as operator, followed as they are printed: on an empty site that is served."""

from __future__ import annotations

import io
import json
import re
import shlex
import subprocess

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import GROUPS
from deltacrown.games.models import Game, Match
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.docs.pages import list_blocks, page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

GUIDE = page("docs/how-to/first-steps-as-operator.md")
SECRET = "horse battery staple 9"  # noqa: S105 - of a site that is gone after the test
CALL = re.compile(r"^(?:(\w+)=\$\()?deltacrown (.*?)\)?$")


def list_steps() -> dict[str, list[str]]:
    """The commands under each heading, those that go on joined."""
    parts = re.split(r"^## \d\. (.+)$", GUIDE.text, flags=re.MULTILINE)[1:]
    return {
        title: [
            line
            for language, block in list_blocks(body)
            if language == "sh"
            for line in re.split(r"\n(?=curl |deltacrown |[A-Z]+=)", block.strip())
        ]
        for title, body in zip(parts[::2], parts[1::2], strict=True)
    }


def manage(line: str) -> tuple[str, str]:
    """Run a line of the guide here. Return the variable that it sets, and what the command printed."""
    name, call = CALL.fullmatch(line).groups()
    words, out = shlex.split(call), io.StringIO()
    asked = {"interactive": False} if words[0] == "createsuperuser" else {}
    call_command(*words, stdout=out, stderr=io.StringIO(), **asked)
    return name or "", out.getvalue().strip()


def ask(line: str, known: dict[str, str]) -> dict:
    """Run a curl line of the guide in a shell, unchanged. Return the document that it printed."""
    run = subprocess.run(
        ["bash", "-euc", line],
        env={"PATH": "/usr/bin:/bin", **known},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return json.loads(run.stdout)


def submit(client: Client, address: str, **changes) -> None:
    """Send a form of the admin as a browser does: what is filled in already, and what the guide changes."""
    form = client.get(address).context["adminform"].form
    held = {name: form[name].value() for name in form.fields}
    kept = {name: value for name, value in held.items() if value not in (None, False)} | changes
    for name in [name for name, value in kept.items() if hasattr(value, "strftime")]:
        at = kept.pop(name)
        kept |= {f"{name}_0": f"{at:%Y-%m-%d}", f"{name}_1": f"{at:%H:%M:%S}"}
    data = {name: value for name, value in kept.items() if value != ""}
    answer = client.post(address, data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors


def test_an_empty_site_becomes_one_that_counts(live_server, settings, monkeypatch):
    settings.API_RATE_PER_KEY = settings.API_RATE_PER_ADDRESS = "1000000/60"
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", SECRET)
    steps, known = list_steps(), {}

    # 1. The first admin signs in, and the admin opens.
    for line in steps["The first admin"]:
        manage(line)
    ada = Client()
    ada.post("/sign-in/", {"username": "ada", "password": SECRET})
    assert ada.get("/admin/").status_code == 200

    # 2. The first game, by the form of the admin and the table of the page.
    game = dict(re.findall(r"^\| (Name|Slug) \| `(\w+)` \|$", GUIDE.text, re.MULTILINE))
    submit(ada, "/admin/games/game/add/", **{name.lower(): value for name, value in game.items()})
    assert list(Game.objects.values_list("slug", "name")) == [("chess", "Chess")]

    # 3. The first key, of an account that is left no other right.
    for line in steps["The first key"]:
        name, printed = manage(line)
        known |= {name: printed} if name else {}
    recorder = User.objects.get(username="recorder")
    submit(ada, f"/admin/accounts/user/{recorder.pk}/change/", is_staff="", is_superuser="")
    recorder.refresh_from_db()
    assert (recorder.is_staff, recorder.is_superuser, recorder.is_active) == (False, False, True)

    # It lets the account in; one that is wrong in its last character lets nobody in.
    for secret, status in ((known["KEY"], 200), (f"{known['KEY'][:-1]}!", 401)):
        answer = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == status, answer.content

    # 4. The first match, sent twice, is there once.
    site, record = steps["The first match"][:2]
    assert site == "SITE=http://127.0.0.1:8000"
    known["SITE"] = live_server.url
    first, again = ask(record, known), ask(record, known)
    assert (first["accepted"], again["unchanged"]) == (1, 1)
    shown, board, recount = steps["The first match"][2:]
    assert ask(shown, known)["match_key"] == "first-match"
    leader = ask(board, known)["items"][0]
    assert (leader["name"], leader["value"]) == ("bea", 1)
    assert "all right" in manage(recount)[1]
    assert Match.objects.count() == 2
    assert UserProfile.objects.get(user__username="bea").matches_won == 1

    # 5. Somebody who helps: the groups are those there are, and one of them opens what it should.
    told = re.findall(r"^\| .+ \| (\w+) \|$", GUIDE.section("5. People who help"), re.MULTILINE)[1:]
    assert set(told) == set(GROUPS)
    helper = scene.player("helper")
    moderators = Group.objects.get(name="Moderators").pk
    submit(ada, f"/admin/accounts/user/{helper.pk}/change/", is_staff="on", groups=[moderators])
    desk = Client()
    desk.force_login(User.objects.get(pk=helper.pk))
    assert desk.get("/admin/moderation/dispute/").status_code == 200
    assert desk.get("/admin/games/game/add/").status_code == 403
