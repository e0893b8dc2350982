"""Everything a stranger can read: every GET in the description of the API, every page, and refused writes.

The addresses are made of the description and of the URL conf. A new operation, page or parameter enters by
itself; one with a name that is not in the lists here fails the crawl with that name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from django.db import transaction

from deltacrown.api.application import api
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import list_stat_names
from deltacrown.user_profile.numbers.row_sources import list_row_sources
from deltacrown.user_profile.stat_fields import list_leaderboards
from deltacrown.web import urls as web_urls
from deltacrown.web.forms import filters
from tests.privacy.season import DRAFT, LOGINS, SEASON, WORLDS, Season, name_key

#: What each placeholder of a path stands for that is not there.
ABSENT = {
    "public_id": "DC-25-999999",
    "stat": "none",
    "slug": "none",
    "game": "none",
    "match_key": "none",
    "series": "none",
    "section": "none",
    "name": "0" * 32,
    "handle": "none",
    "merged": "DC-25-999998",
    "other": "DC-25-999997",
    "team": "none",
    "prefix": "0" * 12,
    "provider": "none",
}
#: Times of both worlds at which something hidden happened, was recorded, and shortly before; and a whole day.
TIMES = (
    "2025-05-06",
    "2025-05-06T16:00:00Z",
    "2025-05-02T15:59:59.999999Z",
)
#: The most pages of a list that are turned.
MOST_PAGES = 30
#: Not of a stranger's world: what everybody is told of this machine and this minute.
LEFT_OUT = {"healthz", "readyz", "icon", "/api/v1/integrity", "integrity"}
VISITOR = "anonymous"
#: Who reads. The opponent is a member as any other, who played some of the hidden matches.
READERS = (VISITOR, "follower", "opponent", "key of another")
WITH_PAGES = {VISITOR, "follower", "opponent"}  # a key opens no page
#: What may depend on who asks; of the rest, a visitor is told what everybody is.
PERSONAL = re.compile(
    r"/DC-|/me|/feed|/disputes|/matches/|/changes|/settings|/notifications|/invitations|^/organise/|^/$"
    r"|^/leaderboards/"
)
WRITERS = ("member", "key of another")
#: How else an answer can be asked for: its headers alone, a part of it, or whether it has changed.
ODD_WAYS: tuple[tuple[str, dict[str, str]], ...] = (
    ("HEAD", {}),
    ("GET", {"Range": "bytes=0-199", "If-Modified-Since": "Fri, 02 May 2025 12:00:00 GMT"}),
)
#: An ETag is a digest of what is compared anyway, sealed values included.
VOLATILE = {"Set-Cookie", "RateLimit", "Expires", "Date", "ETag", "X-Request-ID"}
#: Drawn anew for each page: the secrets of its forms, and the number of a request that is refused.
CSRF = re.compile(
    r'((?:csrfmiddlewaretoken|name="form)"? value=")[^"]+|("X-CSRFToken": ")[^"]+'
    r'|(?<=<code class="id">)[0-9a-f]{32}(?=</code>)'
)
#: Sealed values: they hold database keys, which nobody can read; the last follow from them, by a secret.
TOKEN = re.compile(r"[\w-]{100,}|(?<=UID:)[0-9a-f]{64}|[0-9a-f]{64}(?=</id>)")
NEXT = re.compile(r'(?:rel="next"[^>]*|hx-get=)"?([^"]*\bpage=[^"]+)"')


@dataclass(frozen=True)
class Asked:
    """One request: by whom, how, for what."""

    viewer: str
    method: str
    address: str

    def __str__(self) -> str:
        return f"{self.viewer}: {self.method} {self.address}"


@dataclass(frozen=True)
class Told:
    """One answer, with tokens that differ each time replaced."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


Answers = dict[Asked, Told]
#: Name → the values that a parameter takes, None for any.
Parameters = Mapping[str, list[str] | None]


def crawl(season: Season, only: str = "") -> Answers:
    """Ask for everything: as a visitor with every parameter, as others without; in odd ways; and write.

    :param only: a pattern of the addresses that are asked for, and no others.
    """
    answers: Answers = {}
    wanted = re.compile(only)
    for viewer in READERS:
        for address in filter(wanted.search, list_addresses(season, viewer)):
            _follow(season, answers, viewer, address)

    for address in filter(wanted.search, filter(PERSONAL.search, list_bare_addresses(season))):
        is_shown = answers[Asked(VISITOR, "GET", label(season, address))].status == 200
        for method, headers in ODD_WAYS if is_shown else ():
            asked = Asked(VISITOR, f"{method} {headers}", address)
            answers[asked], _ = _read(season, VISITOR, address, method=method, headers=headers)

    for method, address, body in list_writes(season):
        if wanted.search(address):
            for viewer in WRITERS:
                asked = Asked(viewer, f"{method} {json.dumps(body, sort_keys=True)}", label(season, address))
                answers[asked] = _write(season, viewer, method, address, body)
    return answers


