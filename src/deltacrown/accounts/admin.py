from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from deltacrown.accounts import entrance_admin  # noqa: F401 - registers the pages of django-allauth's tables
from deltacrown.accounts.models import (
    AnsweredRequest,
    ApiKey,
    ExternalId,
    FormerUsername,
    PlayerMerge,
    User,
)
from deltacrown.accounts.rights import Right, has_right
from deltacrown.accounts.services import add_external_id, revoke_key
from deltacrown.core.admin import FormerNameAdmin, ReadOnlyAdmin, ServiceAdmin
from deltacrown.core.admin_search import MOST_FOUND, Kind, add_finder
from deltacrown.core.admin_words import page_of_person, write_person
from deltacrown.core.clock import now
from deltacrown.core.lean_admin import LeanAdmin
from deltacrown.core.names import make_name_key

if TYPE_CHECKING:
    BaseUserAdmin = DjangoUserAdmin[User]
else:
    BaseUserAdmin = DjangoUserAdmin


@admin.register(User)
class UserAdmin(LeanAdmin, BaseUserAdmin):
    list_display = [
        "username",
        "player",
        "email",
        "is_active",
        "is_staff",
        "date_joined",
        "last_login",
        "site_link",
    ]
    list_filter = ["is_staff", "is_superuser", "is_active"]
    list_select_related = ["profile"]
    search_fields = ["username"]  # not read: Django asks for them where people are chosen by a search
    search_help_text = "A username, a shown name, a former name, a public id, or an e-mail address in full."
    found_by = {"pk": Kind.PLAYER}
    found_by_key = ["email__iexact"]
    readonly_fields = ["date_joined", "last_login"]

    def page_of(self, row: User) -> tuple[str, list[str]] | None:
        return page_of_person(row)

    @admin.display(description="Shown as")
    def player(self, user: User) -> str:
        return write_person(user)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return what only superusers set: who may change users could make themselves one otherwise.

        An account that is no longer active is closed, which takes the right to.
        """
        if _is_superuser(request):
            return self.readonly_fields
        fixed = ["is_staff", "is_superuser", "groups", "user_permissions"]
        may_close = has_right(request.user, Right.SUSPEND_PLAYERS)
        return [*self.readonly_fields, *fixed, *([] if may_close else ["is_active"])]

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
    found_by = {"owner": Kind.PLAYER, "made_by": Kind.PLAYER}
    found_by_key = ["prefix", "name"]
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
            service=lambda key, _answers: revoke_key(
                owner=key.owner, prefix=key.prefix, now=now(), by=self.actor(request)
            ),
        )


@admin.register(AnsweredRequest)
class AnsweredRequestAdmin(ReadOnlyAdmin):
    list_display = ["idempotency_key", "owner", "answered_at"]
    found_by = {"owner": Kind.PLAYER}
    found_by_key = ["idempotency_key"]
    # The answer may be of any size, and the others are for the program alone.
    fields = ["idempotency_key", "owner", "answered_at"]
    ordering = ["-id"]


@admin.register(PlayerMerge)
class PlayerMergeAdmin(ReadOnlyAdmin):
    list_display = ["merged", "kept", "reason", "decided_by", "merged_at", "undo_until", "undone_at"]
    found_by = {"merged": Kind.PLAYER, "kept": Kind.PLAYER}
    # Whole rows of both accounts, as long as it can be undone.
    exclude = ["moved", "set_aside", "record"]
    ordering = ["-id"]


@admin.register(ExternalId)
class ExternalIdAdmin(ServiceAdmin):
    """Ids of players at other providers. What staff enters is confirmed, also where the player claims it."""

    list_display = ["user", "provider", "value", "is_confirmed", "added_at"]
    list_filter = ["is_confirmed"]
    found_by = {"user": Kind.PLAYER}
    found_by_key = ["value"]
    autocomplete_fields = ["user"]
    fields = ["user", "provider", "value"]
    ordering = ["-id"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def write_row(self, request: HttpRequest, row: ExternalId, form: Any, *, new: bool) -> ExternalId:
        external_id = f"{row.provider}:{row.value}"
        return add_external_id(user=row.user, external_id=external_id, confirmed=True)


@admin.register(FormerUsername)
class FormerUsernameAdmin(FormerNameAdmin):
    found_by = {"owner": Kind.PLAYER}


def _find_by_username(text: str) -> Iterable[int]:
    """Return who has a username, and who had it."""
    key = make_name_key(text)
    yield from User.objects.filter(username_key=key).values_list("pk", flat=True)
    yield from FormerUsername.objects.filter(key=key).values_list("owner", flat=True)[:MOST_FOUND]


add_finder(Kind.PLAYER, _find_by_username)
