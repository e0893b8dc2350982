"""Signing in and up with a provider, and connecting accounts at providers. See decision 0064.

One leaves for a provider by a form that is posted, and comes back to one address, whatever for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from deltacrown.accounts import services as accounts
from deltacrown.accounts.backends import PROVIDER, SignInClosed, count_from_address
from deltacrown.accounts.entrance.forms import ProviderSignUpForm
from deltacrown.accounts.entrance.mails import CONNECTED, DISCONNECTED, tell_of_provider
from deltacrown.accounts.entrance.providers import (
    NotProven,
    Proof,
    Provider,
    ProviderAway,
    list_providers,
)
from deltacrown.accounts.entrance.proving import (
    Errand,
    Pending,
    Purpose,
    begin_errand,
    forget_pending,
    get_pending,
    keep_pending,
    read_proof,
    resume_errand,
)
from deltacrown.accounts.entrance.signing_in import begin_sign_in, end_elsewhere, note_proven_again
from deltacrown.accounts.models import User
from deltacrown.core import clock
from deltacrown.core.errors import Conflict, DomainError
from deltacrown.user_profile.people.external_ids import link_proven_id
from deltacrown.user_profile.standing import Suspended
from deltacrown.web.forms.account import ProviderForm
from deltacrown.web.outside import get_provider, leads_to_providers, only_with_providers, with_provider
from deltacrown.web.posted import read_posted, send_form
from deltacrown.web.refusals import get_answer
from deltacrown.web.signed_in import View, as_own_path, get_person, sign_in_required
from deltacrown.web.views.entrance import SignUp, takes_forms
from deltacrown.web.views.sign_in import lead_closed

_again: Callable[[View[[]]], View[[]]] = reauthentication_required(app="allauth.socialaccount")


@with_provider
@never_cache
@require_POST
def begin(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Lead a visitor to a provider, to sign in or up."""
    to = as_own_path(request.POST.get(REDIRECT_FIELD_NAME, ""), request)
    to = to or resolve_url(settings.LOGIN_REDIRECT_URL)
    if request.user.is_authenticated:
        return redirect(to)
    return _leave(request, provider, Errand(Purpose.SIGN_IN, to))