def list_addresses(season: Season, viewer: str) -> Iterator[str]:
    """Yield what a viewer asks for: a visitor for everything, the others once for each kind of thing."""
    if viewer != VISITOR:
        asked = list_bare_addresses(season)
        opened = (address for address in asked if viewer in WITH_PAGES or address.startswith("/api/"))
        yield from filter(PERSONAL.search, opened)
        return

    hana, *others = (season.id_of(name) for name in ("Hana", "Hugo", "Bo", "Vic"))
    of_hana = list_fills(season, [hana], list_stat_names())
    of_few = {name: [values[0], ABSENT[name]] for name, values in of_hana.items()}
    of_few["stat"] = [*list_kinds_of_stats(), ABSENT["stat"]]
    of_others = list_fills(season, others, list_kinds_of_stats())
    for path, parameters in [*list_reads(), *list_pages()]:
        yield from fill(path, of_hana)
        if "{public_id}" in path:
            yield from fill(path, of_others)
        for address in fill(path, of_few, absent=False) if parameters else ():
            yield from _vary(season, address, parameters)
        # What was taken back is told in the order of knowledge alone.
        if path.rstrip("/").endswith("/history"):
            yield from (f"{address}?order=known" for address in fill(path, of_others))
        # The history of an opponent can be filtered by whom they met.
        if path.rstrip("/").endswith("{public_id}/matches"):
            yield from _vary(season, path.replace("{public_id}", others[-1]), parameters)


def list_bare_addresses(season: Season) -> Iterator[str]:
    """Yield every address without parameters, about Hana and one stat of each kind."""
    fills = list_fills(season, [season.id_of("Hana")], list_kinds_of_stats())
    for path, _ in [*list_reads(), *list_pages()]:
        yield from fill(path, fills)


def list_kinds_of_stats() -> list[str]:
    """Return one stat for each kind of rows that stats are counted from."""
    kinds = {}
    for stat in list_stat_names():
        sources = list_row_sources(UserProfile, stat)
        kinds.setdefault(tuple(source.kind for source in sources), stat)
    return list(kinds.values())


#: The pages that filter, and by what.
FILTERED_PAGES: dict[str, tuple[type[filters.FilterForm], ...]] = {
    "player-matches": (filters.MatchFilterForm,),
    "player-series": (filters.SeriesFilterForm,),
    "versus": (filters.VersusForm,),
    "versus-choice": (filters.RivalForm,),
    "player-tournaments": (filters.TournamentFilterForm,),
    "player-stat": (filters.StatRowFilterForm, filters.StatChartForm),
    "player-stat-history": (filters.StatHistoryForm,),
    "player": (filters.OneGameForm,),
    "player-company": (filters.OneGameForm,),
    "leaderboard": (filters.LeaderboardForm, filters.AroundForm),
    "tournaments": (filters.TournamentListForm,),
    "player-search": (filters.SearchForm,),
    "search": (filters.SiteSearchForm,),
    "search-suggest": (filters.SiteSearchForm,),
    "player-activity": (filters.TimelineForm,),
}


@cache
def list_reads() -> list[tuple[str, Parameters]]:
    """Return the path of every GET, with its query parameters."""
    found = []
    for path, methods in api.get_openapi_schema()["paths"].items():
        if "get" not in methods or path in LEFT_OUT:
            continue
        queries = [each for each in methods["get"].get("parameters", []) if each["in"] == "query"]
        found.append((path, {each["name"]: each["schema"].get("enum") for each in queries}))
    return found


def list_pages() -> list[tuple[str, Parameters]]:
    """Return the path of every page, as the description of the API writes it, with its filters."""
    pages = []
    for pattern in web_urls.urlpatterns:
        if pattern.name in LEFT_OUT:
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        forms = FILTERED_PAGES.get(str(pattern.name), ())
        pages.append((f"/{path}", dict.fromkeys(name for form in forms for name in form.base_fields)))
    return pages


