"""Signing in, and reopening the account that one closed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deltacrown.core import clock
from deltacrown.pages.standings import may_reopen
from deltacrown.user_profile.people import standings
from deltacrown.web.forms.account import SignInForm
from deltacrown.web.posted import FORM_METHODS
from deltacrown.web.reopening import forget_offer, get_offered, offer_reopening

BACKEND = "deltacrown.accounts.backends.Passwords"


class SignIn(LoginView):
    """Signs in; leads to the page that reopens an account who gave the right password and closed it."""

    template_name = "web/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: Any) -> HttpResponse:
        """Offer to reopen the account, if its player closed it and gave the right password."""
        now = clock.now()
        if form.closed is None or not may_reopen(form.closed, now):
            return super().form_invalid(form)
        offer_reopening(self.request, user=form.closed, to=self.get_success_url(), now=now)
        return redirect("reopen")


@require_http_methods(FORM_METHODS)
def reopen_account(request: HttpRequest) -> HttpResponse:
    """Ask the player whether to reopen the account; reopen it and sign in."""
    now = clock.now()
    offered = get_offered(request, now=now)
    if offered is None:
        return redirect("login")

    user, to = offered
    if request.method != "POST":
        return render(request, "web/reopen.html", {"closed": user, "removed_at": user.profile.standing_until})
    standings.reopen_account(user=user, by=user, now=now)
    forget_offer(request)
    login(request, user, backend=BACKEND)
    messages.success(request, _("Welcome back: your account is open again, as it was."))
    return redirect(to)
