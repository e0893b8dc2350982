from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core import clock
from deltacrown.core.admin import FormerNameAdmin, ReadOnlyAdmin, ReasonForm, ServiceAdmin
from deltacrown.core.admin_search import Kind, add_finder, is_searchable
from deltacrown.core.admin_words import write_person
from deltacrown.core.dates import write_day, write_minute
from deltacrown.core.days import start_of_day
from deltacrown.games import services
from deltacrown.games.forms import NewMatchForm, correction_form, read_correction
from deltacrown.games.match_lists import (
    MOST_PLAYERS,
    MatchChangeList,
    find_matches,
    get_lines,
    is_first_line,
    write_counting,
    write_kind,
    write_result,
    write_sides,
    write_table,
    write_why_uncounted,
)
from deltacrown.games.models import COUNTS, ArchivedMatch, FormerGameName, Game, Match, MatchRow, Season
from deltacrown.games.season_form import SeasonForm, get_last_day

#: What is said of a change, beside what the model says of the column.
HELP_TEXTS = {
    "counts_forfeits": (
        "Matches decided by forfeit count. A tournament may have a rule of its own. A change applies to "
        "matches recorded or corrected from now on: those that are recorded stay as they are."
    )
}


def _find_games(text: str) -> Iterable[int]:
    """Return the games with a text in their name or slug; there are a few dozen."""
    named = Q(name__icontains=text) | Q(slug__icontains=text) | Q(former_names__name__iexact=text)
    return Game.objects.filter(named).values_list("pk", flat=True)


add_finder(Kind.GAME, _find_games)


@admin.register(Game)
class GameAdmin(ServiceAdmin):
    """Games. One with matches or tournaments cannot be deleted; URLs use the slug, so it cannot change."""

    list_display = ["name", "slug", "counts_forfeits"]
    fields = ["name", "slug", "counts_forfeits"]
    sortable_by = None
    search_fields = ["name", "slug"]  # not read: Django asks for them where rows are chosen by a search
    found_by = {"pk": Kind.GAME}

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {"slug": ("name",)} if obj is None else {}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["slug", "name"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, help_texts=HELP_TEXTS, **kwargs)

    def write_row(self, request: HttpRequest, row: Game, form: Any, *, new: bool) -> Game:
        rule = form.cleaned_data["counts_forfeits"]
        game = services.create_game(slug=row.slug, name=row.name) if new else row
        services.set_forfeit_rule(game=game, counts_forfeits=rule, by=self.actor(request))
        return game


