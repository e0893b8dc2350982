"""The audit log of what staff change of matches."""

from __future__ import annotations

from collections.abc import Sequence

from deltacrown.accounts.models import User
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.deeds import Deed
from deltacrown.games.models import MatchRow


def record_change(
    deed: Deed, rows: Sequence[MatchRow], *, by: User | None, reason: str, of: User | None = None
) -> None:
    """Log a change of a match by staff; what others report is in the history of the match.

    :param of: the player, where it is about one line.
    """
    if by is not None and by.is_staff:
        about = write_about("match", rows[0].pk)
        record_deed(deed=deed, by=by, of=of, about=about, reason=reason)
