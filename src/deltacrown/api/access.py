"""Callers and their permissions: a person by session, a program by key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from django.http import HttpRequest
from ninja.utils import check_csrf

from deltacrown.accounts.models import ApiKey, User
from deltacrown.accounts.services import authenticate_key
from deltacrown.api.problems import FORBIDDEN, INVALID, UNAUTHENTICATED, Refused
from deltacrown.api.throttling import count_request
from deltacrown.core.clock import now
from deltacrown.user_profile.privacy import Viewer

SAFE = {"GET", "HEAD"}


@dataclass(frozen=True)
class Caller:
    """The author of a request; both fields are ``None`` for a visitor.

    A key acts as its owner, never as staff.
    """

    user: User | None = None
    key: ApiKey | None = None

    @property
    def viewer(self) -> Viewer:
        """Return the viewer for the privacy rules: a key without the scope ``read`` reads as a visitor."""
        return self.user if self.key is None or "read" in self.key.scopes else None

    @property
    def member(self) -> User:
        """Return the person behind the request. Only for operations that visitors may not call."""
        assert self.user is not None  # noqa: S101 - Access saw to it
        return self.user

    @property
    def is_staff(self) -> bool:
        return self.key is None and self.user is not None and self.user.is_staff

    def __bool__(self) -> bool:
        return True  # ninja takes a false answer for a refusal


@dataclass(frozen=True)
class Access:
    """The rule on who may call an operation.

    :param people: whom a session lets in; ``anyone`` means visitors too.
    :param scope: what a key needs to be let in; ``None``: no key is.
    :param is_shared: the answer is the same for everybody, so that caches may share it.
    """

    people: Literal["anyone", "member", "staff"]
    scope: str | None
    is_shared: bool = False

    def admit(self, caller: Caller) -> None:
        """Refuse a caller who is not allowed.

        :raises Refused: with 401 or 403.
        """
        if self.people == "anyone":
            return
        if caller.user is None:
            raise Refused(
                UNAUTHENTICATED,
                "Sign in, or send a key: Authorization: Bearer KEY.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if caller.key is not None:
            self._admit_key(caller.key)
        elif self.people == "staff" and not caller.is_staff:
            keys = f" or a key with the scope {self.scope}" if self.scope else ""
            raise Refused(FORBIDDEN, f"This takes a member of staff{keys}.")

    def _admit_key(self, key: ApiKey) -> None:
        if self.scope is None:
            raise Refused(FORBIDDEN, "No key may do this: sign in.")
        if self.scope not in key.scopes:
            raise Refused(FORBIDDEN, f"The key lacks the scope {self.scope}; it has {', '.join(key.scopes)}.")


#: The same for everybody.
SHARED = Access("anyone", "read", is_shared=True)
#: For everybody, as far as each may see.
PUBLIC = Access("anyone", "read")
#: For the caller, about the caller.
OWN = Access("member", "read")
#: For a signed-in person only.
PERSON = Access("member", None)
#: For recording matches.
RECORDER = Access("staff", "matches:write")
#: For running tournaments; the tournament's organiser is checked by the service.
ORGANISER = Access("member", "tournaments:write")
#: For staff only.
STAFF = Access("staff", None)


class Gate:
    """The checks before every operation: caller, rate limit, permission, CSRF of sessions, parameters."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.parameters: frozenset[str] = frozenset()

    def __call__(self, request: HttpRequest) -> Caller:
        request.api_shared = self.access.is_shared  # type: ignore[attr-defined]
        caller = identify(request, by_session=not self.access.is_shared)
        count_request(request, caller.key.pk if caller.key else None, caller.user.pk if caller.user else None)
        self.access.admit(caller)
        if caller.user and not caller.key and request.method not in SAFE:
            _check_csrf(request)
        self._check_parameters(request)
        return caller

    def _check_parameters(self, request: HttpRequest) -> None:
        for name, values in request.GET.lists():
            if name not in self.parameters:
                known = ", ".join(sorted(self.parameters)) or "none"
                message = f"There is no parameter {name[:60]!r} here: it takes {known}."
                raise Refused(INVALID, message, field=name[:60])
            if len(values) > 1:
                raise Refused(INVALID, f"{name} is given {len(values)} times: give it once.", field=name)


def caller_of(request: HttpRequest) -> Caller:
    """Return the caller, whom the gate has checked."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller


def identify(request: HttpRequest, *, by_session: bool) -> Caller:
    """Return the caller of a request; a key counts before a session.

    :raises Refused: for a key that is unknown, revoked, or of a deactivated account.
    """
    header = request.headers.get("Authorization")
    if header is not None:
        caller = _identify_key(header)
        if caller is None:
            count_request(request, None, None)
            raise Refused(
                UNAUTHENTICATED,
                "The key is unknown or revoked.",
                headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        request.api_is_private = True  # type: ignore[attr-defined]
        return caller
    user = request.user if by_session else None
    if isinstance(user, User) and user.is_active:
        request.api_is_private = True  # type: ignore[attr-defined]
        return Caller(user=user)
    return Caller()


def _identify_key(header: str) -> Caller | None:
    scheme, _, secret = header.partition(" ")
    key = authenticate_key(secret=secret.strip(), now=now()) if scheme.lower() == "bearer" else None
    if key is None:
        return None
    user = key.owner
    user.is_staff = user.is_superuser = False
    return Caller(user=user, key=key)


def _check_csrf(request: HttpRequest) -> None:
    check: Callable[[HttpRequest], object] = check_csrf
    if check(request) is not None:
        raise Refused(
            FORBIDDEN,
            "The CSRF token is missing or wrong: "
            "send the csrftoken cookie's value as X-CSRFToken, or use a key.",
        )