@admin.register(Season)
class SeasonAdmin(ServiceAdmin):
    """Seasons, by their first and their last day. URLs use the slug, so it cannot change."""

    form = SeasonForm
    list_display = ["name", "slug", "game", "first_day", "last_day", "site_link"]
    list_filter = ["game"]
    sortable_by = None
    list_select_related = ["game"]
    fields = ["name", "slug", "game", "starts_at", "ends_at"]
    found_by = {"game": Kind.GAME}
    found_by_key = ["name__icontains", "slug__icontains"]  # of a few dozen rows
    ordering = ["-starts_at", "slug"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {"slug": ("name",)} if obj is None else {}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["slug", "game"]

    @admin.display(ordering="starts_at")
    def first_day(self, season: Season) -> str:
        return write_day(season.since)

    @admin.display(ordering="ends_at")
    def last_day(self, season: Season) -> str:
        return write_day(get_last_day(season))

    def page_of(self, row: Season) -> tuple[str, list[str]]:
        return "season", [row.slug]

    def write_row(self, request: HttpRequest, row: Season, form: Any, *, new: bool) -> Season:
        facts: dict[str, Any] = {"name": row.name, "starts_at": row.starts_at, "ends_at": row.ends_at}
        if new:
            return services.create_season(slug=row.slug, game=row.game, **facts, by=self.actor(request))

        services.change_season(season=row, **facts, by=self.actor(request))
        return row

    def delete_model(self, request: HttpRequest, obj: Season) -> None:
        services.delete_season(season=obj, by=self.actor(request))


class CountsFilter(admin.SimpleListFilter):
    """Whether matches count, and if not, why."""

    title = "counting"
    parameter_name = "counts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Counts"), ("void", "Void"), ("never", "Counts nowhere")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the matches, by the line that they stand in the list by."""
        conditions = {
            "yes": COUNTS,
            "void": Q(voided_at__isnull=False),
            "never": Q(voided_at__isnull=True) & ~Q(uncounted_reason=""),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


class LineForm(ReasonForm):
    """Asks whose line of a match is voided or restored, and why."""

    player = forms.ChoiceField()
    field_order = ["player", "reason"]


def line_form(lines: Sequence[MatchRow]) -> type[LineForm]:
    """Return a form that asks for a player of a match."""
    # By the place in the list, as a database key in a page tells nobody anything.
    named = [(str(place), write_person(line.user)) for place, line in enumerate(lines)]

    class OfMatch(LineForm):
        player = forms.ChoiceField(choices=named)

        def clean_player(self) -> User:
            player: User = lines[int(self.cleaned_data["player"])].user
            return player

    return OfMatch


class MatchRowAdmin(ReadOnlyAdmin):
    """Matches, one row for each. Actions void, restore and correct whole matches, or one player's line."""

    list_display = [
        "sides",
        "played",
        "game",
        "kinds",
        "counting",
        "why_uncounted",
        "match_key",
        "site_link",
    ]
    list_filter = ["game", "kind", CountsFilter]
    list_select_related = ["game"]
    search_help_text = (
        "A match key in full, or the name or public id of a player, a team or a tournament. "
        "Found are the newest matches of each."
    )
    fields = ["game", "match_key", "kind", "played", "recorded_at", "outcome", "counting", "table", "rulings"]
    readonly_fields = ["played", "outcome", "counting", "table", "rulings"]
    ordering = ["-id"]
    actions = [
        "void_selected",
        "restore_selected",
        "void_line_selected",
        "restore_line_selected",
        "correct_selected",
    ]

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Return whether matches may be changed, archived ones too: by the right to, as on the pages."""
        return has_right(self.actor(request), Right.CHANGE_MATCHES)

    def page_of(self, row: MatchRow) -> tuple[str, list[str]]:
        return "match", [row.game.slug, row.match_key]

    def describe(self, row: MatchRow) -> str:
        players = [write_person(line.user) for line in get_lines(row)]
        more = f" and {len(players) - MOST_PLAYERS} more" if len(players) > MOST_PLAYERS else ""
        return f"{row.game} {row.match_key} of {', '.join(players[:MOST_PLAYERS])}{more}"

    @admin.display(description="Match")
    def sides(self, row: MatchRow) -> SafeString:
        return write_sides(get_lines(row))

    @admin.display(description="Result")
    def outcome(self, row: MatchRow) -> str:
        return write_result(get_lines(row))

    @admin.display(description="Kind")
    def kinds(self, row: MatchRow) -> str:
        return write_kind(get_lines(row))

    @admin.display(description="Counts")
    def counting(self, row: MatchRow) -> str:
        return write_counting(get_lines(row))

    @admin.display(description="Why not")
    def why_uncounted(self, row: MatchRow) -> str:
        return write_why_uncounted(get_lines(row))

    @admin.display(description="Lines")
    def table(self, row: MatchRow) -> SafeString:
        return write_table(get_lines(row))

    @admin.display(description="To change it")
    def rulings(self, row: MatchRow) -> SafeString:
        address = reverse(f"admin:games_{self.opts.model_name}_changelist", query={"q": row.match_key})
        return format_html('<a href="{}">Void, restore or correct it by the actions of the list</a>', address)

    @admin.display(description="Played")
    def played(self, row: MatchRow) -> str:
        return write_minute(row.played_at) if row.is_time_known else write_day(row.played_at)

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return ["match_key"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[MatchChangeList]:
        return MatchChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Keep one line of each match, and the matches that a text names.

        Actions reach any line of a match: they are about the match, and come with the lines selected.
        """
        if request.method == "GET":
            queryset = queryset.filter(is_first_line(self.model))
        if not (text := search_term.strip()):
            return queryset, False
        found = find_matches(self.model, text) if is_searchable(text) else Q(pk__in=[])
        return queryset.filter(found), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Return the page; what it does not list cannot be selected."""
        if request.POST.get("select_across", "0") != "0":
            answers = request.POST.copy()
            answers["select_across"] = "0"
            request.POST = answers  # type: ignore[assignment]
        return super().changelist_view(request, extra_context)

    @admin.action(description="Void selected matches", permissions=["act"])
    def void_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._mark(request, rows, "Void matches", services.void_match)

    @admin.action(description="Restore selected voided matches", permissions=["act"])
    def restore_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._mark(request, rows, "Restore matches", services.restore_match)

    @admin.action(description="Void one player’s line of the selected match", permissions=["act"])
    def void_line_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._mark_line(request, rows, "Void one line", services.void_match)

    @admin.action(description="Restore one player’s line of the selected match", permissions=["act"])
    def restore_line_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._mark_line(request, rows, "Restore one line", services.restore_match)

    def _mark_line(
        self, request: HttpRequest, rows: QuerySet[Any], title: str, mark: Callable[..., object]
    ) -> HttpResponse | None:
        row: MatchRow | None = self.get_only_row(request, rows)
        if row is None:
            return None
        form_class = line_form(get_lines(row))
        return self._mark(request, rows, title, mark, form_class)

    def _mark(
        self,
        request: HttpRequest,
        rows: QuerySet[Any],
        title: str,
        mark: Callable[..., object],
        form_class: type[forms.Form] = ReasonForm,
    ) -> HttpResponse | None:
        """Void or restore matches, or the line of the player that the form asks for."""

        def mark_row(row: MatchRow, answers: dict[str, Any]) -> object:
            return mark(
                game=row.game,
                match_key=row.match_key,
                user=answers.get("player"),
                reason=answers["reason"],
                now=clock.now(),
                by=self.actor(request),
            )

        return self.ask_first(request, rows, title=title, service=mark_row, form_class=form_class)

    @admin.action(description="Correct the selected match", permissions=["act"])
    def correct_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        row: MatchRow | None = self.get_only_row(request, rows)
        if row is None:
            return None

        def correct(row: MatchRow, answers: dict[str, Any]) -> object:
            return services.correct_match(
                game=row.game,
                match_key=row.match_key,
                reason=answers["reason"],
                now=clock.now(),
                by=self.actor(request),
                **read_correction(answers),
            )

        form_class = correction_form(services.list_match_lines(row.game, row.match_key))
        return self.ask_first(request, rows, title="Correct match", service=correct, form_class=form_class)


@admin.register(Match)
class MatchAdmin(ServiceAdmin, MatchRowAdmin):
    """Live match rows. Staff can record a casual match here; recorded matches change only by actions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("games.add_match"))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs = {"form": NewMatchForm, **kwargs}
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fields(request, obj) if obj else NewMatchForm.ASKED

    def write_row(self, request: HttpRequest, row: Match, form: Any, *, new: bool) -> MatchRow:
        only_day = form.cleaned_data["only_day"]
        record = services.MatchRecord(
            game=row.game,
            match_key=row.match_key,
            played_at=start_of_day(row.played_at) if only_day else row.played_at,
            is_time_known=not only_day,
            sequence=row.sequence,
            lines=form.cleaned_data["players"],
        )
        recorded = services.record_match(record=record, now=clock.now())
        self.show_warnings(request, recorded.rows[0], recorded)
        return recorded.rows[0]


@admin.register(ArchivedMatch)
class ArchivedMatchAdmin(MatchRowAdmin):
    pass


@admin.register(FormerGameName)
class FormerGameNameAdmin(FormerNameAdmin):
    found_by = {"owner": Kind.GAME}
