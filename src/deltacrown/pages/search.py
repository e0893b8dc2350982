"""The search for players, teams and tournaments, by present and former names.

What begins with the query comes first: names, then words of names, then the same of former names, each in the
order of the alphabet, so that an exact name is before longer ones. Then comes whoever has the text elsewhere
in a name, and last who has a word that begins with each word of it, in any order. Each of these is a stage
with an index of its own (``core.search_terms``), read by keyset until the page is full; somebody is found in
the first stage that they belong to, and in no later one. ``finding`` reads them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import is_storable
from deltacrown.core.names import list_query_spellings, make_name_key
from deltacrown.core.pagination import Page, check_limit, read_position, rows_after, write_position
from deltacrown.core.search_terms import SearchTerm
from deltacrown.core.trigrams import LETTERS
from deltacrown.pages import finding, wanted
from deltacrown.teams.models import Team, TeamSearchTerm
from deltacrown.tournaments.models import Tournament, TournamentSearchTerm
from deltacrown.user_profile.histories.filters import get_game, get_season_named
from deltacrown.user_profile.models import PlayerSearchTerm, UserProfile
from deltacrown.user_profile.privacy import Viewer, filter_tournaments_by_visibility
from deltacrown.user_profile.standing import is_listed
from deltacrown.user_profile.unlisted import sees_unlisted

SHORTEST_SEARCH, LONGEST_SEARCH = wanted.SHORTEST_SEARCH, 60
#: Shorter text is looked for at beginnings only.
SHORTEST_INSIDE = LETTERS
#: How many of each kind the search of everything shows.
FIRST = 5
#: How many of each kind are suggested.
SUGGESTED = 3

PUBLIC_ID = re.compile(r"DC-\d[\d-]*", re.IGNORECASE)

Item = TypeVar("Item")
Place = SearchTerm.Place
#: Stands in a cursor for the stage of what is found by public id.
_BY_ID = -1


@dataclass(frozen=True)
class Found(Generic[Item]):
    """What a search found.

    :param formerly: the former name by which it was found; empty when the present one was.
    """

    item: Item
    formerly: str = ""


@dataclass(frozen=True)
class FoundPage:
    """The first players, teams and tournaments of a search of everything."""

    players: Page[Found[UserProfile]]
    teams: Page[Found[Team]]
    tournaments: Page[Found[Tournament]]

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was found."""
        return not (self.players.items or self.teams.items or self.tournaments.items)


@dataclass(frozen=True)
class Suggestions:
    """The first players, teams and tournaments with a name or a word that begins with what is typed."""

    players: list[Found[UserProfile]] = field(default_factory=list)
    teams: list[Found[Team]] = field(default_factory=list)
    tournaments: list[Found[Tournament]] = field(default_factory=list)


def search_everything(query: str, *, viewer: Viewer = None, limit: int = FIRST) -> FoundPage:
    """Return the first players, teams and tournaments found.

    :raises InvalidInput: as ``search_players``.
    """
    return FoundPage(
        players=search_players(query, viewer=viewer, limit=limit),
        teams=search_teams(query, limit=limit),
        tournaments=search_tournaments(query, viewer=viewer, limit=limit),
    )


def search_players(
    query: str, page: str | None = None, *, viewer: Viewer = None, limit: int = 20
) -> Page[Found[UserProfile]]:
    """Return a page of the players found by name, whatever its case and accents, or by public id.

    It is the name that pages show: the display name, or the username of a player who has none, also a former
    one. A login name that no page shows is not found. Who is not listed is found by staff only.

    :raises InvalidInput: when ``query`` is shorter than 2 or longer than 60 characters, or not text.
    """
    text = _read_query(query)
    source = _search_players(text, viewer)
    return _read_page(source, text, f"players/{text}", page, limit, by_id=_find_by_id(text, viewer))


def _find_by_id(text: str, viewer: Viewer) -> QuerySet[UserProfile] | None:
    """Return the players whose public id begins with ``text``; None where it is part of no public id."""
    if not PUBLIC_ID.fullmatch(text):
        return None
    profiles = UserProfile.objects.select_related("user").filter(public_id__startswith=text.upper())
    return profiles if sees_unlisted(viewer) else profiles.filter(is_listed())


def _search_players(text: str, viewer: Viewer) -> finding.Source:
    terms, name = PlayerSearchTerm.objects.select_related("owner__profile"), "players"
    # A former username of a player whose username is shown; other login names are on no page.
    terms = terms.filter(Q(place__lt=Place.FORMER_NAME) | Q(owner__profile__display_name=""))
    if sees_unlisted(viewer):
        name = "all players"
    else:
        terms = terms.filter(is_listed("owner__profile"))
    if PUBLIC_ID.fullmatch(text):
        terms, name = terms.exclude(owner__profile__public_id__startswith=text.upper()), ""
    return finding.Source(terms, PlayerSearchTerm.objects.all(), "owner.profile", name)


def search_teams(query: str, page: str | None = None, *, limit: int = 20) -> Page[Found[Team]]:
    """Return a page of the teams found by name or slug, present or former.

    :raises InvalidInput: as ``search_players``.
    """
    text = _read_query(query)
    return _read_page(_search_teams(), text, f"teams/{text}", page, limit)


