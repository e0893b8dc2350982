from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from deltacrown.core import clock
from deltacrown.core.admin import ReadOnlyAdmin, ServiceAdmin
from deltacrown.core.names import make_name_key
from deltacrown.tournaments import services
from deltacrown.tournaments.models import (
    Disqualification,
    FormerTournamentName,
    Tournament,
    TournamentMatchResult,
    TournamentParticipation,
    TournamentResult,
)

#: The fields of a new tournament.
ENTERED = ["name", "slug", "game", "entrant_kind", "starts_at", "ends_at", "capacity", "organiser"]


class NoQuestion(forms.Form):
    """A form without fields, for actions that only need a confirmation."""


@admin.register(Tournament)
class TournamentAdmin(ServiceAdmin):
    """Tournaments. Staff create drafts here and change their status by actions."""

    list_display = ["name", "game", "entrant_kind", "status", "starts_at", "ends_at", "organiser"]
    list_filter = ["status", "entrant_kind", "game"]
    list_select_related = ["game", "organiser"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["game", "organiser"]
    ordering = ["-starts_at", "-id"]
    fields = [*ENTERED, "status", "created_at"]
    actions = ["open_selected", "start_selected", "cancel_selected"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {"slug": ("name",)} if obj is None else {}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["status", "created_at"] if obj is None else [*ENTERED, "status", "created_at"]

    def write_row(self, request: HttpRequest, row: Tournament, form: Any, *, new: bool) -> Tournament:
        return services.create_tournament(**form.cleaned_data) if new else row

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
                tournament=row.tournament, **get_entrant_of(row)
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


class CorrectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Form for a changed result and the reason."""

    reason = forms.CharField(
        max_length=500, widget=forms.Textarea(attrs={"rows": 3}), help_text="Shown with the correction."
    )


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


@admin.register(FormerTournamentName)
class FormerTournamentNameAdmin(ReadOnlyAdmin):
    list_display = ["id", "name", "owner", "given_up_at"]
    list_select_related = ["owner"]
    search_fields = ["=name"]
    name_lookups = {"key": make_name_key}
    ordering = ["-id"]
