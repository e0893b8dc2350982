"""How the rows of each source of the catalogue are shown: in which order, to whom, and as what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q, QuerySet, TextField
from django.utils.translation import gettext

from deltacrown.accounts.models import User
from deltacrown.core.days import CodePoints, Precision
from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import Order, Page, paginate
from deltacrown.core.words import translate_stored
from deltacrown.games.models import MATCH_TABLES
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult, TournamentSeriesResult
from deltacrown.user_profile import privacy
from deltacrown.user_profile.achievements.catalogue import (
    get_revealed_histories,
    list_slugs_revealing,
)
from deltacrown.user_profile.achievements.evaluation import word_fact
from deltacrown.user_profile.achievements.experience import list_reasons
from deltacrown.user_profile.histories import matches, series, tournaments
from deltacrown.user_profile.histories.filters import (
    MatchFilters,
    TournamentFilters,
    read_match_filters,
    read_tournament_filters,
)
from deltacrown.user_profile.models import Achievement, ExperienceAward, PrivacySettings, UserAchievement
from deltacrown.user_profile.privacy import Gate, History, Viewer, Visibility, get_visibility
from django_tally.numbers import list_components
from django_tally.rows import get_counted_stat

Filters = MatchFilters | TournamentFilters | None

ACHIEVEMENTS_BY_TIME: Order = ("-earned_at", "-achievement__slug")


@dataclass(frozen=True)
class AchievementEntry:
    """One achievement a player holds.

    :param fact: what earned it; empty where the reader may not know.
    :param earned_at: when, as far as the reader may know; see ``precision``.
    """

    slug: str
    name: str
    description: str
    tier: Achievement.Tier
    fact: str
    earned_at: datetime
    precision: Precision


@dataclass(frozen=True)
class DisputeEntry:
    """One dispute a player filed."""

    status: Dispute.Status
    reason: str
    resolution: str
    about_match: bool
    filed_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True)
class ExperienceEntry:
    """One award of experience."""

    points: int
    reason: str
    awarded_at: datetime


@dataclass(frozen=True)
class RowSource:
    """How the rows of one source are read.

    :param kind: names the shape of the entries, for whoever renders them.
    :param require: refuses viewers who may not see the rows; ``None`` for rows everyone may see.
    :param prepare: adds to a queryset what the order needs beside the columns of its table.
    :param withhold: takes out of the entries what a viewer may not see of rows that everyone may.
    :param reveals: the histories of which the times of rows that everyone may see can tell.
    :param tell: gives the rows the times that a viewer may know, and returns them with their order.
    :param days_of: with ``tell``, the column of these times.
    """

    kind: str
    order: Order
    describe: Callable[[Sequence[Any]], list[Any]]
    require: Gate | None = None
    related: tuple[str, ...] = ()
    prepare: Callable[[QuerySet[Any]], QuerySet[Any]] | None = None
    withhold: Callable[[list[Any], Visibility], list[Any]] | None = None
    reveals: frozenset[History] = frozenset()
    tell: Callable[[QuerySet[Any], Visibility], tuple[QuerySet[Any], Order]] | None = None
    days_of: str = ""

    def read_page(
        self,
        querysets: list[QuerySet[Any]],
        *,
        user: User,
        viewer: Viewer,
        listing: str,
        cursor: str | None,
        limit: int,
        flags: PrivacySettings | None = None,
    ) -> Page[Any]:
        """Return a page of rows of ``user``, latest first, as entries that ``viewer`` may see.

        :param flags: the privacy settings of a shown player, where they were just read.
        """
        tell, withhold = self.tell, self.withhold
        if tell is None or withhold is None:
            found = paginate(querysets, listing=listing, order=self.order, cursor=cursor, limit=limit)
            return found.with_items(self.describe)

        visibility = get_visibility(user, viewer, flags)
        told = [tell(queryset, visibility) for queryset in querysets]
        rows, order = [each for each, _ in told], told[0][1]
        days_of = "" if order == self.order else self.days_of

        found = paginate(rows, listing=listing, order=order, cursor=cursor, limit=limit, days_of=days_of)
        return found.with_items(lambda rows: withhold(self.describe(rows), visibility))

    def read_filters(self, given: Any) -> Filters:
        """Check filters meant for these rows.

        :raises InvalidInput: for filters these rows cannot be narrowed by.
        """
        if self.kind in {"matches", "series"}:
            return read_match_filters(given)
        if self.kind == "tournaments":
            return read_tournament_filters(given)
        if given and given not in (MatchFilters(), TournamentFilters()):
            message = gettext("These rows cannot be narrowed: leave the filters out.")
            raise InvalidInput(message, field=next(iter(given)) if isinstance(given, Mapping) else "filters")
        return None

    def narrow(self, querysets: list[QuerySet[Any]], filters: Filters, viewer: Viewer) -> list[QuerySet[Any]]:
        """Apply checked filters, for ``viewer`` to read the rows, and fetch along what the entries need."""
        return self.arrange(self.keep(querysets, filters, viewer), filters)

    def keep(self, querysets: list[QuerySet[Any]], filters: Filters, viewer: Viewer) -> list[QuerySet[Any]]:
        """Apply checked filters, for rows that are counted: nothing is fetched along, they have no order."""
        if isinstance(filters, MatchFilters) and self.kind == "series":
            return series.filter_series(querysets, filters, viewer=viewer)
        if isinstance(filters, MatchFilters):
            return matches.filter_matches(querysets, filters, viewer=viewer)
        if isinstance(filters, TournamentFilters):
            return tournaments.narrow_participations(querysets, filters, viewer=viewer)
        return list(querysets)

    def arrange(self, querysets: list[QuerySet[Any]], filters: Filters) -> list[QuerySet[Any]]:
        """Return rows that ``keep`` returned as the entries are read: in their order, with what they name."""
        if isinstance(filters, MatchFilters):
            by_kind = series.arrange_series if self.kind == "series" else matches.arrange_matches
            return by_kind(querysets)
        if isinstance(filters, TournamentFilters):
            return querysets

        rows = [queryset.select_related(*self.related) for queryset in querysets]
        return [self.prepare(queryset) for queryset in rows] if self.prepare else rows


def describe_achievements(rows: Iterable[Any]) -> list[AchievementEntry]:
    """Turn achievements held into entries.

    :param rows: as ``tell_achievement_times`` gives them, the achievement fetched along.
    """
    return [
        AchievementEntry(
            slug=row.achievement.slug,
            name=translate_stored(row.achievement.name),
            description=translate_stored(row.achievement.description),
            tier=Achievement.Tier(row.achievement.tier),
            fact=word_fact(row.fact, row.earned_at),
            earned_at=row.told_at,
            precision=Precision.of(row),
        )
        for row in rows
    ]


def tell_achievement_times(
    rows: QuerySet[UserAchievement], visibility: Visibility
) -> tuple[QuerySet[UserAchievement], Order]:
    """Return achievements of one player with the times to tell of them, and the order to read them in."""
    if visibility.own_records:
        return privacy.tell_times(rows, dated_by="earned_at", exactly=None), ACHIEVEMENTS_BY_TIME

    # One order for all others, whatever is hidden: it keeps their place when the player changes the settings.
    public = Q(achievement__slug__in=list_slugs_revealing(visibility.histories))
    is_known = Q(pk__isnull=False) if visibility.both_histories else public
    told = privacy.tell_times(rows, dated_by="earned_at", exactly=is_known)
    named = told.annotate(told_as=CodePoints(F("achievement__slug"), output_field=TextField()))
    return named, ("-told_at", "-told_as")


def withhold_facts(entries: Iterable[AchievementEntry], visibility: Visibility) -> list[AchievementEntry]:
    """Return the same achievements, without the facts that tell of a history the viewer may not see."""

    def withhold(entry: AchievementEntry) -> AchievementEntry:
        is_shown = visibility.shows(get_revealed_histories(entry.slug))
        return entry if is_shown else replace(entry, fact="")

    return [withhold(entry) for entry in entries]


def _disputes(rows: Sequence[Dispute]) -> list[DisputeEntry]:
    return [
        DisputeEntry(
            Dispute.Status(row.status),
            row.reason,
            row.resolution,
            row.match_id is not None,
            row.filed_at,
            row.resolved_at,
        )
        for row in rows
    ]


def _experience(rows: Sequence[ExperienceAward]) -> list[ExperienceEntry]:
    reasons = list_reasons(rows)
    return [ExperienceEntry(row.points, reasons[row.pk], row.awarded_at) for row in rows]


_MATCHES = RowSource("matches", matches.ORDER, matches.describe_matches, privacy.require_match_history)

SOURCES: dict[type[models.Model], RowSource] = {
    **dict.fromkeys(MATCH_TABLES, _MATCHES),
    # A series tells of its games, so who hides those hides it.
    TournamentSeriesResult: RowSource(
        "series", series.ORDER, series.describe_series, privacy.require_match_history
    ),
    TournamentParticipation: RowSource(
        "tournaments",
        tournaments.ORDER,
        tournaments.describe_participations,
        privacy.require_tournaments,
    ),
    # Placements and achievements are public record.
    TournamentResult: RowSource(
        "results",
        tournaments.RESULTS_ORDER,
        tournaments.describe_results,
        related=("tournament__game", "team"),
        prepare=tournaments.in_slug_order,
    ),
    UserAchievement: RowSource(
        "achievements",
        ACHIEVEMENTS_BY_TIME,
        describe_achievements,
        related=("achievement",),
        withhold=withhold_facts,
        reveals=frozenset(History),
        tell=tell_achievement_times,
        days_of="earned_at",
    ),
    Dispute: RowSource("disputes", ("-filed_at", "-id"), _disputes, privacy.require_disputes),
    ExperienceAward: RowSource(
        "experience", ("-awarded_at", "-reason", "-dedupe_key"), _experience, privacy.require_experience
    ),
}


def list_row_sources(holder: type[models.Model], stat: str) -> list[RowSource]:
    """Return the sources of all rows that ``stat`` depends on, that of its own rows first."""
    stats = [get_counted_stat(holder, stat), *list_components(holder, stat)]
    return list(dict.fromkeys(SOURCES[each.model] for part in stats for each in part.contributions))
