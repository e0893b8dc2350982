from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from deltacrown.accounts.models import User
from deltacrown.core import clock
from deltacrown.core.admin import ReadOnlyAdmin, ServiceAdmin
from deltacrown.core.dates import write_day, write_minute
from deltacrown.core.days import start_of_day
from deltacrown.core.names import make_name_key
from deltacrown.games import services
from deltacrown.games.forms import NewMatchForm, correction_form, read_correction
from deltacrown.games.models import ArchivedMatch, FormerGameName, Game, Match, MatchRow, Season
from deltacrown.games.season_form import SeasonForm, get_last_day

#: What is said of a change, beside what the model says of the column.
HELP_TEXTS = {
    "counts_forfeits": (
        "Matches decided by forfeit count. A tournament may have a rule of its own. A change applies to "
        "matches recorded or corrected from now on: those that are recorded stay as they are."
    )
}


@admin.register(Game)
class GameAdmin(ServiceAdmin):
    """Games. One with matches or tournaments cannot be deleted; URLs use the slug, so it cannot change."""

    list_display = ["name", "slug", "counts_forfeits"]
    fields = ["name", "slug", "counts_forfeits"]
    search_fields = ["name", "slug"]

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
    list_display = ["name", "slug", "game", "first_day", "last_day"]
    list_filter = ["game"]
    list_select_related = ["game"]
    fields = ["name", "slug", "game", "starts_at", "ends_at"]
    search_fields = ["name", "slug"]
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

    def write_row(self, request: HttpRequest, row: Season, form: Any, *, new: bool) -> Season:
        facts: dict[str, Any] = {"name": row.name, "starts_at": row.starts_at, "ends_at": row.ends_at}
        if new:
            return services.create_season(slug=row.slug, game=row.game, **facts, by=self.actor(request))

        services.change_season(season=row, **facts, by=self.actor(request))
        return row

    def delete_model(self, request: HttpRequest, obj: Season) -> None:
        services.delete_season(season=obj, by=self.actor(request))


class MatchRowAdmin(ReadOnlyAdmin):
    """Match rows. Actions void, restore and correct whole matches, whichever of their rows are selected."""

    list_display = [
        "match_key",
        "game",
        "user",
        "side",
        "result",
        "score",
        "placement",
        "ended_by",
        "kind",
        "played",
        "counts",
        "why_uncounted",
    ]
    list_filter = [
        "game",
        "result",
        "ended_by",
        "kind",
        ("voided_at", admin.EmptyFieldListFilter),
        ("uncounted_reason", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["game", "user"]
    search_fields = ["match_key", "user__username"]
    search_help_text = "A match key or a username, in full."
    ordering = ["-id"]
    actions = [
        "void_selected",
        "restore_selected",
        "void_lines_selected",
        "restore_lines_selected",
        "correct_selected",
    ]

    def describe(self, row: MatchRow) -> str:
        return f"{row.game} {row.match_key}, {row.user} ({row.get_result_display().lower()})"

    @admin.display(boolean=True)
    def counts(self, row: MatchRow) -> bool:
        return row.counts

    @admin.display(description="Why not")
    def why_uncounted(self, row: MatchRow) -> str:
        return row.void_reason or row.uncounted_reason

    @admin.display(ordering="played_at")
    def played(self, row: MatchRow) -> str:
        return write_minute(row.played_at) if row.is_time_known else write_day(row.played_at)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Match the whole search term to a username or a match key, so that indexes can find the rows."""
        if not (word := search_term.strip()):
            return queryset, False

        by_name = User.objects.filter(username_key=make_name_key(word))
        users = list(by_name.values_list("pk", flat=True))
        games = list(Game.objects.values_list("pk", flat=True))
        return queryset.filter(Q(user__in=users) | Q(game__in=games, match_key=word)), False

    @admin.action(description="Void selected matches", permissions=["act"])
    def void_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._mark(request, rows, "Void matches", services.void_match)

    @admin.action(description="Restore selected voided matches", permissions=["act"])
    def restore_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._mark(request, rows, "Restore matches", services.restore_match)

    @admin.action(description="Void the selected lines alone", permissions=["act"])
    def void_lines_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._mark(request, rows, "Void lines", services.void_match, of_line=True)

    @admin.action(description="Restore the selected voided lines alone", permissions=["act"])
    def restore_lines_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._mark(request, rows, "Restore lines", services.restore_match, of_line=True)

    def _mark(
        self,
        request: HttpRequest,
        rows: QuerySet[Any],
        title: str,
        mark: Callable[..., object],
        *,
        of_line: bool = False,
    ) -> HttpResponse | None:
        """Void or restore the matches of some rows, or those rows alone."""

        def mark_row(row: MatchRow, answers: dict[str, Any]) -> object:
            return mark(
                game=row.game,
                match_key=row.match_key,
                user=row.user if of_line else None,
                now=clock.now(),
                by=self.actor(request),
                **answers,
            )

        return self.ask_first(request, rows, title=title, service=mark_row)

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
class FormerGameNameAdmin(ReadOnlyAdmin):
    list_display = ["id", "name", "owner", "given_up_at"]
    list_select_related = ["owner"]
    search_fields = ["=name"]
    name_lookups = {"key": make_name_key}
    ordering = ["-id"]
