"""The official matches and results of a team, latest first.

Everybody who took part is shown, as on the pages of tournaments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from deltacrown.core.errors import InvalidInput
from deltacrown.core.natural_order import NumberedKey, get_numbered_key
from deltacrown.core.pagination import Order, Page, check_limit, paginate, read_position, write_position
from deltacrown.games.models import MatchRow, list_match_sources
from deltacrown.pages.match_sides import MatchSide, list_sides
from deltacrown.pages.team_numbers import is_counted
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Tournament, TournamentMatchResult, TournamentResult
from deltacrown.user_profile.histories.match_words import say_why_uncounted
from deltacrown.user_profile.histories.sides import name_sides

BY_DECISION: Order = ("-decided_at", "-id")
#: What the lists may be cut down to: what the numbers of the team count.
COUNTED, WON = "counted", "won"
#: A match: the slug of its game, and its key.
MatchName = tuple[str, str]
#: When a match was played, and its place among those of the same time.
MatchPlace = tuple[datetime, int | None]
Details = dict[int, TournamentMatchResult]


@dataclass(frozen=True)
class TeamMatch:
    """An official match as the team played it.

    :param side: the team's, with its result; of the lines that count, where one does.
    :param others: the other sides.
    :param why_uncounted: why no line of the team counts; empty where one does.
    """

    tournament: Tournament
    game_slug: str
    match_key: str
    round: str
    map_name: str
    played_at: datetime
    is_time_known: bool
    side: MatchSide
    others: list[MatchSide]
    why_uncounted: str

    @property
    def opponent(self) -> MatchSide | None:
        """Return the other side, where there is just one."""
        return self.others[0] if len(self.others) == 1 else None


def list_results_of(team: Team) -> QuerySet[TournamentResult]:
    """Return the results of the team itself, not those of its members."""
    rows = TournamentResult.objects.filter(team=team, user__isnull=True)
    found: QuerySet[TournamentResult] = rows.exclude(tournament__status=Tournament.Status.DRAFT)
    return found


def list_results(
    team: Team, page: str | None = None, *, only: str = "", limit: int = 20
) -> Page[TournamentResult]:
    """Return a page of the official results of a team, with their tournaments; one query.

    :param only: ``won`` for its titles alone.
    :raises InvalidInput: for anything else.
    """
    _check_only(only, {"", WON})
    rows = list_results_of(team).select_related("tournament__game")
    if only:
        rows = rows.filter(placement=1, uncounted_reason="")
    return paginate(rows, listing=f"results/{team.pk}/{only}", order=BY_DECISION, cursor=page, limit=limit)


def list_matches(team: Team, page: str | None = None, *, only: str = "", limit: int = 20) -> Page[TeamMatch]:
    """Return a page of the official matches of a team, latest first.

    :param only: ``counted`` or ``won`` for those alone that its numbers count as played, or as won.
    :raises InvalidInput: for a filter, a cursor or a limit that cannot be taken.
    """
    check_limit(limit)
    _check_only(only, {"", COUNTED, WON})
    listing = f"team-matches/{team.pk}/{only}"
    after = _read_after(listing, page) if page else None
    described = TournamentMatchResult.objects.filter(team=team)
    described = described.exclude(tournament__status=Tournament.Status.DRAFT)

    latest: dict[MatchName, MatchPlace] = {}
    for source in list_match_sources(pk__in=described.values("match_id")):
        rows = source.filter(is_counted(team, source.model, only_won=only == WON)) if only else source
        matches = (
            rows.order_by()
            .values("game__slug", "match_key")
            .annotate(latest=Max("played_at"), last_sequence=Max("sequence"))
            .annotate(play_order=NumberedKey("last_sequence", "match_key", "game__slug"))
        )
        if after:
            matches = matches.filter(Q(latest__lt=after[0]) | Q(latest=after[0], play_order__lt=after[1]))
        found = matches.order_by("-latest", "-play_order")[: limit + 1]
        latest |= {
            (row["game__slug"], row["match_key"]): (row["latest"], row["last_sequence"]) for row in found
        }

    names = sorted(latest, key=lambda name: _get_order(name, *latest[name]), reverse=True)
    shown, has_next = names[:limit], len(names) > limit
    cursor = None
    if has_next:
        played_at, sequence = latest[shown[-1]]
        cursor = write_position(listing, [played_at.isoformat(), *shown[-1], sequence])
    return Page(_describe_matches(team, shown), cursor, has_next)


def _check_only(only: str, choices: set[str]) -> None:
    if only not in choices:
        named = ", ".join(sorted(filter(None, choices)))
        message = _("“%(given)s” filters nothing here; use one of: %(choices)s.")
        raise InvalidInput(message % {"given": only[:40], "choices": named}, field="only")


def _get_order(name: MatchName, played_at: datetime, sequence: int | None) -> tuple[datetime, str]:
    game_slug, key = name
    return played_at, get_numbered_key(sequence, key, game_slug)


def _read_after(listing: str, page: str) -> tuple[datetime, str]:
    played_at, game_slug, key, sequence = read_position(listing, page)
    return _get_order((game_slug, key), datetime.fromisoformat(played_at), sequence)


def _describe_matches(team: Team, names: Sequence[MatchName]) -> list[TeamMatch]:
    """Return these matches in this order."""
    wanted = set(names)
    rows: dict[int, MatchRow] = {}
    keys = [key for _, key in names]
    games = {slug for slug, _ in names}
    for source in list_match_sources(match_key__in=keys, game__slug__in=games):
        found = source.select_related("game", "user__profile")
        rows |= {row.pk: row for row in found if (row.game.slug, row.match_key) in wanted}

    related = TournamentMatchResult.objects.filter(match_id__in=rows).select_related("team", "tournament")
    details = {row.match_id: row for row in related}
    sides = name_sides(list(rows.values()), details)
    grouped: defaultdict[MatchName, list[MatchRow]] = defaultdict(list)
    for row in sorted(rows.values(), key=lambda row: row.pk):
        if row.pk in details:
            grouped[row.game.slug, row.match_key].append(row)
    return [_describe_match(team, grouped[name], details, sides) for name in names]


def _describe_match(team: Team, rows: list[MatchRow], details: Details, names: dict[int, str]) -> TeamMatch:
    own = [row for row in rows if details[row.pk].team_id == team.pk]
    others = []
    for row in rows:
        other = details[row.pk].team
        if other is None or other.pk != team.pk:
            others.append((names[row.pk] or (other.name if other else row.user.profile.name), row))

    counted = [row for row in own if row.counts]
    first = (counted or own)[0]
    about = details[first.pk]
    [side] = list_sides((team.name, row) for row in counted or own)
    return TeamMatch(
        tournament=about.tournament,
        game_slug=first.game.slug,
        match_key=first.match_key,
        round=about.round,
        map_name=about.map_name,
        played_at=first.played_at,
        is_time_known=first.is_time_known,
        side=side,
        others=list_sides(others),
        why_uncounted=say_why_uncounted(first),
    )
