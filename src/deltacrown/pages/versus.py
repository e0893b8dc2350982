"""The page of two players, head to head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import Page
from deltacrown.user_profile.histories.filters import read_match_filters
from deltacrown.user_profile.histories.matches import MatchEntry
from deltacrown.user_profile.histories.series import SeriesEntry
from deltacrown.user_profile.histories.versus import (
    GameRecord,
    HeadToHead,
    Record,
    count_head_to_head,
    list_meetings,
    list_series_between,
    require_head_to_head,
    sum_up,
)
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.addresses import get_player
from deltacrown.user_profile.privacy import Viewer

__all__ = ["VersusPage", "get_versus", "get_versus_page", "sum_up"]

#: The values of the filter by sides, the usual one first.
AGAINST, TOGETHER = "against", "together"


@dataclass(frozen=True)
class VersusPage:
    """Two players head to head, from the first one's view.

    :param against: the sum of the matches against each other; ``together`` of those on one side. Both of
        the game and the kind that are asked for.
    :param matches: the rows of the one or the other.
    :param series: of all games, and the latest in ``latest_series``.
    """

    profile: UserProfile
    other: UserProfile
    against: Record
    together: Record
    by_game: list[GameRecord]
    games: dict[str, str]
    is_together: bool
    matches: Page[MatchEntry]
    series: Record
    latest_series: list[SeriesEntry]

    @property
    def listed(self) -> Record:
        """Return the sum of the rows that are listed."""
        return self.together if self.is_together else self.against


def get_versus_page(
    public_id: str, other: str, filters: Mapping[str, str], page: str | None, *, viewer: Viewer
) -> VersusPage:
    """Return two players head to head.

    :param filters: ``game``, ``kind``, and ``sides``: ``against`` or ``together``.
    :raises DomainError: as ``get_versus``; for a filter or cursor that cannot be taken.
    """
    narrowing = {name: value for name, value in filters.items() if name != "sides"}
    checked, sides = read_match_filters(narrowing), filters.get("sides", AGAINST)
    if sides not in (AGAINST, TOGETHER):
        sentence = _("%(sides)s is no choice of sides: use against or together.")
        raise InvalidInput(sentence % {"sides": repr(sides)}, field="sides")

    profile, rival, numbers = get_versus(public_id, other, viewer=viewer)
    narrowed = {"game": checked.game, "kind": checked.kind}
    is_together = sides == TOGETHER
    matches = list_meetings(
        profile.user, rival.user, checked, page, together=is_together, limit=10, viewer=viewer
    )
    return VersusPage(
        profile=profile,
        other=rival,
        against=sum_up(numbers.against, **narrowed),
        together=sum_up(numbers.together, **narrowed),
        by_game=numbers.together if is_together else numbers.against,
        games={each.game_slug: each.game_name for each in [*numbers.against, *numbers.together]},
        is_together=is_together,
        matches=matches,
        series=numbers.series,
        latest_series=list_series_between(profile.user, rival.user) if numbers.series.rows else [],
    )


def get_versus(public_id: str, other: str, *, viewer: Viewer) -> tuple[UserProfile, UserProfile, HeadToHead]:
    """Return two players, and their numbers against each other.

    :raises NotFound: there is no such player; AccountClosed: one of the accounts is closed.
    :raises InvalidInput: both are the same player.
    :raises HistoryHidden: one of them hides the match history from ``viewer``.
    """
    profile, rival = get_player(public_id, viewer=viewer), get_player(other, viewer=viewer)
    if profile.pk == rival.pk:
        message = _("Nobody plays against themselves: name the public id of another player.")
        raise InvalidInput(message, field="other")
    require_head_to_head(profile.user, rival.user, viewer)
    return profile, rival, count_head_to_head(profile.user, rival.user)
