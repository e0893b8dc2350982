"""The pages of a player that are looked at most, kept for a while; see docs/explanation/caching.md.

``freshness.keeping`` keeps a page under the player's content token. Pages are kept per audience, never per
viewer. What staff see, and what players see of themselves, is kept of the overview alone: staff share it with
staff to whom the same is open. What follows from the rows of others is not kept: opponents, and how many
lines a match has, are added to what was kept, and so are places on leaderboards, and the standing.

What a visitor is sent is kept as well, as it was rendered; see ``freshness.bodies``, and for what is known to
be the same without reading any of it, ``freshness.at_hand``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Mapping
from dataclasses import astuple, replace
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language

from deltacrown.accounts.models import User
from deltacrown.core.metrics.catalogue import KEPT_ANSWERS
from deltacrown.core.pagination import Page
from deltacrown.freshness import keeping
from deltacrown.freshness.at_hand import AtHand
from deltacrown.freshness.bodies import Body, BodyKey, Parts, digest, find_body, keep_body
from deltacrown.freshness.stamps import Stamp, Stamps
from deltacrown.games.models import Game
from deltacrown.pages import overviews, players
from deltacrown.pages.overviews import OverviewPage
from deltacrown.pages.owners import FoundOwner, Owner, find_owner, look_for_owner
from deltacrown.pages.players import ActivityPage, MatchesPage, ProfilePage
from deltacrown.user_profile.histories.filters import SLUG as GAME
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.histories.line_ups import (
    Lines,
    MatchAddress,
    add_opponents,
    list_addresses,
    read_lines,
    tell_opponents,
)
from deltacrown.user_profile.histories.matches import MatchEntry
from deltacrown.user_profile.people.blocks import get_blocking
from deltacrown.user_profile.people.standings import get_standing
from deltacrown.user_profile.privacy import Viewer, get_visibility, is_self
from deltacrown.user_profile.shared import MATCHES_KEPT, TIMELINE_KEPT, USUAL_LIMIT, get_shared_audience
from deltacrown.user_profile.standing import write_next_end_sql

Shown = TypeVar("Shown", ProfilePage, MatchesPage, ActivityPage)
Kept = TypeVar("Kept")
Page_ = TypeVar("Page_", ProfilePage, OverviewPage)

#: For how many seconds each page is kept at most (SPEC section 6).
LIFETIMES: dict[type[object], int] = {
    ProfilePage: 5 * 60,
    OverviewPage: 5 * 60,
    MatchesPage: MATCHES_KEPT,
    ActivityPage: TIMELINE_KEPT,
}

#: What an answer to visitors shows follows from the rows there are, and from whose suspension is over.
STAMPS = Stamps(write_next_end_sql)
AT_HAND = AtHand()

#: How long a game's slug is at most.
LONGEST_GAME = Game._meta.get_field("slug").max_length or 0

#: What of an account gets into the cache.
SHOWN_OF_ACCOUNT = {"id", "username", "date_joined"}


def get_profile_page(public_id: str, *, viewer: Viewer) -> ProfilePage:
    """As ``players.build_profile_page``, from the cache; what ``_complete`` adds is never kept."""
    return _get_profile(public_id, find_owner(public_id, viewer), viewer).page


def get_profile_body(public_id: str, render: Callable[[ProfilePage], bytes], *, now: datetime) -> bytes:
    """Return what ``render`` makes of the profile page that visitors see, kept."""

    def make(found: FoundOwner | None, lines: KnownLines) -> _Shown[ProfilePage]:
        return _get_profile(public_id, None if found is None else found.make(None), None, lines)

    asked = _Asked(ProfilePage, public_id, (get_language(),), now)
    [body] = _serve_body(asked, lambda: look_for_owner(public_id, None), make, lambda page: (render(page),))
    return body


def get_overview_page(public_id: str, game: str | None, *, viewer: Viewer, now: datetime) -> OverviewPage:
    """As ``overviews.build_overview_page``, from the cache where allowed, also for the player and staff.

    ``ranks``, ``is_verified``, and whom the viewer follows and blocks, are never kept; nor is the standing.
    """
    _check_game(game)
    owner = find_owner(public_id, viewer, with_ranks=True, game=game)
    return _get_overview((public_id, game), owner, viewer, now).page


def get_overview_body(
    public_id: str,
    game: str | None,
    render: Callable[[OverviewPage], Parts],
    *,
    variant: tuple[Hashable, ...],
    now: datetime,
    stamp: Stamp | None = None,
) -> Parts:
    """Return what ``render`` makes of the overview that visitors see, kept.

    :param render: makes the answer of nothing but the page, the variant and the current language and zone.
    :param stamp: if it was read for this request already, and nothing is at hand under it.
    """
    _check_game(game)

    def look() -> FoundOwner | None:
        return look_for_owner(public_id, None, with_ranks=True, game=game)

    def make(found: FoundOwner | None, lines: KnownLines) -> _Shown[OverviewPage]:
        return _get_overview((public_id, game), None if found is None else found.make(None), None, now, lines)

    return _serve_body(_ask_overview(public_id, game, variant, now), look, make, render, stamp)


def read_stamp() -> Stamp | None:
    """Return the stamp of now, under which ``find_overview_body`` finds what is at hand; None without one."""
    return STAMPS.read()


def find_overview_body(
    public_id: str, stamp: Stamp, *, variant: tuple[Hashable, ...], now: datetime
) -> Parts | None:
    """Return the overview of all games that visitors see if it is at hand, and what it shows is the same."""
    held = AT_HAND.find(_ask_overview(public_id, None, variant, now).name, stamp, now)
    if held is not None:
        KEPT_ANSWERS.add(OverviewPage.__name__, "at_hand")
    return held


def _ask_overview(
    public_id: str, game: str | None, variant: tuple[Hashable, ...], now: datetime
) -> _Asked[OverviewPage]:
    told = (*variant, get_language(), get_current_timezone_name(), game, now.date().isoformat())
    return _Asked(OverviewPage, public_id, told, now)


def _check_game(game: str | None) -> None:
    if game is not None and not (len(game) <= LONGEST_GAME and GAME.fullmatch(game)):
        get_game(game)  # which refuses it; it must not become a key


#: Lines that were read, and of which matches.
KnownLines = tuple[tuple[MatchAddress, ...], Lines] | None


class _Shown(NamedTuple, Generic[Page_]):
    """A page as it is shown, and all of it that is not kept: of which matches it has the lines.

    :param is_current: whether the rest of it is exactly what is committed under the owner's token.
    """

    page: Page_
    matches: tuple[MatchAddress, ...]
    lines: Lines
    is_current: bool


def _get_profile(
    public_id: str, owner: Owner | None, viewer: Viewer, known: KnownLines = None
) -> _Shown[ProfilePage]:
    page, is_current = _serve(
        ProfilePage,
        owner,
        viewer,
        lambda: _without_account(players.build_profile_page(public_id, viewer=viewer, known=owner)),
    )
    shown, matches, lines = _complete(page, owner, viewer, known)
    return _Shown(shown, matches, lines, is_current)


def _get_overview(
    asked: tuple[str, str | None],
    owner: Owner | None,
    viewer: Viewer,
    now: datetime,
    known: KnownLines = None,
) -> _Shown[OverviewPage]:
    public_id, game = asked

    if owner and owner.flags:
        owner = replace(owner, visibility=get_visibility(owner.profile.user, viewer, owner.flags))

    def build() -> OverviewPage:
        page = overviews.build_overview_page(public_id, game, viewer=viewer, now=now, known=owner)
        return replace(page, shown=_without_account(page.shown))

    variant = f"/{game or ''}/{now:%Y%m%d}"
    page, is_current = _serve(OverviewPage, owner, viewer, build, variant=variant, keeps_all=True)
    # What their own standing is, players are told by the frame of every page.
    is_own = owner is not None and is_self(viewer, owner.profile.user)
    shown, matches, lines = _complete(page.shown, owner, viewer, known, with_standing=not is_own)
    page = replace(page, shown=shown)
    if owner is not None:
        hides = is_own and not (owner.flags and owner.flags.show_match_history)
        page = replace(page, ranks=owner.ranks, is_verified=owner.is_verified, is_own_secret=hides)
    return _Shown(page, matches, lines, is_current)


def _complete(
    page: ProfilePage, owner: Owner | None, viewer: Viewer, known: KnownLines, *, with_standing: bool = True
) -> tuple[ProfilePage, tuple[MatchAddress, ...], Lines]:
    """Return a page with what is never kept: of the viewer, of the standing, and from rows of others.

    And the lines of its matches, which are what of it is from rows of others.

    :param known: lines that were read for it already.
    """
    user = page.profile.user
    matches = list_addresses(page.matches or ())
    lines = known[1] if known is not None and known[0] == matches else read_lines(matches, viewer)
    whole = replace(
        page,
        follows=owner.follows if owner else page.follows,
        blocks=owner.blocks if owner else get_blocking(viewer, user),
        standing=get_standing(user, viewer, owner.profile if owner else None) if with_standing else None,
        matches=page.matches and tell_opponents(page.matches, lines),
    )
    return whole, matches, lines


class _Asked(NamedTuple, Generic[Page_]):
    """What a visitor asks for, and all else that the answer depends on besides the database."""

    kind: type[Page_]
    public_id: str
    variant: tuple[Hashable, ...]
    now: datetime

    @property
    def name(self) -> Hashable:
        """Return what the answer is held under, at any time."""
        return self[:3]


def _serve_body(
    asked: _Asked[Page_],
    look: Callable[[], FoundOwner | None],
    make: Callable[[FoundOwner | None, KnownLines], _Shown[Page_]],
    render: Callable[[Page_], Parts],
    stamp: Stamp | None = None,
) -> Parts:
    """Return the answer that was kept for visitors, if it would be made of the same now; else make it.

    It is made of what is kept under the token, of the lines of its matches, and of the places that are read
    in one statement with the token. No more may go into it: a visitor has no standing, and follows nobody.

    :param make: returns the page; what it is given is read already.
    """
    if stamp is None:
        stamp = read_stamp()
        held = AT_HAND.find(asked.name, stamp, asked.now)
        if held is not None:
            KEPT_ANSWERS.add(asked.kind.__name__, "at_hand")
            return held

    found = look()
    if found is None or found.token is None:
        return render(make(found, None).page)

    key = BodyKey(asked.kind.__name__, found.user_id, found.token, asked.variant)
    body, known = find_body(key), None
    if body is not None:
        known = (body.depends_on, read_lines(body.depends_on, None))
        if body.is_made_of(known[1], found.places):
            AT_HAND.hold(asked.name, stamp, body)
            KEPT_ANSWERS.add(asked.kind.__name__, "kept")
            return body.parts

    KEPT_ANSWERS.add(asked.kind.__name__, "made")
    shown = make(found, known)
    parts, seconds = render(shown.page), LIFETIMES[asked.kind]
    if shown.is_current:
        made_of = digest(shown.lines, found.places)
        made = Body(parts, shown.matches, made_of, until=asked.now + timedelta(seconds=seconds))
        keep_body(key, made, seconds=seconds)
        if made.is_kept:
            AT_HAND.hold(asked.name, stamp, made)
    return parts


def get_matches_page(
    public_id: str,
    filters: Mapping[str, Any],
    page: str | None,
    *,
    limit: int = USUAL_LIMIT,
    viewer: Viewer,
) -> MatchesPage:
    """As ``players.build_matches_page``; a first page of the usual size, unfiltered, from the cache."""

    def build() -> MatchesPage:
        return players.build_matches_page(public_id, filters, page, limit=limit, viewer=viewer)

    is_usual = not filters and not page and limit == USUAL_LIMIT
    found = build() if not is_usual else _serve_first(MatchesPage, public_id, viewer, build)
    return replace(found, history=_with_opponents(found.history, viewer))


def list_matches(
    public_id: str,
    filters: Mapping[str, str],
    page: str | None,
    *,
    limit: int,
    viewer: Viewer,
) -> Page[MatchEntry]:
    """As ``players.list_matches``; what ``get_matches_page`` shows from the cache where allowed."""
    if filters or page or limit != USUAL_LIMIT:
        found = players.list_matches(public_id, filters, page, limit=limit, viewer=viewer)
        return _with_opponents(found, viewer)

    return get_matches_page(public_id, filters, page, viewer=viewer).history


def get_activity_page(
    public_id: str,
    page: str | None,
    *,
    limit: int = USUAL_LIMIT,
    viewer: Viewer,
) -> ActivityPage:
    """As ``players.build_activity_page``; the first page, of the usual size, from the cache where allowed."""

    def build() -> ActivityPage:
        return players.build_activity_page(public_id, page, limit=limit, viewer=viewer)

    is_usual = not page and limit == USUAL_LIMIT
    return _serve_first(ActivityPage, public_id, viewer, build) if is_usual else build()


def _with_opponents(found: Page[MatchEntry], viewer: Viewer) -> Page[MatchEntry]:
    return found.with_items(lambda entries: add_opponents(entries, viewer=viewer))


def _serve_first(kind: type[Shown], public_id: str, viewer: Viewer, build: Callable[[], Shown]) -> Shown:
    page, _ = _serve(kind, find_owner(public_id, viewer), viewer, lambda: _without_account(build()))
    return page


def _serve(
    kind: type[Kept],
    owner: Owner | None,
    viewer: Viewer,
    build: Callable[[], Kept],
    *,
    variant: str = "",
    keeps_all: bool = False,
) -> tuple[Kept, bool]:
    """Return what is kept for the audience of ``viewer``, or built now; and whether it is of the token.

    :param build: returns nothing of the account but what may be kept; also says when there is no such player.
    :param variant: ends the key, where a player has several such pages.
    :param keeps_all: whether what players see of themselves is kept, and what staff see. Then nothing in it
        may be of the viewer.
    """
    if owner is None or owner.token is None:
        return build(), False
    user = owner.profile.user
    shared = get_shared_audience(viewer, user, follows=owner.follows, keeps_own=keeps_all)
    audience = shared.value if shared else _name_sight(owner) if keeps_all else None
    if audience is None:
        return build(), False
    return keeping.get_dated(
        kind,
        owner=user.pk,
        token=owner.token,
        audience=audience + variant,
        seconds=LIFETIMES[kind],
        build=build,
    )


def _name_sight(owner: Owner) -> str | None:
    """Return a name of all that rights let the viewer see: who sees the same is shown the same."""
    if owner.visibility is None:
        return None
    return "staff-" + "".join("1" if is_seen else "0" for is_seen in astuple(owner.visibility))


def _without_account(page: Shown) -> Shown:
    """Return the page with only the name and the beginning of the player's account.

    So no password hash and no address gets into the cache.
    """
    profile = copy.copy(page.profile)
    # In the order of the model's columns, which is what Django takes them in.
    names = [field.attname for field in User._meta.concrete_fields if field.attname in SHOWN_OF_ACCOUNT]
    profile.user = User.from_db(None, names, [getattr(page.profile.user, name) for name in names])
    return replace(page, profile=profile)
