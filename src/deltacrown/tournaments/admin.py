from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from deltacrown.core import clock
from deltacrown.core.admin import FormerNameAdmin, ReadOnlyAdmin, SearchTermAdmin, ServiceAdmin
from deltacrown.core.admin_search import Kind, add_finder, find, find_by_terms
from deltacrown.core.admin_words import NOTHING, write_person
from deltacrown.games.match_lists import MOST_LINES
from deltacrown.games.models import list_match_sources
from deltacrown.tournaments import services
from deltacrown.tournaments.models import (
    Disqualification,
    EntryChange,
    FormerTournamentName,
    Pairing,
    PairingReport,
    Seed,
    Tournament,
    TournamentDecision,
    TournamentInvitation,
    TournamentMatchResult,
    TournamentOrganiser,
    TournamentParticipation,
    TournamentResult,
    TournamentSearchTerm,
    TournamentSeriesResult,
)
from deltacrown.tournaments.tournament_admin import NoQuestion, TournamentAdmin

__all__ = ["TournamentAdmin"]

#: What rows about entrants are found by.
ABOUT_ENTRANTS = {"user": Kind.PLAYER, "team": Kind.TEAM, "tournament": Kind.TOURNAMENT}
ENTRANT_HELP = "The name or public id of a player, a team or a tournament."


