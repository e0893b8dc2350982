"""The mails of an account: what each says, in the language of the request that asked for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.accounts.models import User
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.errors import DomainError

SUBJECT_PREFIX = "DeltaCrown: "
TO_A_FOLDER = "django.core.mail.backends.filebased.EmailBackend"


def get_mail_folder() -> str:
    """Return the folder that mails are written to; ``""`` where a server sends them."""
    return str(settings.EMAIL_FILE_PATH) if settings.EMAIL_BACKEND == TO_A_FOLDER else ""


class MailNotSent(DomainError):
    """The server for mail does not take the mail."""

    code = "mail-not-sent"


@dataclass(frozen=True)
class Mail:
    """What a mail says.

    :param code: what the reader types in.
    :param links: absolute addresses, each with what it is for.
    :param end: what is said last, of mails that may come unasked.
    """

    subject: str
    paragraphs: list[str]
    code: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)
    end: str = ""


#: Mails about a provider: it is connected, or no more.
CONNECTED, DISCONNECTED = "accounts/email/connected", "accounts/email/disconnected"
#: Changes of an account that its mailbox is told: the mail, of django-allauth or this site → what is said.
NOTICES: dict[str, Promise] = {
    "account/email/password_changed": gettext_lazy("Your password was changed."),
    "account/email/password_reset": gettext_lazy("Your password was changed by a mailed code."),
    "account/email/password_set": gettext_lazy("A password was set for your account."),
    "account/email/email_deleted": gettext_lazy("An e-mail address was taken from your account."),
    "mfa/email/totp_activated": gettext_lazy("Signing in now asks for a code of an app, too."),
    "mfa/email/totp_deactivated": gettext_lazy("Signing in asks for no code of an app any more."),
    CONNECTED: gettext_lazy("Your account at %(provider)s now signs in to your account here."),
    DISCONNECTED: gettext_lazy("Your account at %(provider)s signs in to your account here no more."),
    "mfa/email/recovery_codes_generated": gettext_lazy("Other recovery codes were made."),
}


def write_mail(kind: str, told: dict[str, Any]) -> Mail:
    """Return what a mail says.

    :param kind: as django-allauth calls it.
    :param told: what it tells.
    """
    nobody = _("If you did not ask for this, do nothing: nobody comes in without the code.")
    if kind.startswith("account/email/email_confirmation"):
        text = _("Write this code where you signed up, or changed your address:")
        return Mail(_("Confirm your address"), [text], code=told["code"], end=nobody)
    if kind == "account/email/password_reset_code":
        texts = [_("Write this code on the page that asked for your address, to set a new password:")]
        if told.get("username"):
            texts.insert(0, _("Your username is %(name)s.") % {"name": told["username"]})
        return Mail(_("A code for a new password"), texts, code=told["code"], end=nobody)
    if kind == "account/email/account_already_exists":
        texts = [
            _("Somebody, probably you, wanted to sign up with this address. It has an account already."),
            _("Sign in to it. If you have forgotten the username or the password:"),
        ]
        links = [(_("Forgotten password"), told["password_reset_url"])]
        return Mail(
            _("You have an account already"), texts, links=links, end=_("If it was not you, do nothing.")
        )
    if kind == "account/email/unknown_account":
        texts = [
            _("Somebody, probably you, asked for a new password for this address. It has no account here."),
            _("Try another address of yours, or sign up:"),
        ]
        links = [(_("Sign up"), told["signup_url"])]
        return Mail(
            _("No account with this address"), texts, links=links, end=_("If it was not you, do nothing.")
        )
    return _write_notice(kind, told)


def _write_notice(kind: str, told: dict[str, Any]) -> Mail:
    """Return what the mail about a change of the account says."""
    if kind == "account/email/email_changed":
        what = _("Mails to you now go to %(to)s, and to %(before)s no more.")
        what %= {"to": told["to_email"], "before": told["from_email"]}
    else:
        what = str(NOTICES[kind])
        if "provider" in told:
            what %= {"provider": told["provider"]}
    at = write_iso_minute(told["timestamp"])
    origin = _("It was done at %(time)s UTC from the address %(address)s, with the browser %(browser)s.")
    words = {"time": at, "address": told["ip"], "browser": told["user_agent"]}
    end = _("If it was not you, set another password at once, and tell the people who run this site.")
    return Mail(_("Your account was changed"), [what, origin % words], end=end)


def tell_of_provider(user: User, kind: str, provider: str) -> None:
    """Tell the mailbox of an account that a provider was connected, or is no more.

    :param kind: CONNECTED or DISCONNECTED.
    :raises MailNotSent: the server for mail does not take it.
    """
    get_adapter().send_notification_mail(kind, user, {"provider": provider})


def build_message(
    mail: Mail, *, to: list[str], headers: dict[str, str] | None = None
) -> EmailMultiAlternatives:
    """Return a mail as plain text and as HTML."""
    context = {"mail": mail, "subject": mail.subject}
    text, page = (render_to_string(f"accounts/mail.{kind}", context) for kind in ("txt", "html"))
    message = EmailMultiAlternatives(
        SUBJECT_PREFIX + " ".join(mail.subject.split()),
        text.strip() + "\n",
        settings.DEFAULT_FROM_EMAIL,
        to,
        headers=headers,
    )
    message.attach_alternative(page, "text/html")
    return message
