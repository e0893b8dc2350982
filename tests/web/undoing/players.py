"""What players do for themselves, and with their teams and entries."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from deltacrown.accounts.models import ApiKey
from deltacrown.accounts.services import create_key
from deltacrown.moderation.services import write_statement_handle
from deltacrown.teams.models import TeamRole
from deltacrown.tournaments.services import check_in, pairings, withdraw
from deltacrown.user_profile.models import UserActivity
from deltacrown.user_profile.people import avatars, blocks, follows
from deltacrown.user_profile.people.external_ids import claim_external_id
from deltacrown.user_profile.timeline.hiding import hide_activity, write_handle
from tests import scene
from tests.scene import at
from tests.web.undoing.ground import Deed, Sent, address, as_of, fill, id_of

SINCE = {"user_profile.Follow.created_at": "since when it is, which is since the last time"}
MARKED = {
    **dict.fromkeys(
        ["tournaments.TournamentParticipation", "user_profile.UserActivity"], "it stays on record, marked"
    ),
    **dict.fromkeys(
        [
            "user_profile.UserProfile",
            "user_profile.GameStats",
            "user_profile.UserAchievement",
            "user_profile.ExperienceAward",
        ],
        "it counts among the tournaments entered",
    ),
}
FOR_GOOD = "This cannot be undone"


def plain(page: str, /, *needs: Any, by: str = "anna", **fields: Any) -> Any:
    """Return what sends a form about somebody or something of the ground, named in ``needs``."""

    def send(w: Any) -> Sent:
        told = [getattr(w, each) for each in needs]
        keys = [
            each if isinstance(each, str) else getattr(each, "slug", None) or id_of(each) for each in told
        ]
        given = {key: value(w) if callable(value) else value for key, value in fields.items()}
        return Sent(as_of(getattr(w, by)), address(page, *keys), given)

    return send


def picture(colour: tuple[int, int, int]) -> bytes:
    file = BytesIO()
    Image.new("RGB", (80, 80), colour).save(file, "PNG")
    return file.getvalue()


class Upload:
    """A file that can be sent more than once."""

    def __init__(self, colour: tuple[int, int, int]) -> None:
        self.data = picture(colour)

    def __call__(self, _w: Any) -> SimpleUploadedFile:
        return SimpleUploadedFile("me.png", self.data, "image/png")


def settings_form(name: str, has: str, **given: Any) -> Any:
    """Return what sends a form of the settings as it is, but for what is ``given``."""
    return lambda w: fill(as_of(w.anna), address(name), has, **given)


def entry(do: str, event: str = "open", by: str = "anna", **more: Any) -> Any:
    page = "tournament-team" if more else "tournament-entry"
    return plain(page, event, by=by, do=do, **more)


def entry_of(w: Any) -> str:
    return write_handle(UserActivity.objects.filter(user=w.anna).earliest("pk"))


def make_pairing(w: Any) -> Any:
    return pairings.add_pairing(tournament=w.running, first=w.anna, second=w.bea, round="Extra", key="0" * 16)


def report(winner: str) -> Any:
    def send(w: Any) -> Sent:
        handle = pairings.write_handle(pairings.list_pairings(w.running)[0])
        return Sent(as_of(w.anna), address("pairing", w.running.slug, handle), {"winner-1": winner})

    return send


def statement(words: str) -> Any:
    def send(w: Any) -> Sent:
        page = address("dispute-statement", write_statement_handle(w.filed))
        return fill(as_of(w.anna), page, "words", words=words)

    return send


def first_key(w: Any) -> str:
    return ApiKey.objects.filter(owner=w.anna).latest("pk").prefix


def end_role(w: Any) -> None:
    TeamRole.objects.create(team=w.north, user=w.bea, role="COACH", given_at=at(1))


def has_picture(w: Any) -> None:
    avatars.set_avatar(user=w.anna, data=picture((9, 9, 9)), now=at(2))


ROLES = {"teams.TeamRole": "who had which role stays told, with its end"}
KEYS = {"accounts.ApiKey": "a key that is revoked stays listed, as one that works nowhere"}
RENEWED = {
    "user_profile.UserProfile.avatar": "the file is another, of the same picture",
    "user_profile.UserProfile.picture_changes": "counts changes against misuse",
    "user_profile.UserProfile.pictures_since": "counts changes against misuse",
}

DEEDS = [
    Deed("follow", "follow a player", plain("follow", "bea"), plain("unfollow", "bea")),
    Deed(
        "unfollow",
        "stop following",
        plain("unfollow", "bea"),
        plain("follow", "bea"),
        before=lambda w: follows.follow(follower=w.anna, followed=w.bea, now=at(2)),
        leaves=SINCE,
    ),
    Deed("block", "block a player", plain("block", "bea"), plain("unblock", "bea")),
    Deed(
        "block",
        "block a player who is followed",
        plain("block", "bea"),
        says="Lifting the block later does not bring that back",
        shown_at=lambda w: address("player", id_of(w.bea)),
        before=lambda w: follows.follow(follower=w.anna, followed=w.bea, now=at(2)),
    ),
    Deed(
        "unblock",
        "unblock",
        plain("unblock", "bea"),
        plain("block", "bea"),
        before=lambda w: blocks.block_player(blocker=w.anna, blocked=w.bea, now=at(2)),
        leaves={"user_profile.Block.created_at": "since when it is, which is since the last time"},
    ),
    Deed(
        "remove-follower",
        "take a follower away",
        plain("remove-follower", "bea"),
        says="you cannot undo that",
        shown_at=lambda w: address("player-followers", id_of(w.anna)),
        before=lambda w: follows.follow(follower=w.bea, followed=w.anna, now=at(2)),
    ),
    Deed(
        "timeline-entry",
        "hide an entry",
        plain("timeline-entry", entry=entry_of, do="hide"),
        plain("timeline-entry", entry=entry_of, do="show"),
    ),
    Deed(
        "timeline-entry",
        "show it again",
        plain("timeline-entry", entry=entry_of, do="show"),
        plain("timeline-entry", entry=entry_of, do="hide"),
        before=lambda w: hide_activity(
            user=w.anna, activity=UserActivity.objects.filter(user=w.anna).earliest("pk")
        ),
    ),
    Deed(
        "privacy",
        "hide matches",
        settings_form("privacy", "show_match_history", show_match_history="", do="save"),
        settings_form("privacy", "show_match_history", show_match_history="on", do="save"),
    ),
    Deed(
        "profile-settings",
        "write of oneself",
        settings_form("profile-settings", "bio", bio="I play.", country="DE"),
        settings_form("profile-settings", "bio", bio="", country=""),
    ),
    Deed(
        "notification-settings",
        "choose what to be told",
        settings_form("notification-settings", "on_site", on_site=[]),
        lambda w: Sent(as_of(w.anna), address("notification-settings"), w.choices),
        before=lambda w: setattr(
            w, "choices", fill(as_of(w.anna), address("notification-settings"), "on_site").fields
        ),
        leaves={"notifications.NotificationChoice": "what is chosen as it was is chosen, not left unsaid"},
    ),
    Deed(
        "picture",
        "have a picture",
        plain("picture", picture=Upload((1, 2, 3)), do="save"),
        plain("picture", do="remove"),
        leaves=RENEWED,
    ),
    Deed(
        "picture",
        "remove it",
        plain("picture", do="remove"),
        plain("picture", picture=Upload((9, 9, 9)), do="save"),
        before=has_picture,
        leaves=RENEWED,
    ),
    Deed(
        "linked-ids",
        "name an id",
        plain("linked-ids", provider="steam", external_id="76561198000000042", do="claim"),
        plain("linked-ids", provider="steam", external_id="76561198000000042", do="remove"),
    ),
    Deed(
        "linked-ids",
        "remove an id",
        plain("linked-ids", provider="steam", external_id="76561198000000042", do="remove"),
        plain("linked-ids", provider="steam", external_id="76561198000000042", do="claim"),
        before=lambda w: claim_external_id(user=w.anna, external_id="steam:76561198000000042", now=at(2)),
        leaves={"accounts.ExternalId.added_at": "since when it is named, which is since the last time"},
    ),
    Deed(
        "verification",
        "ask to be verified",
        plain("verification"),
        says=FOR_GOOD,
    ),
    Deed(
        "api-key",
        "revoke a key",
        lambda w: Sent(as_of(w.anna), address("api-key", w.prefix), {}),
        says=FOR_GOOD,
        before=lambda w: setattr(
            w, "prefix", create_key(owner=w.anna, name="bot", scopes=["read"], by=w.anna).key.prefix
        ),
    ),
    Deed(
        "dispute-match",
        "dispute a match",
        lambda w: Sent(as_of(w.bea), address("dispute-match", "valorant", "clash"), {"reason": "I won."}),
        says=FOR_GOOD,
    ),
    Deed(
        "dispute-result",
        "dispute a result",
        lambda w: fill(
            as_of(w.bea),
            address("dispute-result", "completed"),
            "result",
            result=f"player:{id_of(w.bea)}",
            reason="I came first.",
        ),
        says=FOR_GOOD,
    ),
    Deed(
        "dispute-statement",
        "say one's side",
        statement("It was fair."),
        says="This cannot be undone: once sent, it can be changed but not taken back",
    ),
    Deed(
        "dispute-statement",
        "change what one said",
        statement("I lost."),
        statement("It was fair."),
        says="What it said before stays readable to whoever decides",
        before=lambda w: scene.statement(w.anna, w.filed),
        leaves=dict.fromkeys(
            [f"moderation.DisputeStatement.{each}" for each in ("former", "changed_at")],
            "what it said before stays readable, as the page says",
        ),
    ),
    Deed(
        "team-roles",
        "give a role",
        plain("team-roles", "north", player=lambda w: id_of(w.bea), role="COACH", do="give"),
        plain("team-roles", "north", player=lambda w: id_of(w.bea), role="COACH", do="end"),
        leaves=ROLES,
    ),
    Deed(
        "team-roles",
        "end a role",
        plain("team-roles", "north", player=lambda w: id_of(w.bea), role="COACH", do="end"),
        plain("team-roles", "north", player=lambda w: id_of(w.bea), role="COACH", do="give"),
        before=end_role,
        leaves=ROLES,
    ),
    *(
        Deed(
            "team-members",
            what,
            plain("team-members", "north", by=by, player=lambda w: id_of(w.bea)),
            says="This cannot be undone here",
            shown_at=lambda w: address("team", w.north.slug),
        )
        for what, by in (("leave a team", "bea"), ("remove somebody from it", "anna"))
    ),
    Deed(
        "tournament-entry",
        "register",
        entry("register", by="cleo"),
        entry("withdraw", by="cleo"),
        says="The entry stays on record then, and counts among the tournaments entered",
        shown_at=lambda w: address("tournament", w.open.slug),
        leaves=MARKED,
    ),
    Deed("tournament-entry", "check in", entry("check-in"), entry("take-back-check-in")),
    Deed(
        "tournament-entry",
        "take the check-in back",
        entry("take-back-check-in"),
        entry("check-in"),
        before=lambda w: check_in(tournament=w.open, user=w.anna),
    ),
    Deed("tournament-entry", "withdraw", entry("withdraw"), entry("take-back")),
    Deed(
        "tournament-entry",
        "take the withdrawal back",
        entry("take-back"),
        entry("withdraw"),
        before=lambda w: withdraw(tournament=w.open, user=w.anna),
    ),
    Deed(
        "tournament-entry",
        "withdraw after the start",
        entry("withdraw", "running"),
        says="only its organiser lets you in again",
        shown_at=lambda w: address("tournament", w.running.slug),
    ),
    Deed(
        "tournament-team",
        "withdraw a team",
        entry("withdraw", "teams", team="north"),
        entry("take-back", "teams", team="north"),
    ),
    Deed(
        "pairing",
        "report a result",
        report("1"),
        says="until then you can change what you said",
        before=make_pairing,
    ),
]
CHANGES_NOTHING = {
    "notification": "marks as read",
    "notifications-read": "marks as read",
    "display": "is kept in the browser alone, where the same form sets it back",
}
