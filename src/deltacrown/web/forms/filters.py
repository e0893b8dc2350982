"""Forms that filter a list; they are sent by GET.

What a filter may be is decided where lists are filtered (``histories.filters``, and the page functions),
since the API and the services take the same filters. These forms read the filters from the address, and draw
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deltacrown.core.days import add_days, to_utc
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import Game, MatchRow, Season
from deltacrown.moderation.models import Dispute
from deltacrown.pages.disputes import Whose
from deltacrown.pages.leaderboards import BoardChoice, LeaderboardPage, name_periods
from deltacrown.pages.stat_charts import ChartChoice
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.histories.filters import is_date, read_datetime
from deltacrown.web.forms import DayInput, PageForm, choices_of

#: The states in which everybody sees a tournament.
PUBLISHED_STATES = [choice for choice in Tournament.Status.choices if choice[0] != Tournament.Status.DRAFT]


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
        self.fields["game"].widget.choices = choices_of(_("All games"), choices)

    def offer_seasons(self, seasons: Iterable[Season]) -> None:
        """Set the seasons to choose from."""
        choices = [(season.slug, _name_season(season)) for season in seasons]
        self.fields["season"].widget.choices = choices_of(_("All seasons"), choices)
        self.has_seasons = bool(choices)


class HistoryForm(FilterForm):
    """Filters a list of what a player did, and says where a page of it begins and how many rows it has.

    Its fields have ids, so that an error is told with its field, and the focus stays when a list is redrawn.
    """

    #: What filters nothing.
    PLACING: tuple[str, ...] = ("day", "limit")
    SIZES = (10, 20, 50)

    day = FilterField(DayInput())
    limit = FilterField(forms.Select())

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.auto_id = "filter-%s"
        self.asked = super().filters

    @property
    def filters(self) -> dict[str, str]:
        """Return the filters that are set, by name."""
        return {name: value for name, value in self.asked.items() if name not in self.PLACING}

    def read_limit(self, usual: int) -> int:
        """Return how many rows are asked for.

        :raises InvalidInput: it is no number; which numbers there are is decided where lists are read.
        """
        self.fields["limit"].widget.choices = [
            ("" if size == usual else size, _("%(n)s rows") % {"n": size}) for size in self.SIZES
        ]
        text = self.asked.get("limit", "")
        if text and not (text.isascii() and text.isdigit() and len(text) < 4):
            sentence = gettext("%(text)s is no number of rows: use 10, 20 or 50.")
            raise InvalidInput(sentence % {"text": repr(text)}, field="limit")
        return int(text) if text else usual

    def start_at_day(self, field: str) -> dict[str, Any]:
        """Return the filters of a page that begins with the day asked for, as the reader's zone has it.

        :param field: the filter by the time before which rows are.
        :raises InvalidInput: for a day or a time that cannot be read.
        """
        text = self.asked.get("day")
        if not text:
            return dict(self.filters)
        until = _find_end(text)
        before = read_datetime(self.filters.get(field), field, ends=True)
        return {**self.filters, field: min(until, before) if before else until}


class MatchFilterForm(HistoryForm):
    """Filters a player's matches."""

    game = FilterField(forms.Select())
    kind = FilterField(forms.Select(choices=choices_of(_("All kinds"), MatchRow.Kind.choices)))
    result = FilterField(forms.Select(choices=choices_of(_("All results"), MatchRow.Result.choices)))
    played_from = FilterField(DayInput())
    played_to = FilterField(DayInput())
    opponent = FilterField(forms.TextInput(attrs={"placeholder": _("Name or public id"), "size": "18"}))
    tournament = FilterField()
    season = FilterField(forms.Select())
    reported = FilterField(forms.TextInput(attrs={"placeholder": "agent:Jett", "size": "14"}))


class VersusForm(FilterForm):
    """Filters the matches of two players with each other."""

    game = FilterField(forms.Select())
    kind = FilterField(forms.Select(choices=choices_of(_("All kinds"), MatchRow.Kind.choices)))
    sides = FilterField(
        forms.Select(choices=choices_of(_("Against each other"), [("together", _("On one side"))]))
    )

    def offer_named_games(self, names: Mapping[str, str]) -> None:
        """Set the games to choose from: slug → name."""
        choices = sorted(names.items(), key=lambda each: each[1])
        self.fields["game"].widget.choices = choices_of(_("All games"), choices)


class SeriesFilterForm(HistoryForm):
    """Filters a player's series."""

    game = FilterField(forms.Select())
    result = FilterField(forms.Select(choices=choices_of(_("All results"), MatchRow.Result.choices)))
    played_from = FilterField(DayInput())
    played_to = FilterField(DayInput())
    opponent = FilterField(forms.TextInput(attrs={"placeholder": _("Name or public id"), "size": "18"}))
    tournament = FilterField()
    season = FilterField(forms.Select())


class TournamentFilterForm(HistoryForm):
    """Filters the tournaments a player entered."""

    game = FilterField(forms.Select())
    status = FilterField(forms.Select(choices=choices_of(_("All states"), Tournament.Status.choices)))
    placement = FilterField(forms.TextInput(attrs={"class": "short", "inputmode": "numeric"}))
    tournament = FilterField()
    registered_from = FilterField(DayInput())
    registered_to = FilterField(DayInput())
    season = FilterField(forms.Select())


