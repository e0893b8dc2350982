from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from deltacrown.accounts.rights import Right, has_right
from deltacrown.core import clock
from deltacrown.core.admin import AskingAdmin, OwnedAdmin, ReadOnlyAdmin, SearchTermAdmin, ServiceAdmin
from deltacrown.core.admin_search import Kind, add_finder, find_by_terms
from deltacrown.core.admin_words import page_of_person, write_person
from deltacrown.user_profile import engine_admin, privacy
from deltacrown.user_profile.achievements import awards
from deltacrown.user_profile.admin_forms import DecisionForm, RemovalForm, SuspensionForm
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
    RankChange,
    RankCount,
    RankedPlayer,
    RankFold,
    StandingChange,
    UserAchievement,
    UserActivity,
    UserProfile,
)
from deltacrown.user_profile.people import avatars, identities, kyc, privacy_settings, standings
from deltacrown.user_profile.people.addresses import get_nameable_player
from deltacrown.user_profile.people.links import read_given_links
from django_tally.fields import DerivedStat, Stat

__all__ = ["engine_admin"]

GAME_NUMBERS = [field.name for field in GameStats._meta.fields if isinstance(field, Stat | DerivedStat)]
PROFILE_NUMBERS = [field.name for field in UserProfile._meta.fields if isinstance(field, Stat | DerivedStat)]


class OfPlayerAdmin(AskingAdmin):
    """Rows about one player, whose page is theirs on the site."""

    def page_of(self, row: Any) -> tuple[str, list[str]] | None:
        return page_of_person(row.user)


