"""Forms that filter a list; they are sent by GET.

What a filter may be is decided where lists are filtered (``histories.filters``, and the page functions),
since the API and the services take the same filters. These forms read the filters from the address, and draw
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms

from deltacrown.games.models import Game, MatchRow, Season
from deltacrown.moderation.models import Dispute
from deltacrown.pages.leaderboards import PERIODS, BoardChoice, LeaderboardPage
from deltacrown.pages.stat_charts import ChartChoice
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.histories.filters import is_date
from deltacrown.web.forms import DayInput, PageForm, choices_of


class FilterField(forms.CharField):
    """A field that takes any text, whatever it is drawn as: the page function says what is wrong with it."""

    def __init__(self, widget: forms.Widget | None = None) -> None:
        super().__init__(required=False, strip=False, widget=widget or forms.TextInput())
        self.validators = []


class FilterForm(PageForm):
    """A form whose empty fields filter nothing."""

    #: Whether there are seasons to choose from; a field without is not drawn.
    has_seasons = False

    @property
    def filters(self) -> dict[str, str]:
        """Return the filters that are set, by name."""
        return {name: value for name, value in self.require_valid().items() if value}

    def offer_games(self, games: Iterable[Game]) -> None:
        """Set the games to choose from."""
        choices = [(game.slug, game.name) for game in games]
        self.fields["game"].widget.choices = choices_of("All games", choices)

    def offer_seasons(self, seasons: Iterable[Season]) -> None:
        """Set the seasons to choose from."""
        choices = [(season.slug, _name_season(season)) for season in seasons]
        self.fields["season"].widget.choices = choices_of("All seasons", choices)
        self.has_seasons = bool(choices)


class MatchFilterForm(FilterForm):
    """Filters a player's matches."""

    game = FilterField(forms.Select())
    kind = FilterField(forms.Select(choices=choices_of("All kinds", MatchRow.Kind.choices)))
    result = FilterField(forms.Select(choices=choices_of("All results", MatchRow.Result.choices)))
    played_from = FilterField(DayInput())
    played_to = FilterField(DayInput())
    opponent = FilterField(forms.TextInput(attrs={"placeholder": "Public id or team", "size": "18"}))
    tournament = FilterField()
    season = FilterField(forms.Select())


class SeriesFilterForm(FilterForm):
    """Filters a player's series."""

    game = FilterField(forms.Select())
    result = FilterField(forms.Select(choices=choices_of("All results", MatchRow.Result.choices)))
    played_from = FilterField(DayInput())
    played_to = FilterField(DayInput())
    opponent = FilterField(forms.TextInput(attrs={"placeholder": "Public id or team", "size": "18"}))
    tournament = FilterField()
    season = FilterField(forms.Select())


class TournamentFilterForm(FilterForm):
    """Filters the tournaments a player entered."""

    game = FilterField(forms.Select())
    status = FilterField(forms.Select(choices=choices_of("All states", Tournament.Status.choices)))
    placement = FilterField(forms.TextInput(attrs={"class": "short", "inputmode": "numeric"}))
    tournament = FilterField()
    registered_from = FilterField(DayInput())
    registered_to = FilterField(DayInput())
    season = FilterField(forms.Select())


class TournamentListForm(FilterForm):
    """Filters the list of all tournaments."""

    season = FilterField(forms.Select())


class StatRowFilterForm(MatchFilterForm, TournamentFilterForm):
    """Filters the rows behind a stat: matches or tournaments, by the stat. It is not drawn."""


class StatChartForm(FilterForm):
    """Asks for the chart of a stat by other periods, up to another day. It is not drawn: links are."""

    by = FilterField()
    rolling = FilterField()
    until = FilterField()

    @property
    def choice(self) -> ChartChoice:
        """Return what is asked of the chart."""
        asked = self.filters
        return ChartChoice(**{name: asked[name] for name in StatChartForm.base_fields if name in asked})


class StatHistoryForm(StatChartForm):
    """Asks for the changes of a stat in one game, in one of two orders, and for its value on a day.

    The day is the end of one by which things happened, and with ``known_at`` as this site knew them then.
    """

    #: What is asked of the past, and refused beside the form.
    DAYS = ("as_of", "known_at")

    game = FilterField(forms.HiddenInput())
    order = FilterField(forms.HiddenInput())
    as_of = FilterField(DayInput())
    known_at = FilterField(DayInput())

    def draw_days(self, *, today: datetime) -> StatHistoryForm:
        """Return the form to draw: its game, its order, and the days that are asked for.

        :param today: the last day that can be chosen.
        """
        asked = self.filters
        drawn: dict[str, Any] = {name: asked[name] for name in ("game", "order") if name in asked}
        # A browser's input for a date takes nothing else.
        drawn |= {name: asked[name] for name in self.DAYS if is_date(asked.get(name, ""))}
        form = StatHistoryForm(drawn)
        for name in self.DAYS:
            form.fields[name].widget.attrs["max"] = f"{today:%Y-%m-%d}"
        form.fields["as_of"].widget.attrs["required"] = True
        return form


class LeaderboardForm(FilterForm):
    """Asks for the leaderboard of one game, of a period, as of a day, or among the players of one country."""

    game = FilterField(forms.Select())
    #: Also a season, as ``SEASON`` and its slug, since one list offers both.
    period = FilterField(forms.Select())
    season = FilterField()
    as_of = FilterField(DayInput())
    country = FilterField(
        forms.TextInput(
            attrs={"class": "short", "placeholder": "Any", "maxlength": "2", "autocapitalize": "characters"}
        )
    )

    #: No slug holds a colon.
    SEASON = "season:"

    def choose(self, stat: str) -> BoardChoice:
        """Return the leaderboard by ``stat`` that is asked for. A country may be written in small letters."""
        chosen = self.filters
        if "country" in chosen:
            chosen["country"] = chosen["country"].upper()
        if chosen.get("period", "").startswith(self.SEASON):
            chosen["season"] = chosen.pop("period").removeprefix(self.SEASON)

        return BoardChoice(stat, **chosen)

    def offer(self, shown: LeaderboardPage, *, today: datetime) -> None:
        """Set what there is to choose from, and select what is shown.

        :param today: the last day that can be chosen.
        """
        self.offer_games(shown.games)
        seasons = [(f"{self.SEASON}{each.slug}", _name_season(each)) for each in shown.seasons]
        self.fields["period"].widget.choices = [*PERIODS.items(), *seasons]
        self.fields["as_of"].widget.attrs["max"] = f"{today:%Y-%m-%d}"
        if named := self.filters.get("season"):
            self.data = {**self.filters, "period": f"{self.SEASON}{named}"}


class QueueForm(FilterForm):
    """Asks for the disputes with one status."""

    status = FilterField(forms.Select(choices=Dispute.Status.choices))


class SearchForm(FilterForm):
    """Asks for players by name or public id."""

    q = FilterField()


class SiteSearchForm(SearchForm):
    """Asks for players, teams and tournaments by name; ``kind`` for one of the three alone."""

    kind = FilterField()


def _name_season(season: Season) -> str:
    """Return what a season is called in a list of those of several games."""
    return f"{season.name} ({season.game.name})" if season.game else season.name
