"""Who sees what of a player who is suspended, closed, merged or anonymised: the rules as one table.

What is not in it is as of an active player; ``rules`` and ``surfaces`` say that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from deltacrown.accounts.models import User
from deltacrown.core.clock import now
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.anonymising import anonymise_player
from deltacrown.user_profile.people.merging import merge_players
from deltacrown.user_profile.people.standings import close_account, suspend_player
from tests import scene
from tests.privacy.asking import API, Answer, Cell
from tests.privacy.rules import SETTINGS, Shown
from tests.privacy.surfaces import FEED, TIMELINE, Surface
from tests.privacy.world import World, find_secrets, secret, secret_time

ALL_SHOWN, ALL_HIDDEN = SETTINGS[0], SETTINGS[3]
#: The names of the owner, which official results show and lists do not.
NAMES = {"login", "name"}
#: Pages and operations that tell of players whom the reader follows.
FEEDS = {"feed", f"{API}v1/me/feed"}
#: What lists players: nobody is on it who is not listed.
LISTS = {
    "home",
    "leaderboard",
    "season",
    "player-search",
    "search",
    "search-suggest",
    "feed",
    "team",
    "team-roster",
    "team-roles",
    "result-feed",
    "sitemap-section",
    *(
        f"{API}v1/{name}"
        for name in ("players", "search", "leaderboards", "me/feed", "me/follows", "me/export")
    ),
    f"{API}v1/leaderboards/{{stat}}",
    *(f"{API}v1/teams/{{slug}}{part}" for part in ("", "/members", "/roster", "/roles")),
}
#: What of the standing itself is told: to the player and to staff, and by whom to staff alone.
TOLD = {"ban", "until", "closing", "banreason", "liftreason"}
TOLD_TO = {"self", "key of self", "staff"}
#: Where the player and staff are told it.
TELLS = {"player", f"{API}v1/players/{{public_id}}"}
#: What is deleted with a person.
PERSONAL = {
    *[
        "bio",
        "email",
        "firstname",
        "key",
        "hero",
        "admirer",
        "banreason",
        "liftreason",
        "externalid",
        "claimedid",
    ],
    *" ".join(TIMELINE.values()).split(),
}
#: The place of a player among others, and what caches may keep for everybody: gone for staff, too.
AROUND = f"{API}v1/leaderboards/{{stat}}/around/{{public_id}}"
GONE_FOR_ALL = {
    AROUND,
    f"{API}v1/players/{{public_id}}/games",
    *("player-card", "player-badge", "player-badge-picture", "player-feed"),
}
STAFF, OWNER_IN_PERSON = "staff", "self"
KEYS_OF_OWNER = {"key of self", "key without read"}


@dataclass(frozen=True)
class Rules:
    """What is so while the owner has a standing.

    :param become: takes the owner there, through its door.
    :param signs_in: whether sessions and keys of the owner work.
    :param is_gone: whether the owner's pages are gone, for all but staff who see what players hide.
    :param shown: what the settings of the owner come to, for others.
    :param tells: what the player and staff are told of it on the player's page.
    :param lost: secrets that nobody is shown any more.
    """

    become: Callable[[World], object]
    signs_in: bool = True
    is_gone: bool = False
    shown: Shown = ALL_SHOWN
    tells: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()


def suspend(world: World) -> object:
    """Suspend the owner for a hundred years."""
    until = secret_time("until", 24 * 365 * 100)
    return suspend_player(user=_owner(world), until=until, reason=secret("ban"), by=_boss(), now=now())


def merge_owner(world: World) -> str:
    """Merge the owner into another account, and return the public id of that."""
    kept = scene.player("kept")
    merge_players(kept=kept, merged=_owner(world), by=_boss(), reason=secret("merging"), now=now())
    return str(kept.profile.public_id)


def _close(world: World) -> object:
    return close_account(user=_owner(world), by=_boss(), now=now(), reason=secret("closing"))


def _anonymise(world: World) -> object:
    _close(world)
    anonymise_player(user=_owner(world), by=_boss(), now=now(), without_export=True)
    world.owner = _owner(world)
    return world


STANDINGS = {
    "SUSPENDED": Rules(suspend, tells=frozenset({"ban", "until"})),
    "CLOSED": Rules(_close, signs_in=False, is_gone=True, shown=ALL_HIDDEN),
    "ANONYMISED": Rules(
        _anonymise, signs_in=False, is_gone=True, shown=ALL_HIDDEN, lost=frozenset(PERSONAL | NAMES)
    ),
}


def expect(rules: Rules, surface: Surface, viewer: str) -> tuple[int, set[str]]:
    """Return the status and the secrets, but names, that a viewer gets of an owner of this standing."""
    if not rules.signs_in and viewer in KEYS_OF_OWNER:
        return 401, set()
    is_for_others = surface.gate != "staff" and viewer != STAFF
    if rules.is_gone and (surface.name in GONE_FOR_ALL or (is_of_owner(surface) and is_for_others)):
        return 410, set()

    if rules.lost and surface.name == "moderate-anonymise" and viewer == STAFF:
        return 409, set()  # it is done
    if rules.lost & find_secrets(surface.address) and Cell(surface, rules.shown, viewer, "").is_open:
        return 404, set()  # found by what is deleted

    seen_as = "deactivated" if not rules.signs_in and viewer == OWNER_IN_PERSON else viewer
    cell = Cell(surface, rules.shown, seen_as, "")
    refusal = surface.refusals.get(seen_as, surface.refusal)
    secrets = set() if surface.name in FEEDS else cell.expected
    if surface.name == "home":
        secrets = secrets - set(" ".join(FEED.values()).split())
    # Who asks by a name is told nothing by hearing it back.
    secrets = secrets - rules.lost - find_secrets(surface.address)
    return (surface.status if cell.is_open else refusal), secrets


def judge(rules: Rules, surface: Surface, viewer: str, answer: Answer) -> Iterator[str]:
    """Yield what an answer does against the rules."""
    status, secrets = expect(rules, surface, viewer)
    told = answer.secrets & TOLD
    if answer.status != status:
        yield f"answers {answer.status}, not {status}"
    if leaked := answer.secrets - secrets - NAMES - TOLD:
        yield f"gives away {', '.join(sorted(leaked))}"
    if missing := secrets - TOLD - answer.secrets:
        yield f"withholds {', '.join(sorted(missing))}"
    if told and viewer not in TOLD_TO:
        yield f"tells of the standing: {', '.join(sorted(told))}"
    if rules.tells and surface.name in TELLS and viewer in TOLD_TO and not rules.tells <= told:
        yield "tells the player and staff nothing of the standing"
    named = answer.secrets & NAMES
    if named & rules.lost or (
        named and surface.name in LISTS and viewer not in {"self", "key of self", STAFF}
    ):
        yield f"names the player: {', '.join(sorted(named))}"


def is_of_owner(surface: Surface) -> bool:
    """Return whether an address is one of the owner's own."""
    return "players/{id}" in surface.address


def bear_names(world: World) -> None:
    """Give the owner a login name and a display name that are secrets of their own."""
    User.objects.filter(pk=world.owner.pk).update(username=secret("login"))
    UserProfile.objects.filter(user=world.owner).update(display_name=secret("name"))


def _owner(world: World) -> User:
    return User.objects.select_related("profile").get(pk=world.owner.pk)


def _boss() -> User:
    return User.objects.get(username="boss")