class MadeWithUserAdmin(OfPlayerAdmin, ServiceAdmin):
    """Rows that the database creates and deletes together with their user."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(UserProfile)
class UserProfileAdmin(MadeWithUserAdmin):
    list_display = [
        "public_id",
        "shown_name",
        "username",
        "country",
        "standing",
        "total_matches_played",
        "overall_win_rate",
        "tournaments_won",
        "level",
        "site_link",
    ]
    list_filter = ["standing"]
    list_select_related = ["user"]
    found_by = {"user": Kind.PLAYER}
    search_help_text = "A public id, a username, or the beginning of a word of a name, present or former."
    ordering = ["public_id"]
    readonly_fields = [
        *("user", "public_id", "created_at", "standing", "standing_until", "avatar"),
        *PROFILE_NUMBERS,
    ]
    fieldsets = [
        (None, {"fields": ["user", "public_id", "created_at", "standing", "standing_until"]}),
        ("As others see the player", {"fields": ["display_name", "bio", "links", "country", "avatar"]}),
        ("Numbers, counted by the database", {"fields": (*PROFILE_NUMBERS,)}),
    ]
    actions = ["remove_pictures", "suspend_selected", "lift_selected", "close_selected", "reopen_selected"]

    def page_of(self, row: UserProfile) -> tuple[str, list[str]]:
        return "player", [row.public_id]

    def describe(self, row: UserProfile) -> str:
        return f"{row.name} ({row.public_id})"

    @admin.display(description="Name", ordering="display_name")
    def shown_name(self, row: UserProfile) -> str:
        return row.name

    @admin.display(description="Username")
    def username(self, row: UserProfile) -> str:
        return str(row.user.username)

    def write_row(self, request: HttpRequest, row: UserProfile, form: Any, *, new: bool) -> UserProfile:
        get_nameable_player(row.public_id)
        identity = identities.Identity(
            row.user, row.display_name, row.country, row.bio, read_given_links(row.links or [])
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
class GameStatsAdmin(OfPlayerAdmin, ReadOnlyAdmin):
    list_display = ["user", "game", *GAME_NUMBERS, "site_link"]
    list_filter = ["game"]
    list_select_related = ["game"]
    found_by = {"user": Kind.PLAYER}
    ordering = ["-id"]
    readonly_fields = GAME_NUMBERS


@admin.register(PrivacySettings)
class PrivacySettingsAdmin(MadeWithUserAdmin):
    list_display = ["user", "show_match_history", "show_tournament_stats"]
    list_filter = ["show_match_history", "show_tournament_stats"]
    found_by = {"user": Kind.PLAYER}
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
class UserActivityAdmin(OfPlayerAdmin, ReadOnlyAdmin):
    list_display = [
        "user",
        "activity_type",
        "description",
        "visibility",
        "is_withdrawn",
        "created_at",
        "site_link",
    ]
    exclude = ["id"]  # which the form of an archived row would show
    list_filter = ["activity_type", "visibility", "is_withdrawn"]
    found_by = {"user": Kind.PLAYER}
    ordering = ["-id"]


@admin.register(Achievement)
class AchievementAdmin(ServiceAdmin):
    """The catalogue of achievements. An achievement that a player holds cannot be deleted."""

    list_display = ["name", "slug", "tier", "points"]
    list_filter = ["tier"]
    sortable_by = None
    search_fields = ["name"]  # not read: Django asks for them where achievements are chosen by a search
    found_by_key = ["name__icontains", "slug__icontains"]  # of a few dozen rows

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {"slug": ("name",)} if obj is None else {}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["slug"]

    def write_row(self, request: HttpRequest, row: Achievement, form: Any, *, new: bool) -> Achievement:
        return awards.define_achievement(
            slug=row.slug, name=row.name, description=row.description, tier=row.tier, points=row.points
        )


@admin.register(UserAchievement)
class UserAchievementAdmin(OfPlayerAdmin, ServiceAdmin):
    """Awarded achievements. Staff award them with the form and revoke them with the action."""

    list_display = ["user", "achievement", "fact", "earned_at", "site_link"]
    list_filter = ["achievement__tier"]
    list_select_related = ["achievement"]
    found_by = {"user": Kind.PLAYER}
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
        return f"{write_person(row.user)}: {row.achievement}"

    @admin.action(description="Revoke selected achievements", permissions=["act"])
    def revoke_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        def revoke(row: UserAchievement, answers: dict[str, Any]) -> object:
            return awards.revoke_achievement(user=row.user, achievement=row.achievement, **answers)

        return self.ask_first(request, rows, title="Revoke achievements", service=revoke)


@admin.register(BackfilledPlayer)
class BackfilledPlayerAdmin(OwnedAdmin):
    list_display = ["player", "token", "rules", "site_link"]
    fields = ["player", "token", "rules"]
    readonly_fields = ["player"]
    ordering = ["owner"]


@admin.register(RankChange)
class RankChangeAdmin(OwnedAdmin):
    list_display = ["player", "site_link"]
    fields = ["player"]
    readonly_fields = ["player"]


@admin.register(RankedPlayer)
class RankedPlayerAdmin(OwnedAdmin):
    list_display = ["player", "counted", "site_link"]
    fields = ["player", "counted"]
    readonly_fields = ["player"]
    ordering = ["owner"]


@admin.register(RankCount)
class RankCountAdmin(ReadOnlyAdmin):
    list_display = ["board", "level", "bucket", "players"]
    ordering = ["board", "level", "bucket"]


@admin.register(RankFold)
class RankFoldAdmin(ReadOnlyAdmin):
    list_display = ["fingerprint"]


@admin.register(PendingAnonymisation)
class PendingAnonymisationAdmin(OwnedAdmin):
    """What is left to do, without the names: nobody needs to read them any more."""

    list_display = ["player", "stage", "started_at"]
    fields = ("player", "stage", "started_at")
    readonly_fields = ["player"]
    ordering = ["owner"]


@admin.register(ExperienceAward)
class ExperienceAwardAdmin(OfPlayerAdmin, ReadOnlyAdmin):
    list_display = ["user", "points", "reason", "awarded_at", "site_link"]
    found_by = {"user": Kind.PLAYER}
    ordering = ["-id"]


@admin.register(StandingChange)
class StandingChangeAdmin(OfPlayerAdmin, ReadOnlyAdmin):
    """The log of suspensions, closings and the like, with why and by whom."""

    list_display = ["user", "standing", "until", "reason", "decided_by", "changed_at", "site_link"]
    list_filter = ["standing"]
    found_by = {"user": Kind.PLAYER}
    ordering = ["-id"]


@admin.register(Follow)
class FollowAdmin(ReadOnlyAdmin):
    list_display = ["follower", "followed", "created_at"]
    found_by = {"follower": Kind.PLAYER, "followed": Kind.PLAYER}
    ordering = ["-id"]


@admin.register(Block)
class BlockAdmin(ReadOnlyAdmin):
    """Who blocks whom, for staff who may see what players hide."""

    list_display = ["blocker", "blocked", "created_at"]
    found_by = {"blocker": Kind.PLAYER, "blocked": Kind.PLAYER}
    ordering = ["-id"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return privacy.sees_hidden(request.user)


@admin.register(KycVerification)
class KycVerificationAdmin(OfPlayerAdmin, ReadOnlyAdmin):
    """Verifications requested by players. Staff decide with the actions, but not about themselves."""

    list_display = ["user", "status", "requested_at", "reviewed_at", "reviewed_by", "site_link"]
    list_filter = ["status"]
    found_by = {"user": Kind.PLAYER}
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


@admin.register(PlayerSearchTerm)
class PlayerSearchTermAdmin(SearchTermAdmin):
    found_by = {"owner": Kind.PLAYER}


def _find_by_public_id(text: str) -> Iterable[int]:
    """Return who has a public id."""
    return UserProfile.objects.filter(public_id=text.upper()).values_list("user", flat=True)


add_finder(Kind.PLAYER, _find_by_public_id)
add_finder(Kind.PLAYER, find_by_terms(PlayerSearchTerm))
