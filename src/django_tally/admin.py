from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from django_tally.models import ChangeContext, Installation, Recording, Repair, Revision, Run

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(_ModelAdmin):
    """Rows that only the engine writes: no adding, changing or deleting here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Installation)
class InstallationAdmin(ReadOnlyAdmin):
    list_display = ["name", "fingerprint", "installed_at"]
    search_fields = ["name"]


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        "status",
        "cause",
        "scope",
        "dry_run",
        "started_at",
        "finished_at",
        "numbers_checked",
        "numbers_drifted",
        "numbers_repaired",
    ]
    list_filter = ["status", "dry_run"]
    search_fields = ["cause", "scope"]
    ordering = ["-started_at", "-id"]


@admin.register(Repair)
class RepairAdmin(ReadOnlyAdmin):
    list_display = ["id", "holder", "stat", "keys", "was", "now", "repaired_at", "run"]
    list_filter = ["holder", "stat"]
    list_select_related = ["run"]
    search_fields = ["stat"]
    ordering = ["-id"]


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    list_display = ["id", "source", "row", "owner", "changed_at", "actor", "reason"]
    search_fields = ["row__exact", "owner__exact"]
    search_help_text = "The key of a row or of its owner."
    ordering = ["-id"]


@admin.register(Recording)
class RecordingAdmin(ReadOnlyAdmin):
    list_display = ["id", "source", "written_at", "committed_at", "first_row", "last_row", "actor", "reason"]
    list_filter = ["source"]
    search_fields = ["source"]
    ordering = ["-id"]


@admin.register(ChangeContext)
class ChangeContextAdmin(ReadOnlyAdmin):
    list_display = ["id", "actor", "reason"]
