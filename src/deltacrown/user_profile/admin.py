from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from deltacrown.accounts.rights import Right, has_right
from deltacrown.core import clock
from deltacrown.core.admin import ReadOnlyAdmin, SearchTermAdmin, ServiceAdmin
from deltacrown.core.names import make_name_key, write_search_text
from deltacrown.user_profile import privacy
from deltacrown.user_profile.achievements import awards
from deltacrown.user_profile.models import (
    Achievement,
    ArchivedUserActivity,
    BackfilledPlayer,
    Block,
    ExperienceAward,
    Follow,
    GameStats,
    KycVerification,
    PendingAnonymisation,
    PlayerSearchTerm,
    PrivacySettings,
    PublicIdCounter,
    StandingChange,
    UserAchievement,
    UserActivity,
    UserProfile,
)
from deltacrown.user_profile.people import avatars, identities, kyc, privacy_settings, standings
from django_tally.fields import DerivedStat, Stat

GAME_NUMBERS = [field.name for field in GameStats._meta.fields if isinstance(field, Stat | DerivedStat)]
PROFILE_NUMBERS = [field.name for field in UserProfile._meta.fields if isinstance(field, Stat | DerivedStat)]


class DecisionForm(forms.Form):
    """Asks why a suspension is lifted, or an account closed or reopened."""

    reason = forms.CharField(
        required=False,
        max_length=standings.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 80}),
        help_text="Need not be said. Staff read it in the log.",
    )


class SuspensionForm(forms.Form):
    """Asks until when players are suspended, and why."""

    until = forms.DateField(
        required=False,
        widget=AdminDateWidget(),
        help_text="It ends at the beginning of this day, in UTC; empty for no end.",
    )
    reason = forms.CharField(
        max_length=standings.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 80}),
        help_text="The player reads it; others are told nothing.",
    )

    def clean_until(self) -> datetime | None:
        """Return the midnight, in UTC, at which the day begins."""
        day = self.cleaned_data["until"]
        return None if day is None else datetime.combine(day, time(), UTC)


class RemovalForm(forms.Form):
    """Asks why pictures are removed."""

    reason = forms.CharField(
        max_length=avatars.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 80}),
        help_text="Staff read it in the log. The player is not told, and can choose another picture.",
    )


