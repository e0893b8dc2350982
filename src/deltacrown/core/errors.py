"""The family every refusal belongs to."""

from __future__ import annotations


class DomainError(Exception):
    """A request the rules refuse; nothing was changed.

    :param message: one sentence for the person who asked: what is wrong and how to mend it.
    :param field: the name of the input it is about, or ``""`` when it is about the whole request.
    """

    code = "refused"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidInput(DomainError):
    """A value that cannot be taken as it stands."""

    code = "invalid"


class NotFound(DomainError):
    """Something that was named does not exist."""

    code = "not-found"


class Conflict(DomainError):
    """The request contradicts what is already recorded."""

    code = "conflict"
