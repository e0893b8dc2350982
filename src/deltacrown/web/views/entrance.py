"""Signing up, a forgotten password, the address, the password, the second factor and the sessions.

The views are django-allauth's, with the pages of this site. What they decide is in ``accounts.entrance``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.account.decorators import reauthentication_required
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.usersessions import views as sessions
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.generic import RedirectView

from deltacrown.accounts.entrance.forms import EndSessionsForm
from deltacrown.accounts.entrance.mails import get_mail_folder
from deltacrown.core.errors import Conflict, TooManyRequests
from deltacrown.core.metrics.catalogue import REFUSALS
from deltacrown.core.request_facts import name_route
from deltacrown.web.middleware import show_refusal
from deltacrown.web.outside import leads_to_providers
from deltacrown.web.posted import FORM_METHODS
from deltacrown.web.refusals import NotNow
from deltacrown.web.signed_in import sign_in_required

logger = logging.getLogger(__name__)

try:
    from redis.exceptions import RedisError as CacheError
except ModuleNotFoundError:  # without the package the cache is in this process's memory, and always there

    class CacheError(Exception):  # type: ignore[no-redef]
        """Never raised."""


#: Seconds: the limits of django-allauth do not tell when they end.
RETRY_AFTER = 300


def takes_forms(view: Callable[..., Any]) -> Callable[..., HttpResponse]:
    """Take what forms take. While the cache is away, which counts what is limited, answer 503."""

    @wraps(view)
    def show(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = view(request, *args, **kwargs)
        except CacheError:
            logger.warning("%s: the cache does not answer", name_route(request), exc_info=True)
            message = _("That cannot be done for a moment. Try again in a minute.")
            return show_refusal(request, NotNow(message))
        return response

    return require_http_methods(FORM_METHODS)(show)


_again = reauthentication_required(app="allauth.account")


class Answering:
    """Answers a form that is refused with the status 400, and tells where mails of this site go."""

    request: HttpRequest

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again, with what is wrong."""
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        if response.status_code == 200:
            response.status_code = 400
        return response

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Return what the page shows."""
        context: dict[str, Any] = super().get_context_data(**more)  # type: ignore[misc]
        return context | {"mail_folder": get_mail_folder()}


class SignUp(Answering, account.SignupView):  # type: ignore[misc]
    """Signs a player up."""

    template_name = "web/entrance/sign_up.html"
    template_name_signup_closed = "web/entrance/sign_up_closed.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Make the account; a name that was taken since the form was checked is refused at its field."""
        try:
            response: HttpResponse = super().form_valid(form)
        except Conflict as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            return self.form_invalid(form)
        return response


class ConfirmAddress(Answering, account.ConfirmEmailVerificationCodeView):  # type: ignore[misc]
    """Takes the code that was mailed to an address."""

    template_name = "web/entrance/confirm.html"


class Forgotten(Answering, account.PasswordResetView):  # type: ignore[misc]
    """Asks for the address of who forgot the password."""

    template_name = "web/entrance/forgotten.html"


class ForgottenCode(Answering, account.ConfirmPasswordResetCodeView):  # type: ignore[misc]
    """Takes the code that was mailed to who forgot the password."""

    template_name = "web/entrance/forgotten_code.html"


class NewPassword(Answering, account.CompletePasswordResetView):  # type: ignore[misc]
    """Takes the new password of who forgot the one before."""

    template_name = "web/entrance/new_password.html"


class ChangePassword(Answering, account.PasswordChangeView):  # type: ignore[misc]
    """Changes the password."""

    template_name = "web/entrance/password.html"


class SetPassword(Answering, account.PasswordSetView):  # type: ignore[misc]
    """Sets the first password."""

    template_name = "web/entrance/password.html"


class Address(Answering, account.EmailView):  # type: ignore[misc]
    """Shows and changes the e-mail address."""

    template_name = "web/entrance/email.html"


class AskAgain(Answering, account.ReauthenticateView):  # type: ignore[misc]
    """Asks for the password again before a change of the account."""

    template_name = "web/entrance/again.html"


class SecondFactor(factors.IndexView):  # type: ignore[misc]
    """Shows whether there is a second factor."""

    template_name = "web/entrance/second_factor.html"


class AskCode(factors.AuthenticateView):  # type: ignore[misc]
    """Asks who signs in for the code."""

    template_name = "web/entrance/code.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again, with what is wrong."""
        response: HttpResponse = super().form_invalid(form)
        response.status_code = 400
        return response


class AskCodeAgain(Answering, factors.ReauthenticateView):  # type: ignore[misc]
    """Asks for the code again before a change of the account."""

    template_name = "web/entrance/again.html"


class ActivateApp(Answering, totp.ActivateTOTPView):  # type: ignore[misc]
    """Sets the second factor up."""

    template_name = "web/entrance/app.html"


class RemoveApp(Answering, totp.DeactivateTOTPView):  # type: ignore[misc]
    """Takes the second factor away."""

    template_name = "web/entrance/app_removal.html"


class RecoveryCodes(codes.ViewRecoveryCodesView):  # type: ignore[misc]
    """Shows the recovery codes."""

    template_name = "web/entrance/recovery_codes.html"


class NewRecoveryCodes(Answering, codes.GenerateRecoveryCodesView):  # type: ignore[misc]
    """Makes other recovery codes."""

    template_name = "web/entrance/new_recovery_codes.html"


class Sessions(sessions.ListUserSessionsView):  # type: ignore[misc]
    """Lists where one is signed in, and signs out everywhere else."""

    template_name = "web/entrance/sessions.html"
    form_class = EndSessionsForm


sign_up = leads_to_providers(takes_forms(SignUp.as_view()))
confirm_address = takes_forms(ConfirmAddress.as_view())
forgotten = takes_forms(Forgotten.as_view())
forgotten_code = takes_forms(ForgottenCode.as_view())
new_password = takes_forms(NewPassword.as_view())
change_password = sign_in_required(takes_forms(ChangePassword.as_view()))
set_password = sign_in_required(takes_forms(SetPassword.as_view()))
edit_email = sign_in_required(takes_forms(_again(Address.as_view())))
ask_again = sign_in_required(takes_forms(AskAgain.as_view()))
show_second_factor = sign_in_required(takes_forms(SecondFactor.as_view()))
ask_code = takes_forms(AskCode.as_view())
ask_code_again = sign_in_required(takes_forms(AskCodeAgain.as_view()))
activate_app = sign_in_required(takes_forms(ActivateApp.as_view()))
remove_app = sign_in_required(takes_forms(RemoveApp.as_view()))
show_recovery_codes = sign_in_required(takes_forms(RecoveryCodes.as_view()))
make_recovery_codes = sign_in_required(takes_forms(NewRecoveryCodes.as_view()))
show_sessions = sign_in_required(takes_forms(Sessions.as_view()))

#: Who has a new password, or may not come in, is led to the page to sign in.
lead_to_sign_in = takes_forms(RedirectView.as_view(pattern_name="login"))


def show_too_many(request: HttpRequest, *_given: Any) -> HttpResponse:
    """Answer a request that one of django-allauth's limits refuses, as ``handler429``."""
    REFUSALS.add("entrance")
    message = _("You asked for that too often. Try again in some minutes.")
    return show_refusal(request, TooManyRequests(message, retry_after=RETRY_AFTER))