def list_fills(season: Season, owners: list[str], stats: list[str]) -> dict[str, list[str]]:
    """Return what the placeholders of paths stand for: what is there, what is hidden, what is not there."""
    keys = [name_key(world, key) for world in WORLDS for key in ("five0", "old", "wrong")]
    return {
        "public_id": [*owners, ABSENT["public_id"]],
        "stat": [*stats, ABSENT["stat"]],
        "slug": ["spring-cup", "team-cup", "open-cup", DRAFT, ABSENT["slug"]],
        "game": ["chess", ABSENT["game"]],
        "match_key": [*keys, "open-1", "shown", "final", ABSENT["match_key"]],
        "series": ["Final 1", ABSENT["series"]],
        "team": ["north", "none"],
        "name": ["f" * 32, ABSENT["name"]],
        "prefix": ["0" * 12],
        "provider": ["discord", ABSENT["provider"]],
        "section": ["front", "players", "tournaments", "teams", ABSENT["section"]],
        "handle": [season.handles["dispute"], ABSENT["handle"]],
        "merged": [season.id_of("Vic"), ABSENT["merged"]],
        "other": [*(season.id_of(name) for name in ("Hana", "Bo")), ABSENT["other"]],
    }


def list_values(season: Season) -> dict[str, list[str]]:
    """Return what query parameters are set to, where the description does not limit them."""
    logins = [login for name in ("Hana", "Vic") for login in LOGINS[name]]
    return {
        "as_of": list(TIMES),
        "known_at": list(TIMES),
        "played_from": list(TIMES[:2]),
        "played_to": list(TIMES[:2]),
        "registered_from": list(TIMES[:1]),
        "registered_to": list(TIMES[:1]),
        "from": list(TIMES[:2]),
        "to": list(TIMES[:2]),
        "updated_since": list(TIMES[1:3]),
        "game": ["chess", "none"],
        "kind": ["CASUAL"],
        "result": ["WIN"],
        "status": ["OPEN", "DRAFT"],
        "placement": ["1"],
        "tournament": ["spring-cup", DRAFT, "none"],
        "opponent": [season.id_of("Hana"), season.id_of("Hugo"), season.id_of("Vic"), "north", "none"],
        "reported": ["agent:Jett"],
        "country": ["DE", "FR"],
        "following": ["1"],
        "around": [*(season.id_of(name) for name in ("Hana", "Hugo", "Vic")), "me", "DC-24-999999"],
        "day": [TIMES[0]],
        "match": [f"chess/{name_key(world, key)}" for world in WORLDS for key in ("five0", "wrong")],
        "season": [SEASON, "none"],
        "by": ["day"],
        "until": list(TIMES[:1]),
        "start": list(TIMES[:1]),
        "end": list(TIMES[:1]),
        "rolling": ["20m"],
        "chart": ["known"],
        "order": ["known"],
        "sides": ["together"],
        "each_side": ["1"],
        "q": [*logins, logins[0][:3], logins[1][2:], "Hana", "plain", season.id_of("Hana")],
        "page": ["damaged"],
        "limit": ["1"],
        "period": ["30days"],
        "as": ["stranger"],
        "external_id": ["steam:76561198000000042"],
    }


def list_writes(season: Season) -> Iterator[tuple[str, str, Any]]:
    """Yield what a member may try to write about things that are hidden, or not there."""
    entrant = {"player": season.id_of("Hana")}
    bodies: dict[str, Any] = {
        "entrants": {},
        "check-in": {},
        "withdraw": {},
        "roster": {"team": "north", "add": [entrant["player"]], "reason": "x"},
        "cancel": {"reason": "x"},
        "annul": {"reason": "x"},
        "lift-annulment": {"reason": "x"},
        "reopen": {"reason": "x"},
        "complete": {"standings": []},
        "announcement": {"rules": "x"},
        "prize-currency": {"prize_currency": "EUR"},
        "disqualify": {**entrant, "reason": "x"},
        "correct-result": {**entrant, "placement": 1, "reason": "x"},
        "uphold": {"resolution": "x", "remedy": {"kind": "void_match"}},
        "reject": {"resolution": "x"},
    }
    things = {
        "slug": [DRAFT, "none"],
        "handle": [*season.handles.values(), "none"],
        "prefix": [season.prefixes["Hana"], "none"],
    }
    for method, path in list_write_operations():
        for name, values in things.items():
            if f"{{{name}}}" in path:
                body = bodies.get(path.rpartition("/")[2], {})
                yield from ((method, path.replace(f"{{{name}}}", each), body) for each in values)

    keys = [name_key(world, "border") for world in WORLDS] + ["none"]
    for key in keys:
        about = {"match": {"game": "chess", "match_key": key}, "reason": "x"}
        yield "POST", "/api/v1/disputes", about
    result = {"tournament": DRAFT, **entrant}
    yield "POST", "/api/v1/disputes", {"result": result, "reason": "x"}
    # Everybody may ask about a result of an official tournament; the answer calls a player by the name shown.
    result = {"tournament": "spring-cup", "player": season.id_of("Hana")}
    yield "POST", "/api/v1/disputes", {"result": result, "reason": "x"}