@with_provider
@never_cache
@require_GET
def come_back(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Take what somebody brings back from a provider, and do what they went for."""
    try:
        errand, secret = resume_errand(request, provider)
        proof = read_proof(request, provider, secret)
        if errand.purpose is Purpose.SIGN_IN:
            return _sign_in(request, proof, errand.to)
        if errand.purpose is Purpose.AGAIN:
            return _go_on(request, provider, proof, errand.to)
    except (NotProven, ProviderAway, SignInClosed) as refusal:
        return _show_refusal(request, provider, refusal)
    return _connect(request, provider, proof, errand)


class ProviderSignUp(SignUp):
    """Signs up who came from a provider and has no account."""

    template_name = "web/entrance/provider_sign_up.html"
    pending: Pending

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead who comes from no provider to the page to sign in."""
        pending = get_pending(request, now=clock.now())
        if pending is None:
            return redirect("login")
        self.pending = pending
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def get_form_class(self) -> type[ProviderSignUpForm]:
        """Return the form, which asks for no password."""
        return ProviderSignUpForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return what the form is made of."""
        kwargs: dict[str, Any] = super().get_form_kwargs()
        return kwargs | {"pending": self.pending}

    def get_initial(self) -> dict[str, Any]:
        """Suggest what the provider calls them."""
        return {"username": self.pending.proof.name}

    def get_success_url(self) -> str:
        """Return where signing in leads."""
        return self.pending.to

    def form_valid(self, form: Any) -> HttpResponse:
        """Make the account; forget the proof once the form was taken."""
        response = super().form_valid(form)
        if form.is_valid():
            forget_pending(self.request)
        return response

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Return what the page shows."""
        provider = get_provider(self.pending.proof.provider)
        return super().get_context_data(**more) | {"provider": provider.name}


sign_up = only_with_providers(takes_forms(ProviderSignUp.as_view()))


@only_with_providers
@sign_in_required
@leads_to_providers
@takes_forms
def ask_again(request: HttpRequest) -> HttpResponse:
    """Offer the providers that can say again that it is the player, and lead to one."""
    to = as_own_path(request.GET.get(REDIRECT_FIELD_NAME, ""), request) or reverse("account")
    offered = [way["provider"] for way in _list_ways(get_person(request)) if way["account"]]
    if not offered:
        return redirect("account_reauthenticate")
    chosen = next((each for each in offered if each.key == request.POST.get("provider")), None)
    if chosen is not None:
        return _leave(request, chosen, Errand(Purpose.AGAIN, to))
    status = 400 if request.method == "POST" else 200
    return render(request, "web/entrance/provider_again.html", {"offered": offered}, status=status)


@only_with_providers
@sign_in_required
@leads_to_providers
@takes_forms
def manage(request: HttpRequest) -> HttpResponse:
    """Show what signs the player in besides a password; connect and disconnect it."""
    if request.method == "POST" and is_reauthentication_required(request, app="allauth.socialaccount"):
        # Asked again by its own page, whose form may lead to a provider: that for the password may not.
        return redirect("provider-accounts")
    return _manage(request)


@_again
def _manage(request: HttpRequest) -> HttpResponse:
    person = get_person(request)
    form = ProviderForm(list_providers(), read_posted(request))
    answers: list[HttpResponse] = []

    def do() -> None:
        given = form.cleaned_data
        provider = get_provider(given["provider"])
        if given["do"] == "connect":
            errand = Errand(Purpose.CONNECT, "", with_id=given["with_id"])
            answers.append(_leave(request, provider, errand))
        else:
            act = {"disconnect": _disconnect, "link": _link}[given["do"]]
            answers.append(act(request, provider))

    status = send_form(form, do)
    if answers:
        return answers[0]
    ways = _list_ways(person)
    is_last = not person.has_usable_password() and sum(bool(way["account"]) for way in ways) == 1
    context = {"ways": ways, "form": form, "is_last": is_last}
    return render(request, "web/entrance/provider_accounts.html", context, status=status)


def _list_ways(person: User) -> list[dict[str, Any]]:
    """Return each provider that is on, with the account that is connected and whether its id is linked."""
    on = list_providers()
    connected = {row.provider: row for row in accounts.list_provider_accounts(person, of=[p.key for p in on])}
    linked = (
        {str(row) for row in accounts.list_external_ids(person) if row.is_confirmed} if connected else set()
    )
    ways = []
    for provider in on:
        row = connected.get(provider.key)
        external_id = f"{provider.key}:{row.uid}" if row else ""
        ways.append({"provider": provider, "account": row, "is_linked": external_id in linked})
    return ways


def _disconnect(request: HttpRequest, provider: Provider) -> HttpResponse:
    person, usable = get_person(request), [each.key for each in list_providers()]
    accounts.disconnect_provider_account(user=person, provider=provider.key, usable=usable)
    end_elsewhere(request, user=person)
    tell_of_provider(person, DISCONNECTED, provider.name)
    said = _("%(provider)s signs you in no more. You are signed out everywhere else.")
    messages.success(request, said % {"provider": provider.name})
    return redirect("provider-accounts")


def _link(request: HttpRequest, provider: Provider) -> HttpResponse:
    person = get_person(request)
    held = accounts.list_provider_accounts(person, of=[provider.key])
    if not held:
        raise accounts.NotConnected(_("It is not connected."))
    link_proven_id(user=person, external_id=f"{provider.key}:{held[0].uid}", now=clock.now())
    messages.success(request, _("Linked: files and game servers that name this id give you the match."))
    return redirect("provider-accounts")


def _leave(request: HttpRequest, provider: Provider, errand: Errand) -> HttpResponse:
    count_from_address(request)
    return redirect(begin_errand(request, provider, errand))


def _sign_in(request: HttpRequest, proof: Proof, to: str) -> HttpResponse:
    user = accounts.find_by_provider_account(provider=proof.provider, uid=proof.uid)
    if user is None:
        if not settings.SIGN_UP:
            message = _(
                "No account here is connected to it. Sign in with your password, and connect it then."
            )
            raise NotProven(message)
        keep_pending(request, Pending(proof, to), now=clock.now())
        return redirect("provider-sign-up")
    if not user.is_active:
        if way := lead_closed(request, user=user, to=to, by=PROVIDER):
            return way
        raise SignInClosed(user)
    accounts.note_provider_sign_in(user=user, provider=proof.provider, now=clock.now())
    return begin_sign_in(request, user=user, to=to, by=PROVIDER)


def _go_on(request: HttpRequest, provider: Provider, proof: Proof, to: str) -> HttpResponse:
    """Go on with what asked for the proof, if it is the player's own."""
    person = get_person(request)
    owner = accounts.find_by_provider_account(provider=proof.provider, uid=proof.uid)
    if owner is None or owner.pk != person.pk:
        raise provider.find_unproven()
    note_proven_again(request, user=person)
    return redirect(to)


def _connect(request: HttpRequest, provider: Provider, proof: Proof, errand: Errand) -> HttpResponse:
    person = get_person(request)
    try:
        if accounts.connect_provider_account(user=person, provider=proof.provider, uid=proof.uid):
            tell_of_provider(person, CONNECTED, provider.name)
        said = _("%(provider)s signs you in from now on.") % {"provider": provider.name}
        messages.success(request, said)
        if errand.with_id:
            link_proven_id(user=person, external_id=proof.external_id, now=clock.now())
    except (Conflict, Suspended) as refusal:
        messages.error(request, refusal.message)
    return redirect("provider-accounts")


def _show_refusal(request: HttpRequest, provider: Provider, refusal: DomainError) -> HttpResponse:
    """Say what is wrong, and where to begin again."""
    answer = get_answer(refusal)
    context = {"title": answer.title, "message": refusal.message, "provider": provider}
    return render(request, "web/entrance/not_proven.html", context, status=answer.status)
