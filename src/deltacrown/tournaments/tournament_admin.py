"""The admin's pages of tournaments themselves; ``admin`` has those of what belongs to one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from deltacrown.core import clock
from deltacrown.core.admin import ServiceAdmin
from deltacrown.core.admin_search import Kind
from deltacrown.tournaments import services
from deltacrown.tournaments.models import Tournament

#: The fields of a new tournament.
ENTERED = ["name", "slug", "game", "entrant_kind", "starts_at", "ends_at", "capacity", "organiser"]
#: Fields that can be changed later too, with what is said of a change.
CURRENCY = "prize_currency"
ANNOUNCED = ["prize_pool", "registration_closes_at", "rules"]
FORFEIT_RULE = "counts_forfeits"
#: What can be changed until a tournament is over, and as long as it is a draft without entrants.
UNTIL_OVER = ["starts_at", "ends_at", "capacity"]
WHILE_DRAFT = ["game", "entrant_kind"]
OVER = {Tournament.Status.COMPLETED, Tournament.Status.CANCELLED, Tournament.Status.ANNULLED}
WHY_FIXED = {
    "slug": "The address of its pages: it stays.",
    "status": "Changed by the actions of the list: open, start, cancel, annul, reopen.",
    **dict.fromkeys(WHILE_DRAFT, "Entrants and matches go by it: it cannot be changed after the draft."),
    **dict.fromkeys(UNTIL_OVER, "It is over: results and statistics were counted by this."),
}
HELP_TEXTS = {
    FORFEIT_RULE: (
        "Whether matches decided by forfeit count; unknown for the rule of the game. A change applies to "
        "matches recorded or corrected from now on: those that are recorded stay as they are."
    )
}


class NoQuestion(forms.Form):
    """A form without fields, for actions that only need a confirmation."""


class TournamentForm(forms.ModelForm):  # type: ignore[type-arg]
    """Form of a tournament. The services check what the constraints do, and say which field is wrong."""

    def _get_validation_exclusions(self) -> set[str]:
        """Leave these to the services: Django would name a constraint, beside no field."""
        found: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return found | {"ends_at", CURRENCY, "prize_pool"}


@admin.register(Tournament)
class TournamentAdmin(ServiceAdmin):
    """Tournaments. Staff create drafts here and change their status by actions."""

    form = TournamentForm
    list_display = [
        "name",
        "game",
        "entrant_kind",
        "status",
        "starts_at",
        "ends_at",
        "organiser",
        "site_link",
    ]
    list_filter = ["status", "entrant_kind", "game"]
    list_select_related = ["game"]
    search_fields = ["name"]  # not read: Django asks for them where tournaments are chosen by a search
    search_help_text = (
        "The beginning of a word of a name, present or former, or of a slug; or who organises it."
    )
    found_by = {"pk": Kind.TOURNAMENT, "organiser": Kind.PLAYER}
    autocomplete_fields = ["game", "organiser"]
    ordering = ["-starts_at", "-id"]
    fields = [*ENTERED, CURRENCY, *ANNOUNCED, FORFEIT_RULE, "status", "created_at"]
    actions = [
        "open_selected",
        "start_selected",
        "cancel_selected",
        "annul_selected",
        "lift_selected",
        "reopen_selected",
    ]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {"slug": ("name",)} if obj is None else {}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return what cannot be changed at this stage; the form says why of each."""
        if obj is None:
            return ["status", "created_at"]
        fixed = [] if obj.status == Tournament.Status.DRAFT else WHILE_DRAFT
        return ["slug", *fixed, *(UNTIL_OVER if obj.status in OVER else []), "status", "created_at"]

    def page_of(self, row: Tournament) -> tuple[str, list[str]]:
        return "tournament", [row.slug]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        fixed = self.get_readonly_fields(request, obj) if obj else ["status"]
        help_texts = HELP_TEXTS | {name: why for name, why in WHY_FIXED.items() if name in fixed}
        return super().get_form(request, obj, change=change, help_texts=help_texts, **kwargs)

    def write_row(self, request: HttpRequest, row: Tournament, form: Any, *, new: bool) -> Tournament:
        entered = {name: value for name, value in form.cleaned_data.items() if name in ENTERED}
        tournament = services.create_tournament(**entered) if new else row
        if not new:
            services.change_tournament(tournament=row, by=self.actor(request), **entered)
        if CURRENCY in form.cleaned_data:
            services.set_prize_currency(tournament=tournament, prize_currency=form.cleaned_data[CURRENCY])
        announced = {name: value for name, value in form.cleaned_data.items() if name in ANNOUNCED}
        if announced:
            services.set_announcement(tournament=tournament, **announced)
        if FORFEIT_RULE in form.cleaned_data:
            rule = form.cleaned_data[FORFEIT_RULE]
            services.set_forfeit_rule(tournament=tournament, counts_forfeits=rule, by=self.actor(request))
        return tournament

    @admin.action(description="Open registration of selected drafts", permissions=["act"])
    def open_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self.ask_first(
            request,
            rows,
            title="Open registration",
            service=lambda row, _: services.open_registration(tournament=row),
            form_class=NoQuestion,
        )

    @admin.action(description="Start selected tournaments", permissions=["act"])
    def start_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self.ask_first(
            request,
            rows,
            title="Start tournaments",
            service=lambda row, _: services.start_tournament(tournament=row),
            form_class=NoQuestion,
        )

    @admin.action(description="Cancel selected tournaments", permissions=["act"])
    def cancel_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        def cancel(row: Tournament, answers: dict[str, Any]) -> object:
            return services.cancel_tournament(tournament=row, now=clock.now(), **answers)

        return self.ask_first(request, rows, title="Cancel tournaments", service=cancel)

    @admin.action(description="Annul selected completed tournaments", permissions=["act"])
    def annul_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._decide(request, rows, "Annul tournaments", services.annul_tournament)

    @admin.action(description="Lift the annulment of selected tournaments", permissions=["act"])
    def lift_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._decide(request, rows, "Lift annulments", services.lift_annulment)

    @admin.action(description="Reopen selected completed tournaments", permissions=["act"])
    def reopen_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._decide(request, rows, "Reopen tournaments", services.reopen_tournament)

    def _decide(
        self, request: HttpRequest, rows: QuerySet[Any], title: str, decide: Callable[..., object]
    ) -> HttpResponse | None:
        """Make a decision about each of the tournaments, with one reason."""

        def decide_row(row: Tournament, answers: dict[str, Any]) -> object:
            return decide(tournament=row, now=clock.now(), by=self.actor(request), **answers)

        return self.ask_first(request, rows, title=title, service=decide_row)
