from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from deltacrown.accounts.models import (
    AnsweredRequest,
    ApiKey,
    ExternalId,
    FormerUsername,
    PlayerMerge,
    User,
)
from deltacrown.accounts.services import add_external_id, revoke_key
from deltacrown.core.admin import LeanAdmin, ReadOnlyAdmin, ServiceAdmin
from deltacrown.core.clock import now
from deltacrown.core.names import make_name_key, write_search_text

if TYPE_CHECKING:
    BaseUserAdmin = DjangoUserAdmin[User]
else:
    BaseUserAdmin = DjangoUserAdmin


@admin.register(User)
class UserAdmin(LeanAdmin, BaseUserAdmin):
    list_display = ["username", "email", "is_active", "is_staff", "date_joined", "last_login"]
    list_filter = ["is_staff", "is_superuser", "is_active"]
    search_fields = ["username", "email"]
    name_lookups = {"search_key__contains": write_search_text}
    readonly_fields = ["date_joined", "last_login"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return what only superusers set: who may change users could make themselves one otherwise."""
        return [] if _is_superuser(request) else ["is_staff", "is_superuser", "groups", "user_permissions"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to change staff, their password too, to who is no superuser."""
        is_theirs = obj is None or not (obj.is_staff or obj.is_superuser) or _is_superuser(request)
        return is_theirs and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj) and super().has_delete_permission(request, obj)


def _is_superuser(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_superuser


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = [
        "prefix",
        "name",
        "owner",
        "made_by",
        "scopes",
        "created_at",
        "last_used_at",
        "revoked_at",
    ]
    list_select_related = ["owner", "made_by"]
    search_fields = ["prefix", "name", "owner__username", "made_by__username"]
    exclude = ["digest"]
    ordering = ["-id"]
    actions = ["revoke"]

    @admin.action(description="Revoke", permissions=["act"])
    def revoke(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Revoke the selected keys, after a confirmation page."""
        return self.ask_first(
            request,
            rows,
            title="Revoke",
            service=lambda key, _answers: revoke_key(owner=key.owner, prefix=key.prefix, now=now()),
        )


@admin.register(AnsweredRequest)
class AnsweredRequestAdmin(ReadOnlyAdmin):
    list_display = ["idempotency_key", "caller", "owner", "answered_at"]
    list_select_related = ["owner"]
    search_fields = ["idempotency_key", "owner__username"]
    ordering = ["-id"]


@admin.register(PlayerMerge)
class PlayerMergeAdmin(ReadOnlyAdmin):
    list_display = ["id", "merged", "kept", "decided_by", "merged_at", "undo_until", "undone_at"]
    list_select_related = ["merged", "kept", "decided_by"]
    search_fields = ["=merged__username", "=kept__username"]
    name_lookups = {"merged__username_key": make_name_key, "kept__username_key": make_name_key}
    # Whole rows of both accounts, as long as it can be undone.
    exclude = ["moved", "set_aside", "record"]
    ordering = ["-id"]


@admin.register(ExternalId)
class ExternalIdAdmin(ServiceAdmin):
    """Ids of players at other providers. What staff enters is confirmed, also where the player claims it."""

    list_display = ["id", "user", "provider", "value", "is_confirmed", "added_at"]
    list_filter = ["provider", "is_confirmed"]
    list_select_related = ["user"]
    search_fields = ["=value"]
    name_lookups = {"user__username_key": make_name_key}
    autocomplete_fields = ["user"]
    fields = ["user", "provider", "value"]
    ordering = ["-id"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def write_row(self, request: HttpRequest, row: ExternalId, form: Any, *, new: bool) -> ExternalId:
        external_id = f"{row.provider}:{row.value}"
        return add_external_id(user=row.user, external_id=external_id, confirmed=True)


@admin.register(FormerUsername)
class FormerUsernameAdmin(ReadOnlyAdmin):
    list_display = ["id", "name", "owner", "given_up_at"]
    list_select_related = ["owner"]
    search_fields = ["=name"]
    name_lookups = {"key": make_name_key}
    ordering = ["-id"]
