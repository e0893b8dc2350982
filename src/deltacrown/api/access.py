"""Callers and their permissions: a person by session, a program by key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from django.http import HttpRequest, UnreadablePostError
from ninja.utils import check_csrf

from deltacrown.accounts.models import ApiKey, User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.accounts.services import authenticate_key
from deltacrown.api.problems import FORBIDDEN, INVALID, MALFORMED, TOO_LARGE, UNAUTHENTICATED, Refused
from deltacrown.api.throttling import count_request
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.clock import now
from deltacrown.core.deeds import Deed
from deltacrown.user_profile.privacy import Viewer

SAFE = {"GET", "HEAD"}


@dataclass(frozen=True)
class Caller:
    """The author of a request; both fields are ``None`` for a visitor.

    A key acts as its owner, never as staff: it has none of its owner's rights.
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

    :param people: whom a session lets in: everybody, whoever is signed in, or staff with this right.
    :param scope: what a key needs to be let in; ``None``: no key is.
    :param is_shared: the answer is the same for everybody, so that caches may share it.
    """

    people: Literal["anyone", "member"] | Right
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
        elif isinstance(self.people, Right) and not has_right(caller.user, self.people):
            keys = f", or a key with the scope {self.scope}" if self.scope else ""
            raise Refused(FORBIDDEN, f"This takes staff with the permission {self.people}{keys}.")

    def admits(self, caller: Caller) -> bool:
        """Return whether a caller is allowed."""
        try:
            self.admit(caller)
        except Refused:
            return False
        return True

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
RECORDER = Access(Right.RECORD_MATCHES, "matches:write")
#: For creating the players and teams that matches name, beside ``RECORDER``.
CREATOR = Access(Right.CREATE_PLAYERS, "players:create")
#: For voiding, restoring and correcting matches.
CORRECTOR = Access(Right.CHANGE_MATCHES, "matches:write")
#: For running tournaments; the tournament's organiser is checked by the service.
ORGANISER = Access("member", "tournaments:write")
#: For marking as read what the caller is told.
TOLD = Access("member", "notifications:write")
#: For suspending players.
SUSPENDER = Access(Right.SUSPEND_PLAYERS, None)
#: For merging accounts of one player.
MERGER = Access(Right.MERGE_PLAYERS, None)
#: For resolving disputes.
MODERATOR = Access(Right.RESOLVE_DISPUTES, None)


class Gate:
    """The checks before every operation: body size, caller, rate limit, permission, CSRF, parameters.

    :param most_bytes: the largest body of the operation; None for ``MAX_BODY_BYTES``.
    """

    def __init__(self, access: Access, most_bytes: int | None = None) -> None:
        self.access = access
        self.most_bytes = most_bytes
        self.parameters: frozenset[str] = frozenset()

    def __call__(self, request: HttpRequest) -> Caller:
        self._read_body(request)
        request.api_shared = self.access.is_shared  # type: ignore[attr-defined]
        caller = identify(request, by_session=not self.access.is_shared)
        count_request(request, caller.key.pk if caller.key else None, caller.user.pk if caller.user else None)
        self.access.admit(caller)
        if caller.user and not caller.key and request.method not in SAFE:
            _check_csrf(request)
        self._check_parameters(request)
        return caller

    def _read_body(self, request: HttpRequest) -> None:
        """Read the body whole, if it is not too large for this operation.

        It is read before the database is asked who calls: a body that trickles in would keep a connection.
        """
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if self.most_bytes is not None and length > self.most_bytes:
            raise Refused(TOO_LARGE, f"The body is {length:,} bytes; {self.most_bytes:,} are taken here.")
        try:
            request.body  # noqa: B018 - reading it is the point; Django keeps it
        except UnreadablePostError as error:
            raise Refused(MALFORMED, "The body ended before its Content-Length.") from error

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
        _log_acting_for(caller, request)
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


def _log_acting_for(caller: Caller, request: HttpRequest) -> None:
    """Log the use of a key that somebody else made: they act in its owner's name."""
    key = caller.key
    if key is not None and key.made_by_id is not None and key.made_by_id != key.owner_id:
        record_deed(
            deed=Deed.ACTED_FOR,
            by=key.made_by_id,
            of=key.owner_id,
            about=write_about("key", key.pk),
            told={"prefix": key.prefix, "method": request.method, "path": request.path_info},
        )


def _check_csrf(request: HttpRequest) -> None:
    check: Callable[[HttpRequest], object] = check_csrf
    if check(request) is not None:
        raise Refused(
            FORBIDDEN,
            "The CSRF token is missing or wrong: "
            "send the csrftoken cookie's value as X-CSRFToken, or use a key.",
        )
