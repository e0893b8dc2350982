from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from deltacrown.core import clock
from deltacrown.core.admin import FormerNameAdmin, ReadOnlyAdmin, SearchTermAdmin, ServiceAdmin
from deltacrown.core.admin_search import Kind, add_finder, find_by_terms
from deltacrown.teams import services
from deltacrown.teams.models import (
    FormerTeamName,
    Team,
    TeamExternalId,
    TeamInvitation,
    TeamMembership,
    TeamRole,
    TeamSearchTerm,
)


@admin.register(Team)
class TeamAdmin(ServiceAdmin):
    list_display = ["name", "slug", "created_at", "site_link"]
    search_fields = ["name"]  # not read: Django asks for them where teams are chosen by a search
    search_help_text = "The beginning of a word of a name, present or former, or of a slug."
    found_by = {"pk": Kind.TEAM}
    readonly_fields = ["created_at"]
    ordering = ["-id"]

    def page_of(self, row: Team) -> tuple[str, list[str]]:
        return "team", [row.slug]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {"slug": ("name",)} if obj is None else {}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["created_at"] if obj is None else ["slug", "created_at"]

    def write_row(self, request: HttpRequest, row: Team, form: Any, *, new: bool) -> Team:
        if new:
            return services.create_team(slug=row.slug, name=row.name)
        return services.rename_team(team=row, name=row.name)


@admin.register(TeamMembership)
class TeamMembershipAdmin(ServiceAdmin):
    """Memberships. One entered by mistake is ended at its own start, so that no roster contains it."""

    list_display = ["team", "user", "joined_at", "left_at", "site_link"]
    list_filter = [("left_at", admin.EmptyFieldListFilter)]
    list_select_related = ["team"]
    found_by = {"user": Kind.PLAYER, "team": Kind.TEAM}
    autocomplete_fields = ["team", "user"]
    ordering = ["-id"]

    def page_of(self, row: TeamMembership) -> tuple[str, list[str]]:
        return "team", [row.team.slug]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        recorded = ["team", "user", "joined_at"]
        return [*recorded, "left_at"] if obj.left_at else recorded

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def write_row(self, request: HttpRequest, row: TeamMembership, form: Any, *, new: bool) -> TeamMembership:
        if new:
            record = services.MembershipRecord(row.team, row.user, row.joined_at, row.left_at)
            services.record_memberships(memberships=[record])
            return TeamMembership.objects.get(team=row.team, user=row.user, joined_at=row.joined_at)
        if "left_at" in form.changed_data:
            return services.leave_team(team=row.team, user=row.user, left_at=form.cleaned_data["left_at"])
        return row


@admin.register(TeamExternalId)
class TeamExternalIdAdmin(ServiceAdmin):
    list_display = ["team", "provider", "value", "added_at", "site_link"]
    list_select_related = ["team"]
    found_by = {"team": Kind.TEAM}
    found_by_key = ["value"]
    autocomplete_fields = ["team"]
    fields = ["team", "provider", "value"]
    ordering = ["-id"]

    def page_of(self, row: TeamExternalId) -> tuple[str, list[str]]:
        return "team", [row.team.slug]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def write_row(self, request: HttpRequest, row: TeamExternalId, form: Any, *, new: bool) -> TeamExternalId:
        return services.add_team_id(team=row.team, external_id=f"{row.provider}:{row.value}")


@admin.register(TeamInvitation)
class TeamInvitationAdmin(ReadOnlyAdmin):
    """Whom teams ask to join, and what they answered."""

    list_display = ["team", "user", "invited_at", "invited_by", "answer", "answered_at"]
    list_filter = ["answer"]
    list_select_related = ["team"]
    found_by = {"user": Kind.PLAYER, "team": Kind.TEAM}
    search_help_text = "The name or public id of a player, or the name or slug of a team."
    ordering = ["-id"]

    def page_of(self, row: TeamInvitation) -> tuple[str, list[str]]:
        return "team", [row.team.slug]


@admin.register(TeamRole)
class TeamRoleAdmin(ServiceAdmin):
    """Roles of members. One entered by mistake is ended at its own start, so that nobody had it."""

    list_display = ["team", "user", "role", "given_at", "ended_at", "site_link"]
    list_filter = ["role", ("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["team"]
    found_by = {"user": Kind.PLAYER, "team": Kind.TEAM}
    autocomplete_fields = ["team", "user"]
    ordering = ["-id"]

    def page_of(self, row: TeamRole) -> tuple[str, list[str]]:
        return "team", [row.team.slug]

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["ended_at"] if obj is None else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        recorded = ["team", "user", "role", "given_at", "given_by"]
        return [*recorded, "ended_at"] if obj.ended_at else recorded

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def write_row(self, request: HttpRequest, row: TeamRole, form: Any, *, new: bool) -> TeamRole:
        whose: dict[str, Any] = {"team": row.team, "user": row.user, "role": row.role}
        step: dict[str, Any] = {"by": self.actor(request), "now": clock.now()}
        if new:
            return services.give_role(**whose, **step, given_at=form.cleaned_data["given_at"])
        if "ended_at" in form.changed_data:
            return services.end_role(**whose, **step, ended_at=form.cleaned_data["ended_at"])
        return row


@admin.register(FormerTeamName)
class FormerTeamNameAdmin(FormerNameAdmin):
    found_by = {"owner": Kind.TEAM}


@admin.register(TeamSearchTerm)
class TeamSearchTermAdmin(SearchTermAdmin):
    found_by = {"owner": Kind.TEAM}


add_finder(Kind.TEAM, find_by_terms(TeamSearchTerm))
