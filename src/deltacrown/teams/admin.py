from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from deltacrown.core import clock
from deltacrown.core.admin import ReadOnlyAdmin, SearchTermAdmin, ServiceAdmin
from deltacrown.core.names import make_name_key, write_search_text
from deltacrown.teams import services
from deltacrown.teams.models import (
    FormerTeamName,
    Team,
    TeamExternalId,
    TeamMembership,
    TeamRole,
    TeamSearchTerm,
)


@admin.register(Team)
class TeamAdmin(ServiceAdmin):
    list_display = ["name", "slug", "created_at"]
    search_fields = ["name", "slug"]
    name_lookups = {"search_key__contains": write_search_text}
    readonly_fields = ["created_at"]

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

    list_display = ["id", "team", "user", "joined_at", "left_at"]
    list_filter = [("left_at", admin.EmptyFieldListFilter)]
    list_select_related = ["team", "user"]
    search_fields = ["=user__username", "team__name"]
    name_lookups = {
        "user__username_key": make_name_key,
        "team__search_key__contains": write_search_text,
    }
    autocomplete_fields = ["team", "user"]
    ordering = ["-id"]

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
    list_display = ["id", "team", "provider", "value", "added_at"]
    list_filter = ["provider"]
    list_select_related = ["team"]
    search_fields = ["=value", "team__name"]
    name_lookups = {"team__search_key__contains": write_search_text}
    autocomplete_fields = ["team"]
    fields = ["team", "provider", "value"]
    ordering = ["-id"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def write_row(self, request: HttpRequest, row: TeamExternalId, form: Any, *, new: bool) -> TeamExternalId:
        return services.add_team_id(team=row.team, external_id=f"{row.provider}:{row.value}")


@admin.register(TeamRole)
class TeamRoleAdmin(ServiceAdmin):
    """Roles of members. One entered by mistake is ended at its own start, so that nobody had it."""

    list_display = ["id", "team", "user", "role", "given_at", "ended_at"]
    list_filter = ["role", ("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["team", "user"]
    search_fields = ["=user__username", "team__name"]
    name_lookups = {
        "user__username_key": make_name_key,
        "team__search_key__contains": write_search_text,
    }
    autocomplete_fields = ["team", "user"]
    ordering = ["-id"]

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
class FormerTeamNameAdmin(ReadOnlyAdmin):
    list_display = ["id", "name", "owner", "given_up_at"]
    list_select_related = ["owner"]
    search_fields = ["=name"]
    name_lookups = {"key": make_name_key}
    ordering = ["-id"]


admin.site.register(TeamSearchTerm, SearchTermAdmin)