def _search_teams() -> finding.Source:
    terms = TeamSearchTerm.objects.all()
    return finding.Source(terms.select_related("owner"), terms, name="teams")


def search_tournaments(
    query: str,
    page: str | None = None,
    *,
    viewer: Viewer = None,
    game: str | None = None,
    status: str | None = None,
    season: str | None = None,
    limit: int = 20,
) -> Page[Found[Tournament]]:
    """Return a page of the tournaments found by name or slug, present or former.

    A draft is found by its organiser, and by staff who may run every tournament.

    :param game: a slug: only tournaments of this game.
    :param status: only tournaments with this status.
    :param season: a slug: only tournaments that start on its days, in its game where it is of one.
    :raises InvalidInput: as ``search_players``.
    """
    text = _read_query(query)
    rows = _list_tournament_terms(viewer)
    rows = rows.filter(owner__game=get_game(game)) if game else rows
    rows = rows.filter(owner__status=status) if status else rows
    if season:
        held_in = get_season_named(season, game=game)
        rows = rows.filter(held_in.covers("owner__starts_at", "owner__game"))
    listing = f"tournaments/{game or ''}/{status or ''}/{season or ''}/{text}"
    return _read_page(finding.Source(rows, rows.select_related(None)), text, listing, page, limit)


def _list_tournament_terms(viewer: Viewer) -> QuerySet[TournamentSearchTerm]:
    seen = filter_tournaments_by_visibility(Tournament.objects.filter(pk=OuterRef("owner")), viewer)
    return TournamentSearchTerm.objects.select_related("owner__game").filter(Exists(seen))


def suggest(query: str, *, viewer: Viewer = None, kind: str = "") -> Suggestions:
    """Return what has words that begin with those of ``query``, as the searches do, one statement a kind.

    Text inside of words is left to the searches: only ranges of an index are read, however short the query.
    Nobody is suggested who is not listed, to staff neither. A public id is looked for among players alone.

    :param kind: one of ``KINDS``, for that one alone.
    :raises InvalidInput: as ``search_players``.
    """
    text = _read_query(query)
    if PUBLIC_ID.fullmatch(text):
        return Suggestions(players=search_players(text, limit=SUGGESTED).items)

    suggested = Suggestions()
    if kind in {"", "players"}:
        suggested.players.extend(_find_beginnings(_search_players(text, None), text))
    if kind in {"", "teams"}:
        suggested.teams.extend(_find_beginnings(_search_teams(), text))
    if kind in {"", "tournaments"}:
        rows = _list_tournament_terms(viewer)
        suggested.tournaments.extend(_find_beginnings(finding.Source(rows, rows.select_related(None)), text))
    return suggested


def _find_beginnings(source: finding.Source, text: str) -> list[Found[Any]]:
    return [Found(*hit.make()) for hit in finding.find(source, text, None, SUGGESTED, is_inside=False)]


#: What can be found → the search for it, which takes a query, a cursor and the viewer.
KINDS: dict[str, Callable[[str, str | None, Viewer], Page[Any]]] = {
    "players": lambda query, page, viewer: search_players(query, page, viewer=viewer),
    "teams": lambda query, page, _: search_teams(query, page),
    "tournaments": lambda query, page, viewer: search_tournaments(query, page, viewer=viewer),
}


def _read_query(query: str) -> str:
    text = query.strip()
    is_searchable = is_storable(text, multiline=False) and len(text) <= LONGEST_SEARCH
    # One sign of Chinese is a name, and is written with more than one letter.
    is_long = is_searchable and make_name_key(text) and len(list_query_spellings(text)[0]) >= SHORTEST_SEARCH
    if not is_long:
        message = _("Search for %(shortest)s to %(longest)s letters of a name or a public id.")
        lengths = {"shortest": SHORTEST_SEARCH, "longest": LONGEST_SEARCH}
        raise InvalidInput(message % lengths, field="q")
    return text


def _read_page(
    source: finding.Source,
    text: str,
    listing: str,
    cursor: str | None,
    limit: int,
    *,
    by_id: QuerySet[Any] | None = None,
) -> Page[Found[Any]]:
    """Return the page after a cursor.

    :param by_id: what is found by public id, before all others.
    """
    check_limit(limit)
    name = f"found/{listing}"
    after = read_position(name, cursor) if cursor else None
    hits: list[tuple[Sequence[Any], Found[Any]]] = []
    if by_id is not None and (after is None or after[0] == _BY_ID):
        rows = rows_after(by_id, ("public_id",), after and after[1:], is_bounded=False)
        hits += [((_BY_ID, item.public_id), Found(item)) for item in rows[: limit + 1]]
        after = None
    if len(hits) <= limit:
        found = finding.find(source, text, after, limit + 1 - len(hits))
        hits += [(hit.position, Found(*hit.make())) for hit in found]
    items = [found for _, found in hits[:limit]]
    if len(hits) <= limit:
        return Page(items, None, has_next=False)
    return Page(items, write_position(name, hits[limit - 1][0]), has_next=True)
