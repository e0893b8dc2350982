"""The search for players, teams and tournaments, by present and former names.

What begins with the query comes first: names, then words of names, then the same of former names, each in the
order of the alphabet, so that an exact name is before longer ones. Then comes whoever has the text elsewhere
in a name, and last who has a word that begins with each word of it, in any order. Each of these is a stage
with an index of its own (``core.search_terms``), read by keyset until the page is full; a row is found in the
first stage that it belongs to, and in no later one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial, reduce
from itertools import chain
from operator import or_
from typing import Any, Generic, TypeVar

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Left
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import is_storable
from deltacrown.core.names import list_query_spellings, make_name_key
from deltacrown.core.pagination import Page, check_limit, paginate, read_position, write_position
from deltacrown.core.search_terms import SearchTerm, begins_with
from deltacrown.teams.models import Team, TeamSearchTerm
from deltacrown.tournaments.models import Tournament, TournamentSearchTerm
from deltacrown.user_profile.histories.filters import get_game, get_season_named
from deltacrown.user_profile.models import PlayerSearchTerm, UserProfile
from deltacrown.user_profile.privacy import Viewer, filter_tournaments_by_visibility
from deltacrown.user_profile.standing import filter_listed, is_listed
from deltacrown.user_profile.unlisted import sees_unlisted

SHORTEST_SEARCH, LONGEST_SEARCH = 2, 60
#: An index of trigrams finds no shorter text in the middle of a name: it is looked for at beginnings only.
SHORTEST_INSIDE = 3
#: As many words as are looked for in any order.
MOST_WORDS = 6
#: How many of each kind the search of everything shows.
FIRST = 5
#: How many of each kind are suggested.
SUGGESTED = 3

PUBLIC_ID = re.compile(r"DC-\d[\d-]*", re.IGNORECASE)

Item = TypeVar("Item")
Place = SearchTerm.Place
#: Whole names, not words in them. Written so that no index seems to serve it: SQLite would take it, and sort.
_IS_WHOLE = Exact(F("place") % Value(2), Value(Place.NAME % 2))


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


@dataclass(frozen=True)
class Stage:
    """A part of what a search finds.

    :param rows: in no order yet.
    :param show: what to show of a row.
    :param start: the condition where they begin. After a cursor it is left out: SQLite would begin there.
    :param is_inside: whether they are found by text inside of words, which no range of an index is.
    """

    rows: QuerySet[Any]
    order: tuple[str, ...]
    show: Callable[[Any], Found[Any]]
    start: Q = field(default_factory=Q)
    is_inside: bool = False


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
    return _read_page(_list_player_stages(text, viewer), f"players/{text}", page, limit)


def _list_player_stages(text: str, viewer: Viewer) -> Iterator[Stage]:
    rows = PlayerSearchTerm.objects.select_related("owner__profile")
    profiles = UserProfile.objects.select_related("user")
    if not sees_unlisted(viewer):
        rows, profiles = filter_listed(rows, "owner"), profiles.filter(is_listed())

    by_id = PUBLIC_ID.fullmatch(text) is not None
    if by_id:
        rows = rows.exclude(owner__profile__public_id__startswith=text.upper())
        profiles = profiles.filter(public_id__startswith=text.upper())
    first = [Stage(profiles, ("public_id",), Found)] if by_id else []

    # A former username of a player whose username is shown; other login names are on no page.
    is_shown = Q(place__lt=Place.FORMER_NAME) | Q(owner__profile__display_name="")
    return chain(first, _list_stages(rows, text, is_shown, item="owner.profile"))


def search_teams(query: str, page: str | None = None, *, limit: int = 20) -> Page[Found[Team]]:
    """Return a page of the teams found by name or slug, present or former.

    :raises InvalidInput: as ``search_players``.
    """
    text = _read_query(query)
    rows = TeamSearchTerm.objects.select_related("owner")
    return _read_page(_list_stages(rows, text, Q()), f"teams/{text}", page, limit)


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
    return _read_page(_list_stages(rows, text, Q()), listing, page, limit)


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
        suggested.players.extend(_read_beginnings(_list_player_stages(text, None), "owner__profile"))
    if kind in {"", "teams"}:
        suggested.teams.extend(
            _read_beginnings(_list_stages(TeamSearchTerm.objects.all(), text, Q()), "owner")
        )
    if kind in {"", "tournaments"}:
        stages = _list_stages(_list_tournament_terms(viewer), text, Q())
        suggested.tournaments.extend(_read_beginnings(stages, "owner__game"))
    return suggested


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


def _list_stages(rows: QuerySet[Any], text: str, is_shown: Q, *, item: str = "owner") -> Iterator[Stage]:
    """Yield the stages of a search.

    :param rows: the terms to search in.
    :param is_shown: the condition that the name of a term is on some page.
    :param item: the path from a term to what is found.
    """
    spellings = list_query_spellings(text)
    terms = rows.model._base_manager.filter(owner_id=OuterRef("owner_id"))
    show = partial(_show_term, path=item.split("."))
    earlier = Q()
    for place in Place:
        for spelling in spellings:
            start, end = begins_with(spelling)
            here = Q(start, end, place=place)
            found = rows.filter(is_shown if place >= Place.FORMER_NAME else Q(), end, place=place)
            found = found.exclude(Exists(terms.filter(earlier | (here & _is_before()))))
            yield Stage(found, ("term", "owner_id"), show, start)
            earlier |= here

    inside = Q()
    for spelling in spellings:
        inside |= Q(term__contains=spelling)
    inside &= Q(_IS_WHOLE)
    if min(map(len, spellings)) >= SHORTEST_INSIDE:
        shown = terms.filter(is_shown, earlier | (inside & _is_before()))
        found = rows.filter(is_shown, inside).exclude(Exists(shown))
        yield Stage(found, ("owner_id",), show, is_inside=True)
        earlier |= inside

    words = _list_words(spellings)
    if words:
        is_found = Exists(terms.filter(is_shown, earlier))
        yield _find_in_any_order(rows, words, is_shown, is_found, show)


def _list_words(spellings: list[str]) -> list[set[str]]:
    """Return the words of a query in each of their spellings, the longest word first.

    None of a query of one word, of too many, or of single letters: too many names have a word with each.
    """
    split = [spelling.split() for spelling in spellings]
    if len(set(map(len, split))) > 1:
        split = split[:1]
    words: list[set[str]] = []
    for spelled in zip(*split, strict=True):
        if set(spelled) not in words:
            words.append(set(spelled))
    words.sort(key=lambda word: -min(map(len, word)))
    is_searchable = 1 < len(words) <= MOST_WORDS and min(map(len, words[0])) >= SHORTEST_SEARCH
    return words if is_searchable else []


def _find_in_any_order(
    rows: QuerySet[Any],
    words: list[set[str]],
    is_shown: Q,
    is_found: Exists,
    show: Callable[[Any], Found[Any]],
) -> Stage:
    """Return the stage of names with a word that begins with each of ``words``, in whatever order.

    The first word is looked up in the index, the others among the terms of those it finds.

    :param is_found: the condition that an earlier stage has found the owner.
    """
    terms = rows.model._base_manager
    same_name = terms.filter(owner_id=OuterRef("owner_id"), former_name=OuterRef("former_name"))
    matches = Q(place__in=list(Place)) & _begins_with_any(words[0])
    for word in words[1:]:
        # Written so that no range of an index serves it: PostgreSQL would read that for every name.
        is_there = [Exact(Left("term", len(spelling)), Value(spelling)) for spelling in sorted(word)]
        matches &= Q(Exists(same_name.filter(reduce(or_, map(Q, is_there)))))
    of_owner = terms.filter(owner_id=OuterRef("owner_id"))
    is_repeated = Exists(of_owner.filter(is_shown, _is_before()).filter(matches))
    found = rows.filter(is_shown, matches).exclude(is_found).exclude(is_repeated)
    return Stage(found, ("place", "term", "owner_id"), show)


def _begins_with_any(spellings: set[str]) -> Q:
    found = Q()
    for spelling in sorted(spellings):
        found |= Q(*begins_with(spelling))
    return found


def _is_before() -> Q:
    """Return the condition that a term is before another of the same owner."""
    place, term = OuterRef("place"), OuterRef("term")
    is_same = Q(place=place, term=term, former_name__lt=OuterRef("former_name"))
    return Q(place__lt=place) | Q(place=place, term__lt=term) | is_same


def _read_beginnings(stages: Iterable[Stage], related: str) -> list[Found[Any]]:
    """Return the first of what begins with a text, of all stages in one statement.

    :param related: the path of what is read with a term.
    """
    listed = [stage for stage in stages if not stage.is_inside]
    parts = []
    for number, stage in enumerate(listed):
        first = stage.rows.filter(stage.start).order_by(*stage.order)[:SUGGESTED]
        # The limit is inside, since a part of a union has none on SQLite.
        part = stage.rows.model._base_manager.filter(pk__in=first.values("pk"))
        parts.append(part.select_related(related).annotate(stage=Value(number)))
    rows = parts[0].union(*parts[1:], all=True)
    best = sorted(
        rows, key=lambda row: (row.stage, *(getattr(row, name) for name in listed[row.stage].order))
    )
    return [listed[row.stage].show(row) for row in best[:SUGGESTED]]


def _show_term(term: Any, path: list[str]) -> Found[Any]:
    item = term
    for part in path:
        item = getattr(item, part)
    return Found(item, term.former_name)


def _read_page(stages: Iterable[Stage], listing: str, cursor: str | None, limit: int) -> Page[Found[Any]]:
    """Return the page after a cursor, which names a stage and the cursor within it."""
    check_limit(limit)
    name = f"search/{listing}"
    first, within = read_position(name, cursor) if cursor else (0, None)
    items: list[Found[Any]] = []
    for number, stage in enumerate(stages):
        if number < first:
            continue
        if len(items) == limit:
            if stage.rows.filter(stage.start).exists():
                return Page(items, write_position(name, [number, None]), has_next=True)
            continue
        rows = stage.rows if within else stage.rows.filter(stage.start)
        wanted = limit - len(items)
        found = paginate(rows, listing=name, order=stage.order, cursor=within, limit=wanted)
        items += map(stage.show, found.items)
        if found.has_next:
            return Page(items, write_position(name, [number, found.next_cursor]), has_next=True)
        within = None
    return Page(items, None, has_next=False)
