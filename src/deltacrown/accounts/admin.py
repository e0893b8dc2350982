from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from deltacrown.accounts.models import AnsweredRequest, ApiKey, User
from deltacrown.accounts.services import revoke_key
from deltacrown.core.admin import LeanAdmin, ReadOnlyAdmin
from deltacrown.core.clock import now

if TYPE_CHECKING:
    BaseUserAdmin = DjangoUserAdmin[User]
else:
    BaseUserAdmin = DjangoUserAdmin


@admin.register(User)
class UserAdmin(LeanAdmin, BaseUserAdmin):
    list_display = ["username", "email", "is_active", "is_staff", "date_joined", "last_login"]
    list_filter = ["is_staff", "is_superuser", "is_active"]
    search_fields = ["username", "email"]


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ["prefix", "name", "owner", "scopes", "created_at", "last_used_at", "revoked_at"]
    list_select_related = ["owner"]
    search_fields = ["prefix", "name", "owner__username"]
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
