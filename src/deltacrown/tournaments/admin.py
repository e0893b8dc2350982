from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from deltacrown.core import clock
from deltacrown.core.admin import ReadOnlyAdmin, SearchTermAdmin, ServiceAdmin
from deltacrown.core.names import make_name_key
from deltacrown.tournaments import services
from deltacrown.tournaments.models import (
    Disqualification,
    EntryChange,
    FormerTournamentName,
    Tournament,
    TournamentDecision,
    TournamentMatchResult,
    TournamentParticipation,
    TournamentResult,
    TournamentSearchTerm,
    TournamentSeriesResult,
)

#: The fields of a new tournament.
ENTERED = ["name", "slug", "game", "entrant_kind", "starts_at", "ends_at", "capacity", "organiser"]
#: Fields that can be changed later too, with what is said of a change.
CURRENCY = "prize_currency"
ANNOUNCED = ["prize_pool", "registration_closes_at", "rules"]
FORFEIT_RULE = "counts_forfeits"
HELP_TEXTS = {
    FORFEIT_RULE: (
        "Whether matches decided by forfeit count; unknown for the rule of the game. A change applies to "
        "matches recorded or corrected from now on: those that are recorded stay as they are."
    )
}


class NoQuestion(forms.Form):
    """A form without fields, for actions that only need a confirmation."""


@admin.register(Tournament)
class TournamentAdmin(ServiceAdmin):
    """Tournaments. Staff create drafts here and change their status by actions."""

    list_display = [
        "name",
        "game",
        "entrant_kind",
        "status",
        "starts_at",
        "ends_at",
        "prize_currency",
        "counts_forfeits",
        "organiser",
    ]
    list_filter = ["status", "entrant_kind", "game"]
    list_select_related = ["game", "organiser"]
    search_fields = ["name", "slug"]
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
        return ["status", "created_at"] if obj is None else [*ENTERED, "status", "created_at"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, help_texts=HELP_TEXTS, **kwargs)

    def write_row(self, request: HttpRequest, row: Tournament, form: Any, *, new: bool) -> Tournament:
        entered = {name: value for name, value in form.cleaned_data.items() if name in ENTERED}
        tournament = services.create_tournament(**entered) if new else row
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


class EntrantAdmin(ReadOnlyAdmin):
    """Rows of an entrant: a player in a solo event, a team in a team event."""

    actions = ["disqualify_selected", "lift_selected"]

    def describe(self, row: Any) -> str:
        return f"{row.team or row.user} at {row.tournament}"

    @admin.action(description="Disqualify the entrants", permissions=["act"])
    def disqualify_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        def disqualify(row: Any, answers: dict[str, Any]) -> object:
            return services.disqualify_entrant(
                tournament=row.tournament,
                **get_entrant_of(row),
                now=clock.now(),
                by=self.actor(request),
                **answers,
            )

        return self.ask_first(request, rows, title="Disqualify entrants", service=disqualify)

    @admin.action(description="Lift the disqualification of the entrants", permissions=["act"])
    def lift_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        def lift(row: Any, answers: dict[str, Any]) -> object:
            return services.lift_disqualification(
                tournament=row.tournament,
                **get_entrant_of(row),
                now=clock.now(),
                by=self.actor(request),
                **answers,
            )

        return self.ask_first(request, rows, title="Lift disqualifications", service=lift)


def get_entrant_of(row: TournamentParticipation | TournamentResult | Disqualification) -> dict[str, Any]:
    """Return the entrant as arguments of services: in a team event the team, also for a member's row."""
    if row.tournament.entrant_kind == Tournament.EntrantKind.TEAM:
        return {"team": row.team}
    return {"user": row.user}


@admin.register(TournamentParticipation)
class TournamentParticipationAdmin(EntrantAdmin):
    """Registrations. Actions disqualify an entrant, lift that, and let in again one that withdrew."""

    actions = [*EntrantAdmin.actions, "take_back_selected"]
    list_display = ["id", "tournament", "user", "team", "status", "registered_at"]
    list_filter = ["status"]
    list_select_related = ["tournament", "user", "team"]
    search_fields = ["=user__username", "=tournament__slug", "=team__slug"]
    name_lookups = {"user__username_key": make_name_key, "team__name_key": make_name_key}
    search_help_text = "A username, or the slug of a tournament or team, in full."
    ordering = ["-id"]

    @admin.action(description="Take the withdrawal of the entrants back", permissions=["act"])
    def take_back_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self.ask_first(
            request,
            rows,
            title="Take withdrawals back",
            service=lambda row, _: services.take_back_withdrawal(
                tournament=row.tournament, **get_entrant_of(row), now=clock.now(), by=self.actor(request)
            ),
            form_class=NoQuestion,
        )


