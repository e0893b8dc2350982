"""The admin's pages of what the engine recorded, with the names of the players that it knows by keys.

The engine registers pages of its own, for sites without players; these take their place.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from deltacrown.core.admin import OwnedAdmin, ReadOnlyAdmin
from deltacrown.core.admin_lists import PeopleChangeList
from deltacrown.core.admin_words import NOTHING
from deltacrown.games.models import Game
from django_tally.models import ChangeContext, Recording, Repair, Revision, Run

for model in (ChangeContext, Recording, Repair, Revision, Run):
    admin.site.unregister(model)


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Times that numbers were compared with the facts."""

    list_display = [
        "started_at",
        "status",
        "cause",
        "scope",
        "dry_run",
        "finished_at",
        "numbers_checked",
        "numbers_drifted",
        "numbers_repaired",
    ]
    list_filter = ["status", "dry_run"]
    found_by_key = ["cause", "scope"]
    ordering = ["-started_at", "-id"]

    def describe(self, row: Run) -> str:
        return f"{row.cause} of {row.started_at:%Y-%m-%d %H:%M}"


class RepairChangeList(PeopleChangeList):
    """A page of repairs, each with the player whose number it was."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the page, then the players, and the games once."""
        super().get_results(request)
        games = Game.objects.in_bulk()
        for row in self.result_list:
            row.title = games.get(row.keys.get("game"))


@admin.register(Repair)
class RepairAdmin(OwnedAdmin):
    """Numbers that were wrong, as they were found and what they are since."""

    found_by_key = ["stat", "holder"]
    list_display = ["player", "game", "holder", "stat", "was", "now", "repaired_at", "site_link"]
    list_filter = ["holder", "stat"]
    fields = ["player", "game", "holder", "stat", "was", "now", "repaired_at", "run_of"]
    readonly_fields = ["player", "game", "run_of"]
    ordering = ["-id"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RepairChangeList]:
        return RepairChangeList

    @admin.display(description="Game")
    def game(self, row: Any) -> str:
        if not hasattr(row, "title"):
            row.title = Game.objects.filter(pk=row.keys.get("game")).first()
        return str(row.title or NOTHING)

    @admin.display(description="Found by")
    def run_of(self, row: Repair) -> str:
        return f"{row.run.cause} of {row.run.started_at:%Y-%m-%d %H:%M}"


@admin.register(Revision)
class RevisionAdmin(OwnedAdmin):
    """What rows said before they were changed: when, by whom, and why."""

    list_display = ["player", "source", "changed_at", "actor", "reason", "site_link"]
    fields = ["player", "source", "changed_at", "actor", "reason"]
    readonly_fields = ["player"]
    ordering = ["-id"]


@admin.register(Recording)
class RecordingAdmin(ReadOnlyAdmin):
    """Transactions that recorded rows: what, when, by whom, and why."""

    list_display = ["written_at", "source", "committed_at", "actor", "reason"]
    fields = ["written_at", "source", "committed_at", "actor", "reason"]
    list_filter = ["source"]
    ordering = ["-id"]

    def describe(self, row: Recording) -> str:
        return f"{row.source} at {row.written_at:%Y-%m-%d %H:%M}"


@admin.register(ChangeContext)
class ChangeContextAdmin(ReadOnlyAdmin):
    """Who changes rows and why, as long as a transaction lasts."""

    list_display = ["actor", "reason"]