@cache
def list_write_operations() -> list[tuple[str, str]]:
    """Return method and path of every operation that writes."""
    paths = api.get_openapi_schema()["paths"].items()
    return [(method.upper(), path) for path, methods in paths for method in methods if method != "get"]


def fill(path: str, values: Mapping[str, list[str]], *, absent: bool = True) -> Iterator[str]:
    """Yield ``path`` with every combination of what its placeholders stand for.

    :param absent: the last value of each names what is not there: combine it with the first of the others.
    """
    names = re.findall(r"{(\w+)}", path)
    if missing := [name for name in names if name not in values]:
        raise AssertionError(f"tests/privacy/crawl.py: say what {missing[0]!r} in {path} can stand for")
    if "/leaderboards/{stat}" in path:
        boards = list(list_leaderboards(UserProfile)) if absent else ["matches_won"]
        values = {**values, "stat": [*boards, ABSENT["stat"]]}
    if "/seasons/{slug}" in path:
        values = {**values, "slug": [SEASON, ABSENT["slug"]]}
    if "/teams/{slug}" in path:
        values = {**values, "slug": ["north", ABSENT["slug"]]}

    chosen_ones = list(product(*(values[name][:-1] for name in names)))
    if absent:
        first = {name: values[name][0] for name in names}
        chosen_ones += [tuple((first | {name: values[name][-1]}).values()) for name in names]

    for chosen in chosen_ones:
        filled = path
        for name, value in zip(names, chosen, strict=True):
            filled = filled.replace(f"{{{name}}}", quote(value))
        yield filled


def _vary(season: Season, address: str, parameters: Parameters) -> Iterator[str]:
    values = list_values(season)
    for name, limited in parameters.items():
        if limited is None and name not in values:
            raise AssertionError(f"tests/privacy/crawl.py: say what the parameter {name!r} is set to")
        for value in limited or values[name]:
            yield f"{address}?{urlencode({name: value})}"


def _follow(season: Season, answers: Answers, viewer: str, address: str) -> None:
    """Ask for a list and every page after it; each is known by its number, as cursors are sealed."""
    following: str | None = address
    for number in range(MOST_PAGES):
        name = label(season, address)
        asked = Asked(viewer, "GET", name if number == 0 else f"{name} page {number + 1}")
        if asked in answers:
            return
        answers[asked], following = _read(season, viewer, following or "", address)
        if following is None:
            return
    raise AssertionError(f"{address} has no end")


def _read(
    season: Season,
    viewer: str,
    address: str,
    first: str = "",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> tuple[Told, str | None]:
    given = season.clients[viewer].generic(
        method, address, headers={**season.headers.get(viewer, {}), **(headers or {})}
    )
    content = b"".join(given.streaming_content) if given.streaming else given.content
    body = content.decode(errors="replace")  # a card is no text
    return tell(season, given, body), _find_next(given, body, first)


def _write(season: Season, viewer: str, method: str, address: str, body: Any) -> Told:
    with transaction.atomic():
        given = season.clients[viewer].generic(
            method,
            address,
            json.dumps(body).encode(),
            content_type="application/json",
            headers=season.headers.get(viewer, {}),
        )
        transaction.set_rollback(True)
    return tell(season, given, given.content.decode())


def tell(season: Season, given: Any, body: str) -> Told:
    """Return an answer without what is drawn anew for each, and with every sealed value alike."""
    written = TOKEN.sub(lambda found: f"<token of {len(found[0])}>", CSRF.sub("", body))
    written = label(season, written)
    headers = {name: value for name, value in given.items() if name not in VOLATILE}
    if written != body:
        headers.pop("ETag", None)
    return Told(given.status_code, tuple(sorted(headers.items())), written)


def label(season: Season, text: str) -> str:
    """Return ``text`` with names for what is drawn at random in each world."""
    for kind, drawn in (("handle", season.handles), ("prefix", season.prefixes)):
        for name, value in drawn.items():
            text = text.replace(value, f"<{kind} of {name}>")
    return text


def _find_next(given: Any, body: str, first: str) -> str | None:
    if "json" in given["Content-Type"]:
        try:
            cursor = json.loads(body).get("next_page")
        except (AttributeError, ValueError):
            return None
        return _with_page(first, cursor) if cursor else None
    found = NEXT.search(body)
    cursor = dict(parse_qsl(urlsplit(found[1].replace("&amp;", "&")).query)).get("page") if found else None
    return _with_page(first, cursor) if cursor else None


def _with_page(address: str, cursor: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}page={cursor}"
