"""Forms that filter a list; they are sent by GET.

What a filter may be is decided where lists are filtered (``histories.filters``, and the page functions),
since the API and the services take the same filters. These forms read the filters from the address, and draw
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django import forms

from deltacrown.games.models import Game, MatchRow
from deltacrown.moderation.models import Dispute
from deltacrown.pages.leaderboards import PERIODS, BoardChoice
from deltacrown.pages.stats import StatHistoryPage
from deltacrown.tournaments.models import Tournament
from deltacrown.web.forms import DayInput, PageForm, choices_of


class FilterField(forms.CharField):
    """A field that takes any text, whatever it is drawn as: the page function says what is wrong with it."""

    def __init__(self, widget: forms.Widget | None = None) -> None:
        super().__init__(required=False, strip=False, widget=widget or forms.TextInput())
        self.validators = []


class FilterForm(PageForm):
    """A form whose empty fields filter nothing."""

    @property
    def filters(self) -> dict[str, str]:
        """Return the filters that are set, by name."""
        return {name: value for name, value in self.require_valid().items() if value}

    def offer_games(self, games: Iterable[Game]) -> None:
        """Set the games to choose from."""
        choices = [(game.slug, game.name) for game in games]
        self.fields["game"].widget.choices = choices_of("All games", choices)


class MatchFilterForm(FilterForm):
    """Filters a player's matches."""

    game = FilterField(forms.Select())
    kind = FilterField(forms.Select(choices=choices_of("All kinds", MatchRow.Kind.choices)))
    result = FilterField(forms.Select(choices=choices_of("All results", MatchRow.Result.choices)))
    played_from = FilterField(DayInput())
    played_to = FilterField(DayInput())
    opponent = FilterField(forms.TextInput(attrs={"placeholder": "Public id or team", "size": "18"}))
    tournament = FilterField()


class SeriesFilterForm(FilterForm):
    """Filters a player's series."""

    game = FilterField(forms.Select())
    result = FilterField(forms.Select(choices=choices_of("All results", MatchRow.Result.choices)))
    played_from = FilterField(DayInput())
    played_to = FilterField(DayInput())
    opponent = FilterField(forms.TextInput(attrs={"placeholder": "Public id or team", "size": "18"}))
    tournament = FilterField()


class TournamentFilterForm(FilterForm):
    """Filters the tournaments a player entered."""

    game = FilterField(forms.Select())
    status = FilterField(forms.Select(choices=choices_of("All states", Tournament.Status.choices)))
    placement = FilterField(forms.TextInput(attrs={"class": "short", "inputmode": "numeric"}))
    tournament = FilterField()
    registered_from = FilterField(DayInput())
    registered_to = FilterField(DayInput())


class StatRowFilterForm(MatchFilterForm, TournamentFilterForm):
    """Filters the rows behind a stat: matches or tournaments, by the stat. It is not drawn."""


class StatHistoryForm(FilterForm):
    """Asks for the changes of a stat in one game, and for its value at the end of a day."""

    game = FilterField(forms.HiddenInput())
    as_of = FilterField(DayInput())

    @classmethod
    def of_page(cls, shown: StatHistoryPage, *, today: datetime) -> StatHistoryForm:
        """Return the form for a page: its game, and the day it shows, if any.

        :param today: the last day that can be chosen.
        """
        game, past = shown.history.game, shown.past
        form = cls(
            {
                "game": game.slug if game else "",
                "as_of": past.asked if past and past.is_day else "",
            }
        )
        form.fields["as_of"].widget.attrs.update({"required": True, "max": f"{today:%Y-%m-%d}"})
        return form


class LeaderboardForm(FilterForm):
    """Asks for the leaderboard of one game, of a period, or among the players of one country."""

    game = FilterField(forms.Select())
    period = FilterField(forms.Select(choices=list(PERIODS.items())))
    country = FilterField(
        forms.TextInput(
            attrs={"class": "short", "placeholder": "Any", "maxlength": "2", "autocapitalize": "characters"}
        )
    )

    def choose(self, stat: str) -> BoardChoice:
        """Return the leaderboard by ``stat`` that is asked for. A country may be written in small letters."""
        chosen = self.filters
        if "country" in chosen:
            chosen["country"] = chosen["country"].upper()

        return BoardChoice(stat, **chosen)


class QueueForm(FilterForm):
    """Asks for the disputes with one status."""

    status = FilterField(forms.Select(choices=Dispute.Status.choices))


class SearchForm(FilterForm):
    """Asks for players by name or public id."""

    q = FilterField()


class SiteSearchForm(SearchForm):
    """Asks for players, teams and tournaments by name; ``kind`` for one of the three alone."""

    kind = FilterField()
