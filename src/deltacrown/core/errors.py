"""Base classes of the errors that services raise for requests they refuse."""

from __future__ import annotations


class DomainError(Exception):
    """A request is refused by a rule; nothing was changed.

    :param message: one sentence for the person who made the request: what is wrong and how to fix it.
    :param field: the name of the input it is about, or ``""`` for the whole request.
    :param at_field: the message as a page shows it beside the field, which it need not name there.
    """

    code = "refused"

    def __init__(self, message: str, *, field: str = "", at_field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.at_field = at_field or message


class InvalidInput(DomainError):
    """An input value is not valid."""

    code = "invalid"


class NotFound(DomainError):
    """The named object does not exist."""

    code = "not-found"


class Gone(DomainError):
    """The named object existed, and is not shown any more."""

    code = "gone"


class Conflict(DomainError):
    """The request contradicts what is already recorded."""

    code = "conflict"


class TooManyRequests(DomainError):
    """The caller has asked too often.

    :param retry_after: in how many seconds it may ask again.
    """

    code = "throttled"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