class MadeWithUserAdmin(ServiceAdmin):
    """Rows that the database creates and deletes together with their user."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(UserProfile)
class UserProfileAdmin(MadeWithUserAdmin):
    list_display = [
        "public_id",
        "user",
        "display_name",
        "country",
        "standing",
        "total_matches_played",
        "overall_win_rate",
        "tournaments_won",
        "level",
    ]
    list_filter = ["standing"]
    list_select_related = ["user"]
    search_fields = ["=public_id"]
    name_lookups = {"user__username_key": make_name_key, "search_key__contains": write_search_text}
    ordering = ["public_id"]
    readonly_fields = [
        *("user", "public_id", "created_at", "standing", "standing_until", "avatar"),
        *PROFILE_NUMBERS,
    ]
    fieldsets = [
        (None, {"fields": ["user", "public_id", "created_at", "standing", "standing_until"]}),
        ("As others see the player", {"fields": ["display_name", "bio", "country", "avatar"]}),
        ("Numbers, counted by the database", {"fields": (*PROFILE_NUMBERS,)}),
    ]
    actions = ["remove_pictures", "suspend_selected", "lift_selected", "close_selected", "reopen_selected"]

    def write_row(self, request: HttpRequest, row: UserProfile, form: Any, *, new: bool) -> UserProfile:
        identity = identities.Identity(
            row.user, display_name=row.display_name, country=row.country, bio=row.bio
        )
        identities.set_identities(identities=[identity])
        return row

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Return whether the standing of players may be changed: by the right to, here as on the pages."""
        return has_right(self.actor(request), Right.SUSPEND_PLAYERS)

    def has_picture_permission(self, request: HttpRequest) -> bool:
        """Return whether pictures of players may be removed."""
        return has_right(self.actor(request), Right.REMOVE_PICTURES)

    @admin.action(description="Remove pictures of selected players", permissions=["picture"])
    def remove_pictures(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._decide(request, rows, "Remove pictures", avatars.remove_avatar_of, RemovalForm)

    @admin.action(description="Suspend selected players", permissions=["decide"])
    def suspend_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._decide(request, rows, "Suspend players", standings.suspend_player, SuspensionForm)

    @admin.action(description="Lift suspensions of selected players", permissions=["decide"])
    def lift_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._decide(request, rows, "Lift suspensions", standings.lift_suspension)

    @admin.action(description="Close accounts of selected players", permissions=["decide"])
    def close_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._decide(request, rows, "Close accounts", standings.close_account)

    @admin.action(description="Reopen accounts of selected players", permissions=["decide"])
    def reopen_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._decide(request, rows, "Reopen accounts", standings.reopen_account)

    def _decide(
        self,
        request: HttpRequest,
        rows: QuerySet[Any],
        title: str,
        service: Callable[..., object],
        form_class: type[forms.Form] = DecisionForm,
    ) -> HttpResponse | None:
        def decide(row: UserProfile, answers: dict[str, Any]) -> object:
            return service(user=row.user, by=self.actor(request), now=clock.now(), **answers)

        return self.ask_first(request, rows, title=title, service=decide, form_class=form_class)


@admin.register(GameStats)
class GameStatsAdmin(ReadOnlyAdmin):
    list_display = ["id", "user", "game", *GAME_NUMBERS]
    list_filter = ["game"]
    list_select_related = ["user", "game"]
    search_fields = ["=user__username"]
    name_lookups = {"user__username_key": make_name_key}
    ordering = ["-id"]
    readonly_fields = GAME_NUMBERS


@admin.register(PrivacySettings)
class PrivacySettingsAdmin(MadeWithUserAdmin):
    list_display = ["user", "show_match_history", "show_tournament_stats"]
    list_filter = ["show_match_history", "show_tournament_stats"]
    list_select_related = ["user"]
    search_fields = ["=user__username"]
    name_lookups = {"user__username_key": make_name_key}
    ordering = ["-pk"]
    readonly_fields = ["user"]

    def write_row(
        self, request: HttpRequest, row: PrivacySettings, form: Any, *, new: bool
    ) -> PrivacySettings:
        return privacy_settings.set_privacy(user=row.user, **form.cleaned_data)


@admin.register(PublicIdCounter)
class PublicIdCounterAdmin(ReadOnlyAdmin):
    list_display = ["year", "last"]


@admin.register(UserActivity, ArchivedUserActivity)
class UserActivityAdmin(ReadOnlyAdmin):
    list_display = ["id", "user", "activity_type", "description", "visibility", "is_withdrawn", "created_at"]
    list_filter = ["activity_type", "visibility", "is_withdrawn"]
    list_select_related = ["user"]
    search_fields = ["=user__username"]
    name_lookups = {"user__username_key": make_name_key}
    ordering = ["-id"]


@admin.register(Achievement)
class AchievementAdmin(ServiceAdmin):
    """The catalogue of achievements. An achievement that a player holds cannot be deleted."""

    list_display = ["name", "slug", "tier", "points"]
    list_filter = ["tier"]
    search_fields = ["name", "slug"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {"slug": ("name",)} if obj is None else {}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["slug"]

    def write_row(self, request: HttpRequest, row: Achievement, form: Any, *, new: bool) -> Achievement:
        return awards.define_achievement(
            slug=row.slug, name=row.name, description=row.description, tier=row.tier, points=row.points
        )


@admin.register(UserAchievement)
class UserAchievementAdmin(ServiceAdmin):
    """Awarded achievements. Staff award them with the form and revoke them with the action."""

    list_display = ["id", "user", "achievement", "fact", "earned_at"]
    list_filter = ["achievement"]
    list_select_related = ["user", "achievement"]
    search_fields = ["=user__username"]
    name_lookups = {"user__username_key": make_name_key}
    autocomplete_fields = ["user", "achievement"]
    ordering = ["-id"]
    actions = ["revoke_selected"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_act_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def write_row(
        self, request: HttpRequest, row: UserAchievement, form: Any, *, new: bool
    ) -> UserAchievement:
        award, _ = awards.award_achievement(
            user=row.user, achievement=row.achievement, fact=row.fact, earned_at=row.earned_at
        )
        return award

    def describe(self, row: UserAchievement) -> str:
        return f"{row.user}: {row.achievement}"

    @admin.action(description="Revoke selected achievements", permissions=["act"])
    def revoke_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        def revoke(row: UserAchievement, answers: dict[str, Any]) -> object:
            return awards.revoke_achievement(user=row.user, achievement=row.achievement, **answers)

        return self.ask_first(request, rows, title="Revoke achievements", service=revoke)


@admin.register(BackfilledPlayer)
class BackfilledPlayerAdmin(ReadOnlyAdmin):
    list_display = ["owner", "token", "rules"]
    ordering = ["owner"]


@admin.register(PendingAnonymisation)
class PendingAnonymisationAdmin(ReadOnlyAdmin):
    """What is left to do, without the names: nobody needs to read them any more."""

    list_display = ["owner", "stage", "last_row", "started_at"]
    fields = ("owner", "stage", "last_row", "started_at")
    ordering = ["owner"]


@admin.register(ExperienceAward)
class ExperienceAwardAdmin(ReadOnlyAdmin):
    list_display = ["id", "user", "points", "reason", "awarded_at"]
    list_select_related = ["user"]
    search_fields = ["=user__username"]
    name_lookups = {"user__username_key": make_name_key}
    ordering = ["-id"]


@admin.register(StandingChange)
class StandingChangeAdmin(ReadOnlyAdmin):
    """The log of suspensions, closings and the like, with why and by whom."""

    list_display = ["id", "user", "standing", "until", "reason", "decided_by", "changed_at"]
    list_filter = ["standing"]
    list_select_related = ["user", "decided_by"]
    search_fields = ["=user__username"]
    name_lookups = {"user__username_key": make_name_key}
    ordering = ["-id"]


@admin.register(Follow)
class FollowAdmin(ReadOnlyAdmin):
    list_display = ["id", "follower", "followed", "created_at"]
    list_select_related = ["follower", "followed"]
    search_fields = ["=follower__username", "=followed__username"]
    name_lookups = {"follower__username_key": make_name_key, "followed__username_key": make_name_key}
    ordering = ["-id"]


@admin.register(Block)
class BlockAdmin(ReadOnlyAdmin):
    """Who blocks whom, for staff who may see what players hide."""

    list_display = ["id", "blocker", "blocked", "created_at"]
    list_select_related = ["blocker", "blocked"]
    search_fields = ["=blocker__username", "=blocked__username"]
    name_lookups = {"blocker__username_key": make_name_key, "blocked__username_key": make_name_key}
    ordering = ["-id"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return privacy.sees_hidden(request.user)


@admin.register(KycVerification)
class KycVerificationAdmin(ReadOnlyAdmin):
    """Verifications requested by players. Staff decide with the actions, but not about themselves."""

    list_display = ["id", "user", "status", "requested_at", "reviewed_at", "reviewed_by"]
    list_filter = ["status"]
    list_select_related = ["user", "reviewed_by"]
    search_fields = ["=user__username"]
    name_lookups = {"user__username_key": make_name_key}
    ordering = ["-id"]
    actions = ["verify_selected", "reject_selected"]

    @admin.action(description="Verify selected players", permissions=["act"])
    def verify_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._decide(request, rows, "Verify players", kyc.verify)

    @admin.action(description="Reject selected players", permissions=["act"])
    def reject_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._decide(request, rows, "Reject players", kyc.reject)

    def _decide(
        self, request: HttpRequest, rows: QuerySet[Any], title: str, service: Callable[..., object]
    ) -> HttpResponse | None:
        def decide(row: KycVerification, _answers: dict[str, Any]) -> object:
            return service(user=row.user, by=self.actor(request), now=clock.now())

        return self.ask_first(request, rows, title=title, service=decide, form_class=forms.Form)


admin.site.register(PlayerSearchTerm, SearchTermAdmin)