@admin.register(Disqualification)
class DisqualificationAdmin(EntrantAdmin):
    """Rulings that entrants are out, and their liftings."""

    actions = ["lift_selected"]
    list_display = ["id", "tournament", "user", "team", "decided_at", "decided_by", "lifted_at", "lifted_by"]
    list_filter = [("lifted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["tournament", "user", "team", "decided_by", "lifted_by"]
    search_fields = ["=user__username", "=tournament__slug", "=team__slug"]
    search_help_text = "A username, or the slug of a tournament or team, in full."
    ordering = ["-id"]


@admin.register(EntryChange)
class EntryChangeAdmin(ReadOnlyAdmin):
    """The log of what happened to entrants and rosters."""

    list_display = ["id", "tournament", "kind", "user", "team", "in_place_of", "happened_at", "decided_by"]
    list_filter = ["kind"]
    list_select_related = ["tournament", "user", "team", "in_place_of", "decided_by"]
    search_fields = ["=user__username", "=tournament__slug", "=team__slug"]
    name_lookups = {"user__username_key": make_name_key, "team__name_key": make_name_key}
    search_help_text = "A username, or the slug of a tournament or team, in full."


@admin.register(TournamentDecision)
class TournamentDecisionAdmin(ReadOnlyAdmin):
    """Decisions about tournaments as a whole: annulled, that lifted, opened again."""

    list_display = ["id", "tournament", "kind", "reason", "decided_at", "decided_by"]
    list_filter = ["kind"]
    list_select_related = ["tournament", "decided_by"]
    search_fields = ["=tournament__slug"]
    search_help_text = "The slug of a tournament, in full."
    ordering = ["-id"]


class CorrectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Form for a changed result and the reason."""

    reason = forms.CharField(
        max_length=500, widget=forms.Textarea(attrs={"rows": 3}), help_text="Shown with the correction."
    )

    def clean(self) -> dict[str, Any]:
        """Refuse to let a disqualified entrant in by leaving the placement empty."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        says_nothing = cleaned.get("placement") is None and not cleaned.get("unplaced_reason")
        if self.instance.disqualified_at is not None and says_nothing:
            self.add_error(
                "placement", "Give a placement: it lets the entrant in again. An action lifts it alone."
            )
        return cleaned


@admin.register(TournamentResult)
class TournamentResultAdmin(ServiceAdmin, EntrantAdmin):
    """Results. Saving corrects the result of an entrant, or of a whole team, and lifts a disqualification."""

    form = CorrectionForm
    list_display = [
        "id",
        "tournament",
        "user",
        "team",
        "placement",
        "placement_to",
        "prize_amount",
        "disqualified_at",
        "decided_at",
    ]
    list_filter = [("disqualified_at", admin.EmptyFieldListFilter), ("user", admin.EmptyFieldListFilter)]
    list_select_related = ["tournament", "user", "team"]
    search_fields = ["=user__username", "=tournament__slug", "=team__slug"]
    name_lookups = {"user__username_key": make_name_key, "team__name_key": make_name_key}
    search_help_text = "A username, or the slug of a tournament or team, in full."
    ordering = ["-id"]
    fields = [
        "tournament",
        "user",
        "team",
        "placement",
        "placement_to",
        "unplaced_reason",
        "prize_amount",
        "reason",
        "decided_at",
        "disqualified_at",
        "disqualified_reason",
        "stats",
    ]
    readonly_fields = [
        "tournament",
        "user",
        "team",
        "decided_at",
        "disqualified_at",
        "disqualified_reason",
        "stats",
    ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_act_permission(request) and (obj is None or self._is_whole_entrant(obj))

    def write_row(
        self, request: HttpRequest, row: TournamentResult, form: Any, *, new: bool
    ) -> TournamentResult:
        prize = form.cleaned_data["prize_amount"] if "prize_amount" in form.changed_data else None
        rows = services.correct_result(
            tournament=row.tournament,
            **get_entrant_of(row),
            placement=form.cleaned_data["placement"],
            placement_to=form.cleaned_data["placement_to"],
            unplaced_reason=form.cleaned_data["unplaced_reason"],
            prize=prize,
            reason=form.cleaned_data["reason"],
            now=clock.now(),
            by=self.actor(request),
        )
        self.show_warnings(request, row, rows)
        return rows[0]

    def _is_whole_entrant(self, row: TournamentResult) -> bool:
        """Return whether the row is the entrant's own, and not that of a member of a team."""
        return row.user_id is None or row.tournament.entrant_kind == Tournament.EntrantKind.SOLO


@admin.register(TournamentMatchResult)
class TournamentMatchResultAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        "tournament",
        "round",
        "series",
        "best_of",
        "map_name",
        "user",
        "team",
        "opponent_team",
        "opponent_user",
        "match_id",
    ]
    list_select_related = ["tournament", "user", "team", "opponent_team", "opponent_user"]
    search_fields = ["=user__username", "=tournament__slug", "=series"]
    search_help_text = "A username, the slug of a tournament, or a series, in full."
    ordering = ["-id"]


@admin.register(TournamentSeriesResult)
class TournamentSeriesResultAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        "tournament",
        "series",
        "best_of",
        "user",
        "team",
        "result",
        "score",
        "uncounted_reason",
        "played_at",
    ]
    list_select_related = ["tournament", "user", "team"]
    search_fields = ["=user__username", "=tournament__slug", "=series"]
    search_help_text = "A username, the slug of a tournament, or a series, in full."
    ordering = ["-id"]


@admin.register(FormerTournamentName)
class FormerTournamentNameAdmin(ReadOnlyAdmin):
    list_display = ["id", "name", "owner", "given_up_at"]
    list_select_related = ["owner"]
    search_fields = ["=name"]
    name_lookups = {"key": make_name_key}
    ordering = ["-id"]


admin.site.register(TournamentSearchTerm, SearchTermAdmin)
