from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from deltacrown.core import clock
from deltacrown.core.admin import ReadOnlyAdmin
from deltacrown.core.admin_lists import LeanChangeList
from deltacrown.core.admin_search import Kind, is_searchable
from deltacrown.core.admin_words import write_person
from deltacrown.games.forms import read_results, results_form
from deltacrown.games.match_lists import MOST_SIDES, add_lines, get_lines, group_lines
from deltacrown.games.models import Game, MatchRow, list_match_sources
from deltacrown.games.services import list_match_lines
from deltacrown.moderation import services
from deltacrown.moderation.models import Dispute, DisputeStatement

RemedyOf = Callable[[dict[str, Any]], services.Remedy]


class ResolutionForm(forms.Form):
    """Form for the explanation of a decision."""

    reason = forms.CharField(
        label="Resolution",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Shown to the reporter, and as the reason of what changes.",
    )


class PlacementForm(ResolutionForm):
    """Form for the explanation and the correct placement."""

    placement = forms.IntegerField(min_value=1)
    prize = forms.DecimalField(
        min_value=0,
        max_digits=12,
        decimal_places=2,
        required=False,
        help_text="Leave empty to keep the prize.",
    )


class DisputeChangeList(LeanChangeList):
    """A page of disputes, each with the match that it is about, and that one's lines."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the page, then the matches, live and archived."""
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        keys = [dispute.match_id for dispute in self.result_list if dispute.match_id]
        matches: dict[int, Any] = {}
        for rows in list_match_sources(pk__in=keys):
            found = list(rows.select_related("game", "user"))
            add_lines(found)
            matches |= {row.pk: row for row in found}
        for dispute in self.result_list:
            dispute.disputed = matches.get(dispute.match_id)