class TimelineForm(HistoryForm):
    """Says how many entries of a timeline a page has."""

    day = None  # type: ignore[assignment] # Django takes the field away so


class TournamentListForm(FilterForm):
    """Filters the list of all tournaments."""

    q = FilterField(forms.TextInput(attrs={"type": "search", "maxlength": "60", "size": "16"}))
    game = FilterField(forms.Select())
    status = FilterField(forms.Select(choices=choices_of(_("All states"), PUBLISHED_STATES)))
    season = FilterField(forms.Select())


_PLAYED = (
    ("season", _("Season")),
    ("opponent", _("Opponent")),
    ("tournament", _("Tournament")),
    ("played_from", _("From")),
    ("played_to", _("To")),
)


class StatRowFilterForm(MatchFilterForm, TournamentFilterForm):
    """Filters the rows behind a stat: matches, series or tournaments; asks whether a match is one of them."""

    #: kind of the rows → the fields that narrow them, as they are drawn.
    DRAWN: ClassVar[dict[str, tuple[tuple[str, Any], ...]]] = {
        "matches": (("game", _("Game")), ("kind", _("Kind")), ("result", _("Result")), *_PLAYED),
        "series": (("game", _("Game")), ("result", _("Result")), *_PLAYED),
        "tournaments": (
            ("status", _("State")),
            ("placement", _("Placement")),
            ("season", _("Season")),
            ("tournament", _("Tournament")),
            ("registered_from", _("From")),
            ("registered_to", _("To")),
        ),
    }
    PLACING = (*HistoryForm.PLACING, "match")

    match = FilterField(forms.TextInput(attrs={"maxlength": "300"}))

    def list_names(self, kind: str) -> list[str]:
        """Return the names of the fields that narrow rows of this kind."""
        return [name for name, _label in self.DRAWN.get(kind, ())]

    def list_drawn(self, kind: str) -> list[tuple[forms.BoundField, Any]]:
        """Return the fields that narrow rows of this kind, each with its label; none where none does."""
        drawn = [(self[name], label) for name, label in self.DRAWN.get(kind, ())]
        return [each for each in drawn if each[0].name != "season" or self.has_seasons or each[0].errors]


class StatChartForm(FilterForm):
    """Asks for the chart of a stat by other periods, up to another day. It is not drawn: links are."""

    by = FilterField()
    rolling = FilterField()
    until = FilterField()
    chart = FilterField()

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
    """Asks for the leaderboard of one game, of a period, as of a day, or among the players of one country.

    Who is signed in can ask for that of the players they follow.
    """

    game = FilterField(forms.Select())
    #: Also a season, as ``SEASON`` and its slug, since one list offers both.
    period = FilterField(forms.Select())
    season = FilterField()
    as_of = FilterField(DayInput())
    country = FilterField(
        forms.TextInput(
            attrs={
                "class": "short",
                "placeholder": _("Any"),
                "maxlength": "2",
                "autocapitalize": "characters",
            }
        )
    )

    #: ``1``; drawn as a box to tick.
    following = FilterField()

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
        self.fields["period"].widget.choices = [*name_periods().items(), *seasons]
        self.fields["as_of"].widget.attrs["max"] = f"{today:%Y-%m-%d}"
        if named := self.filters.get("season"):
            self.data = {**self.filters, "period": f"{self.SEASON}{named}"}


class AroundForm(FilterForm):
    """Asks for the page of a leaderboard that a player is on; a reader's own is ``me``."""

    around = FilterField()


class OneGameForm(FilterForm):
    """Asks for what a page tells of one game."""

    game = FilterField()


class QueueForm(FilterForm):
    """Asks for the disputes with one status."""

    status = FilterField(forms.Select(choices=Dispute.Status.choices))


class BenchQueueForm(QueueForm):
    """Asks for the disputes with one status, in whose hands they are, who filed them and about whom."""

    WHOSE = (
        (Whose.ALL.value, _("All")),
        (Whose.MINE.value, _("Mine")),
        (Whose.UNASSIGNED.value, _("Nobody’s")),
    )

    whose = FilterField(forms.Select(choices=WHOSE))
    by = FilterField()
    about = FilterField()


class SearchForm(FilterForm):
    """Asks for players by name or public id."""

    q = FilterField()


class RivalForm(SearchForm):
    """Asks for the player to compare another with."""


class SiteSearchForm(SearchForm):
    """Asks for players, teams and tournaments by name; ``kind`` for one of the three alone."""

    kind = FilterField()


def _find_end(text: str) -> datetime:
    """Return when a day ends for the reader.

    :raises InvalidInput: it is no date.
    """
    day = read_datetime(text, "day") if is_date(text) else None
    if day is None:
        sentence = gettext("%(text)s is no date: write it as 2025-01-31.")
        raise InvalidInput(sentence % {"text": repr(text)}, field="day")
    following = add_days(day, days=1)
    return to_utc(following.replace(tzinfo=get_current_timezone()))


def _name_season(season: Season) -> str:
    """Return what a season is called in a list of those of several games."""
    return f"{season.name} ({season.game.name})" if season.game else season.name
