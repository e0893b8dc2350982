"""Settings that cannot be meant so, and what Django's own checks say of them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

from deltacrown.operations.doctor.findings import Finding, Severity, Visit

LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "::1", ".localhost"}
UNSET_SITE_URL = "http://localhost:8000"
_REFERENCE = "docs/reference/settings.md"


def is_public() -> bool:
    """Return whether others than this machine are meant to reach the site."""
    return bool(settings.BEHIND_TLS or set(settings.ALLOWED_HOSTS) - LOOPBACK)


def find_setting_faults(_visit: Visit) -> Iterator[Finding]:
    """Find settings of a site for others that are those of a machine on a desk, or contradict each other."""
    if settings.DEBUG and is_public():
        yield Finding(
            "DEBUG is on, and others reach the site: pages of errors show its settings and data.",
            "Unset DEBUG, collect the static files, and restart.",
        )
    if settings.DEMO and is_public():
        yield Finding(
            "DEMO is on, and others reach the site: the passwords of the demo are known to everybody.",
            "Unset DEMO. If the demo was loaded into this database, the site needs another one.",
        )
    if not is_public():
        return
    yield from _find_tls_faults()
    yield from _find_address_faults()
    if settings.SIGN_UP and "smtp" not in settings.EMAIL_BACKEND:
        yield Finding.advice(
            "There is no mail server, so mails stay on this machine: nobody can confirm an address, sign "
            "up or "
            "reset a password.",
            f"Set EMAIL_URL to smtp+tls://user:password@host:587, or SIGN_UP=0 ({_REFERENCE}).",
        )


def _find_tls_faults() -> Iterator[Finding]:
    header = getattr(settings, "SECURE_PROXY_SSL_HEADER", None)
    if not settings.BEHIND_TLS:
        yield Finding.advice(
            "The site has names that others reach, and BEHIND_TLS is off: passwords and sessions travel "
            "unencrypted.",
            "Put a proxy with a certificate in front (deploy/nginx.conf) and set BEHIND_TLS=1 and "
            "SECRET_KEY.",
        )
    elif header is None:
        yield Finding.advice(
            "BEHIND_TLS is on and TRUST_FORWARDED_PROTO is off: behind a proxy every request is redirected "
            "for ever.",
            "Set TRUST_FORWARDED_PROTO=1 if a proxy sets X-Forwarded-Proto itself; leave it if the server "
            "has "
            "the certificate.",
        )
    if header and not settings.API_TRUSTED_PROXIES:
        yield Finding(
            "TRUST_FORWARDED_PROTO is on and API_TRUSTED_PROXIES is 0: everybody has the address of the "
            "proxy, "
            "and all share one limit of requests and of attempts to sign in.",
            "Set API_TRUSTED_PROXIES to the number of proxies in front, usually 1.",
        )


def _find_address_faults() -> Iterator[Finding]:
    site = urlsplit(settings.SITE_URL)
    if settings.SITE_URL == UNSET_SITE_URL:
        yield Finding(
            f"SITE_URL is not set: mails of notifications lead to {UNSET_SITE_URL}.",
            "Set SITE_URL to the address of the site, with https://.",
        )
    elif settings.BEHIND_TLS and site.scheme != "https":
        yield Finding.advice("SITE_URL begins with http://, and BEHIND_TLS is on.", "Write it with https://.")
    if "*" in settings.ALLOWED_HOSTS:
        yield Finding.advice(
            "ALLOWED_HOSTS takes every name: links in mails and pages can be made to lead elsewhere.",
            "Name the hosts of the site.",
        )
    elif not set(settings.ALLOWED_HOSTS) - LOOPBACK:
        yield Finding(
            "BEHIND_TLS is on and ALLOWED_HOSTS has names of this machine only: everybody else gets 400.",
            "Set ALLOWED_HOSTS to the names of the site.",
        )


def find_check_faults(_visit: Visit) -> Iterator[Finding]:
    """Find what ``check`` finds; of a site that others reach, what ``check --deploy`` does."""
    for message in checks.run_checks(include_deployment_checks=is_public() and settings.BEHIND_TLS):
        if message.is_silenced() or message.level < checks.WARNING:
            continue
        severity = Severity.PROBLEM if message.level >= checks.ERROR else Severity.ADVICE
        hint = str(message.hint or f"{message.id} in Django's list of system checks says what to do.")
        what = " ".join(str(message.msg).split())
        yield Finding(
            f"{message.id}: {what}", " ".join(hint.split()).replace("manage.py", "deltacrown"), severity
        )
