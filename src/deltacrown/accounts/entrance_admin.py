"""Admin pages for the tables of django-allauth, in place of its own, which show secrets and edit rows."""

from __future__ import annotations

# Each registers its own pages as it is imported.
import allauth.account.admin
import allauth.mfa.admin
import allauth.socialaccount.admin
import allauth.usersessions.admin  # noqa: F401
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from deltacrown.accounts.entrance.second_factor import AdminSignInForm
from deltacrown.accounts.services import end_sessions, remove_second_factor
from deltacrown.core.admin import ReadOnlyAdmin
from deltacrown.core.admin_search import Kind

# Nothing is written to the tables of apps and tokens: providers are named in the settings.
admin.site.unregister([EmailAddress, Authenticator, UserSession, SocialAccount, SocialApp, SocialToken])
# The admin's own door asks for no code.
admin.site.login_form = AdminSignInForm


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    list_display = ["email", "user", "verified", "primary"]
    list_filter = ["verified"]
    list_select_related = ["user"]
    found_by = {"user": Kind.PLAYER}
    found_by_key = ["email__iexact"]
    ordering = ["-id"]


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnlyAdmin):
    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    found_by = {"user": Kind.PLAYER}
    exclude = ["data"]
    ordering = ["-id"]
    actions = ["take_away"]

    @admin.action(description="Take the second factor away", permissions=["act"])
    def take_away(self, request: HttpRequest, rows: QuerySet[Authenticator]) -> HttpResponse | None:
        """Let players who have lost it sign in with the password alone, after a confirmation page."""
        return self.ask_first(
            request,
            rows,
            title="Take the second factor away",
            service=lambda row, _answers: remove_second_factor(user=row.user),
        )


@admin.register(SocialAccount)
class SocialAccountAdmin(ReadOnlyAdmin):
    list_display = ["user", "provider", "uid", "date_joined", "last_login"]
    list_filter = ["provider"]
    list_select_related = ["user"]
    found_by = {"user": Kind.PLAYER}
    found_by_key = ["uid"]
    exclude = ["extra_data"]
    ordering = ["-id"]


@admin.register(UserSession)
class UserSessionAdmin(ReadOnlyAdmin):
    list_display = ["user", "created_at", "ip", "user_agent"]
    list_select_related = ["user"]
    found_by = {"user": Kind.PLAYER}
    found_by_key = ["ip"]
    exclude = ["data", "last_seen_at"]
    ordering = ["-id"]
    actions = ["end"]

    @admin.action(description="Sign out everywhere", permissions=["act"])
    def end(self, request: HttpRequest, rows: QuerySet[UserSession]) -> HttpResponse | None:
        """End all sessions of the players of the selected ones, after a confirmation page."""
        return self.ask_first(
            request,
            rows,
            title="Sign out everywhere",
            service=lambda row, _answers: end_sessions(user=row.user),
        )
