"""Signing in, and reopening the account that one closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deltacrown.accounts.backends import PASSWORD
from deltacrown.accounts.entrance.second_factor import CodeForm, has_second_factor
from deltacrown.accounts.entrance.signing_in import (
    begin_sign_in,
    finish_sign_in,
    resume_sign_up,
)
from deltacrown.accounts.models import User
from deltacrown.core import clock
from deltacrown.pages.standings import may_reopen
from deltacrown.user_profile.people import standings
from deltacrown.web.forms.account import SignInForm
from deltacrown.web.outside import leads_to_providers
from deltacrown.web.posted import FORM_METHODS
from deltacrown.web.reopening import forget_offer, get_offered, offer_reopening


class SignIn(LoginView):
    """Signs in; leads to the page that reopens an account who gave the right password and closed it."""

    template_name = "web/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign in, or ask for the code of the second factor."""
        return begin_sign_in(self.request, user=form.get_user(), to=self.get_success_url())

    def form_invalid(self, form: Any) -> HttpResponse:
        """Offer to reopen the account, if its player closed it and gave the right password.

        One that was never opened is asked for the code that was mailed.
        """
        if form.closed is None:
            return super().form_invalid(form)
        way = lead_closed(self.request, user=form.closed, to=self.get_success_url())
        return way or super().form_invalid(form)


def lead_closed(request: HttpRequest, *, user: User, to: str, by: str = PASSWORD) -> HttpResponse | None:
    """Return the way on for who has shown that a closed account is theirs; None where it stays closed.

    :param to: the path of this site to which signing in leads.
    :param by: what was right, PASSWORD or PROVIDER.
    """
    now = clock.now()
    if waiting := resume_sign_up(request, user=user, to=to, by=by):
        return waiting
    if not may_reopen(user, now):
        return None
    offer_reopening(request, user=user, to=to, now=now)
    return redirect("reopen")


@require_http_methods(FORM_METHODS)
def reopen_account(request: HttpRequest) -> HttpResponse:
    """Ask the player whether to reopen the account; reopen it and sign in."""
    now = clock.now()
    offered = get_offered(request, now=now)
    if offered is None:
        return redirect("login")

    user, to = offered
    form = CodeForm(data=request.POST or None, user=user) if has_second_factor(user) else None
    if request.method != "POST" or (form is not None and not form.is_valid()):
        context = {"closed": user, "removed_at": user.profile.standing_until, "form": form}
        status = 400 if request.method == "POST" else 200
        return render(request, "web/reopen.html", context, status=status)
    standings.reopen_account(user=user, by=user, now=now)
    forget_offer(request)
    finish_sign_in(request, user=user)
    messages.success(request, _("Welcome back: your account is open again, as it was."))
    return redirect(to)


_sign_in: Callable[..., Any] = SignIn.as_view()
show = leads_to_providers(_sign_in)