def get_match(dispute: Any) -> MatchRow | None:
    """Return the line that a dispute is about, or None when it is gone."""
    if not hasattr(dispute, "disputed"):
        try:
            dispute.disputed = services.get_disputed_match(dispute)
        except services.MatchGone:
            dispute.disputed = None
    match: MatchRow | None = dispute.disputed
    return match


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    """Disputes, which players file. Staff resolve them here by actions that call the services."""

    list_display = [
        "about",
        "status",
        "assigned_to",
        "reporter",
        "words",
        "filed_at",
        "resolved_at",
        "resolved_by",
        "site_link",
    ]
    list_filter = ["status"]
    list_select_related = ["result__tournament"]
    found_by = {
        "reporter": Kind.PLAYER,
        "assigned_to": Kind.PLAYER,
        "resolved_by": Kind.PLAYER,
        "result__tournament": Kind.TOURNAMENT,
    }
    search_help_text = (
        "The name or public id of a reporter or a moderator, the name of a tournament, or a whole match key."
    )
    ordering = ["-id"]
    fields = [
        "reporter",
        "subject",
        "reason",
        "filed_at",
        "status",
        "assigned_to",
        "assigned_at",
        "resolved_at",
        "resolved_by",
        "resolution",
    ]
    readonly_fields = ["subject"]
    actions = [
        "reject_selected",
        "void_disputed",
        "correct_disputed_match",
        "correct_disputed_result",
        "disqualify_disputed",
    ]

    def page_of(self, row: Dispute) -> tuple[str, list[str]]:
        return "dispute-review", [services.write_handle(row)]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out those to which who looks is a party."""
        return services.exclude_concerning(super().get_queryset(request), self.actor(request))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DisputeChangeList]:
        return DisputeChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find disputes by who they are of, and by the key of the match."""
        text = search_term.strip()
        found, _ = super().get_search_results(request, queryset, search_term)
        if not is_searchable(text):
            return found, False

        games = Game.objects.values_list("pk", flat=True)
        of_match = Q(game__in=list(games), match_key=text)
        lines = [pk for rows in list_match_sources(of_match) for pk in rows.values_list("pk", flat=True)]
        about = queryset.filter(match__in=lines).values("pk")
        return queryset.filter(Q(pk__in=found.order_by().values("pk")) | Q(pk__in=about)), False

    def describe(self, row: Dispute) -> str:
        return f"{write_person(row.reporter)} about {self.about(row)}: {Truncator(row.reason).chars(80)}"

    @admin.display(description="About")
    def about(self, dispute: Dispute) -> str:
        if dispute.result is not None:
            return f"Result at {dispute.result.tournament}"
        match = get_match(dispute)
        if match is None:
            return "A match that is gone"
        sides = [name for name, _ in group_lines(get_lines(match))]
        more = " and others" if len(sides) > MOST_SIDES else ""
        return f"{match.game}: {' – '.join(sides[:MOST_SIDES])}{more}"

    @admin.display(description="In the reporter’s words")
    def words(self, dispute: Dispute) -> str:
        return Truncator(dispute.reason).chars(120)

    @admin.display(description="About")
    def subject(self, dispute: Dispute) -> SafeString | str:
        """Return a link to the disputed match or result; the match may have been archived since."""
        try:
            match = services.get_disputed_match(dispute)
        except services.MatchGone as gone:
            return gone.message

        row = match or dispute.result
        assert row is not None  # noqa: S101 - the constraint moderation_dispute_one_subject
        address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
        key = f" ({match.match_key})" if match else ""
        return format_html('<a href="{}">{}{}</a>', address, self.about(dispute), key)

    @admin.action(description="Reject selected disputes", permissions=["act"])
    def reject_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        def reject(dispute: Dispute, answers: dict[str, Any]) -> object:
            return services.reject_dispute(
                dispute=dispute, by=self.actor(request), resolution=answers["reason"], now=clock.now()
            )

        return self.ask_first(
            request, rows, title="Reject disputes", service=reject, form_class=ResolutionForm
        )

    @admin.action(description="Uphold: void the match", permissions=["act"])
    def void_disputed(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._uphold(request, rows, "Uphold and void the matches", lambda _: services.VoidMatch())

    @admin.action(description="Uphold: disqualify the entrant", permissions=["act"])
    def disqualify_disputed(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._uphold(
            request, rows, "Uphold and disqualify the entrants", lambda _: services.Disqualify()
        )

    @admin.action(description="Uphold: correct the placement (one dispute)", permissions=["act"])
    def correct_disputed_result(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        if self.get_only_row(request, rows) is None:
            return None

        def correct(answers: dict[str, Any]) -> services.Remedy:
            return services.CorrectResult(answers["placement"], prize=answers["prize"])

        return self._uphold(request, rows, "Uphold and correct the placement", correct, PlacementForm)

    @admin.action(description="Uphold: correct the match (one dispute)", permissions=["act"])
    def correct_disputed_match(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        dispute = self.get_only_row(request, rows)
        form_class = self._get_correction_form(request, dispute) if dispute else None
        if form_class is None:
            return None
        return self._uphold(
            request,
            rows,
            "Uphold and correct the match",
            lambda answers: services.CorrectMatch(read_results(answers)),
            form_class,
        )

    def _get_correction_form(self, request: HttpRequest, dispute: Dispute) -> type[forms.Form] | None:
        """Return a form for the players of the match, or None after a message that there is no match."""
        try:
            match = services.get_disputed_match(dispute)
        except services.MatchGone as gone:
            self.message_user(request, gone.message, messages.ERROR)
            return None
        if match is None:
            self.message_user(
                request,
                "The dispute is about a tournament result; correct its placement instead.",
                messages.WARNING,
            )
            return None
        return results_form(list_match_lines(match.game, match.match_key))

    def _uphold(
        self,
        request: HttpRequest,
        rows: QuerySet[Any],
        title: str,
        remedy_of: RemedyOf,
        form_class: type[forms.Form] = ResolutionForm,
    ) -> HttpResponse | None:
        def uphold(dispute: Dispute, answers: dict[str, Any]) -> object:
            return services.uphold_dispute(
                dispute=dispute,
                by=self.actor(request),
                remedy=remedy_of(answers),
                resolution=answers["reason"],
                now=clock.now(),
            )

        return self.ask_first(request, rows, title=title, service=uphold, form_class=form_class)


@admin.register(DisputeStatement)
class DisputeStatementAdmin(ReadOnlyAdmin):
    """What other parties say of disputes; on the site it is read where a dispute is reviewed."""

    list_display = ["author", "about", "said", "written_at", "changed_at", "site_link"]
    list_select_related = ["dispute"]
    found_by = {"author": Kind.PLAYER}
    search_help_text = "The name or public id of who said it."
    ordering = ["-id"]
    fields = ["about", "author", "words", "written_at", "changed_at", "former"]
    readonly_fields = ["about"]

    def page_of(self, row: DisputeStatement) -> tuple[str, list[str]]:
        return "dispute-review", [services.write_handle(row.dispute)]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out those of disputes that are the reader's own, or to which they are a party."""
        actor = self.actor(request)
        disputes = services.exclude_concerning(Dispute.objects.exclude(reporter=actor), actor)
        return super().get_queryset(request).filter(dispute__in=disputes.values("pk"))

    def describe(self, row: DisputeStatement) -> str:
        return f"{write_person(row.author)}: {Truncator(row.words).chars(80)}"

    @admin.display(description="About")
    def about(self, row: DisputeStatement) -> str:
        return f"Dispute of {row.dispute.filed_at:%Y-%m-%d}"

    @admin.display(description="In the party’s words")
    def said(self, row: DisputeStatement) -> str:
        return Truncator(row.words).chars(120)