class EntrantAdmin(ReadOnlyAdmin):
    """Rows of an entrant: a player in a solo event, a team in a team event."""

    actions = ["disqualify_selected", "lift_selected"]

    def page_of(self, row: Any) -> tuple[str, list[str]]:
        return "tournament", [row.tournament.slug]

    def describe(self, row: Any) -> str:
        return f"{row.team or write_person(row.user)} at {row.tournament}"

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
    list_display = ["tournament", "user", "team", "status", "registered_at"]
    list_filter = ["status"]
    list_select_related = ["tournament", "team"]
    found_by = ABOUT_ENTRANTS
    search_help_text = ENTRANT_HELP
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
    list_display = ["tournament", "user", "team", "decided_at", "decided_by", "lifted_at", "lifted_by"]
    list_filter = [("lifted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["tournament", "team"]
    found_by = ABOUT_ENTRANTS
    search_help_text = ENTRANT_HELP
    ordering = ["-id"]


@admin.register(EntryChange)
class EntryChangeAdmin(ReadOnlyAdmin):
    """The log of what happened to entrants and rosters."""

    list_display = ["tournament", "kind", "user", "team", "in_place_of", "happened_at", "decided_by"]
    list_filter = ["kind"]
    list_select_related = ["tournament", "team"]
    found_by = ABOUT_ENTRANTS
    search_help_text = ENTRANT_HELP

    def page_of(self, row: EntryChange) -> tuple[str, list[str]]:
        return "tournament", [row.tournament.slug]


@admin.register(TournamentOrganiser)
class TournamentOrganiserAdmin(ReadOnlyAdmin):
    """Who runs tournaments beside their organisers."""

    list_display = ["tournament", "user", "added_by", "added_at"]
    list_select_related = ["tournament"]
    found_by = {"user": Kind.PLAYER, "tournament": Kind.TOURNAMENT}
    ordering = ["-id"]

    def page_of(self, row: TournamentOrganiser) -> tuple[str, list[str]]:
        return "tournament", [row.tournament.slug]


@admin.register(TournamentInvitation)
class TournamentInvitationAdmin(ReadOnlyAdmin):
    """Who is invited to tournaments, and what they answered."""

    list_display = ["tournament", "user", "team", "status", "invited_at", "invited_by", "settled_at"]
    list_filter = ["status"]
    list_select_related = ["tournament", "team"]
    found_by = ABOUT_ENTRANTS
    search_help_text = ENTRANT_HELP
    ordering = ["-id"]

    def page_of(self, row: TournamentInvitation) -> tuple[str, list[str]]:
        return "tournament", [row.tournament.slug]


@admin.register(TournamentDecision)
class TournamentDecisionAdmin(ReadOnlyAdmin):
    """Decisions about tournaments as a whole: annulled, that lifted, opened again."""

    list_display = ["tournament", "kind", "reason", "decided_at", "decided_by"]
    list_filter = ["kind"]
    list_select_related = ["tournament"]
    found_by = {"tournament": Kind.TOURNAMENT}
    ordering = ["-id"]

    def page_of(self, row: TournamentDecision) -> tuple[str, list[str]]:
        return "tournament", [row.tournament.slug]


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
    list_select_related = ["tournament", "team"]
    found_by = ABOUT_ENTRANTS
    search_help_text = ENTRANT_HELP
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
        "tournament",
        "round",
        "series",
        "best_of",
        "map_name",
        "user",
        "team",
        "opponent_team",
        "opponent_user",
        "site_link",
    ]
    list_select_related = ["tournament", "team", "opponent_team"]
    fields = [
        "tournament",
        "round",
        "series",
        "best_of",
        "map_name",
        "user",
        "team",
        "opponent_user",
        "opponent_team",
        "match_key",
        "stats",
    ]
    readonly_fields = ["match_key"]
    found_by = ABOUT_ENTRANTS
    found_by_key = ["series"]
    search_help_text = "The name or public id of a player, a team or a tournament, or a series in full."
    ordering = ["-id"]

    def page_of(self, row: TournamentMatchResult) -> tuple[str, list[str]]:
        return "tournament", [row.tournament.slug]

    @admin.display(description="Match key")
    def match_key(self, row: TournamentMatchResult) -> str:
        lines = [line for rows in list_match_sources(pk=row.match_id) for line in rows]
        return str(lines[0].match_key) if lines else NOTHING


@admin.register(TournamentSeriesResult)
class TournamentSeriesResultAdmin(ReadOnlyAdmin):
    list_display = [
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
    list_select_related = ["tournament", "team"]
    found_by = ABOUT_ENTRANTS
    found_by_key = ["series"]
    search_help_text = "The name or public id of a player, a team or a tournament, or a series in full."
    ordering = ["-id"]

    def page_of(self, row: TournamentSeriesResult) -> tuple[str, list[str]]:
        return "tournament", [row.tournament.slug]


class AtTournamentAdmin(ReadOnlyAdmin):
    """Rows of the plan of a tournament."""

    list_select_related = ["tournament"]
    found_by = {"tournament": Kind.TOURNAMENT}
    ordering = ["-id"]

    def page_of(self, row: Any) -> tuple[str, list[str]]:
        return "tournament", [row.tournament.slug]


@admin.register(Seed)
class SeedAdmin(AtTournamentAdmin):
    list_display = ["tournament", "position", "user", "team"]


@admin.register(Pairing)
class PairingAdmin(AtTournamentAdmin):
    list_display = ["tournament", "round", "number", "state", "best_of", "scheduled_at", "confirmed_at"]
    list_filter = ["state"]


@admin.register(PairingReport)
class PairingReportAdmin(ReadOnlyAdmin):
    """What sides reported and organisers ruled."""

    list_display = ["pairing", "kind", "side", "reported_at", "reported_by"]
    list_filter = ["kind"]
    list_select_related = ["pairing__tournament"]
    found_by = {"pairing__tournament": Kind.TOURNAMENT}
    ordering = ["-id"]

    def page_of(self, row: PairingReport) -> tuple[str, list[str]]:
        return "tournament", [row.pairing.tournament.slug]


@admin.register(FormerTournamentName)
class FormerTournamentNameAdmin(FormerNameAdmin):
    found_by = {"owner": Kind.TOURNAMENT}


@admin.register(TournamentSearchTerm)
class TournamentSearchTermAdmin(SearchTermAdmin):
    found_by = {"owner": Kind.TOURNAMENT}


def _find_lines(text: str) -> Iterable[int]:
    """Return the newest lines of matches at tournaments, and for teams, of a name."""
    for path, kind in (("tournament", Kind.TOURNAMENT), ("team", Kind.TEAM)):
        rows = TournamentMatchResult.objects.filter(**{f"{path}__in": find(kind, text)})
        yield from rows.order_by("-match_id").values_list("match_id", flat=True)[:MOST_LINES]


add_finder(Kind.TOURNAMENT, find_by_terms(TournamentSearchTerm))
add_finder(Kind.LINE, _find_lines)
