"""The audit log of rulings: those of staff on tournaments that they do not organise themselves."""

from __future__ import annotations

from deltacrown.accounts.models import User
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.deeds import Deed
from deltacrown.tournaments.models import Tournament


def record_ruling(
    tournament: Tournament, deed: Deed, *, by: User | None, of: User | None = None, reason: str = ""
) -> None:
    """Log a ruling by staff who do not organise the tournament; what organisers do is theirs to do."""
    if by is not None and by.is_staff and by.pk != tournament.organiser_id:
        about = write_about("tournament", tournament.slug)
        record_deed(deed=deed, by=by, of=of, about=about, reason=reason)
