"""The log of a tournament: what happened to its entrants and rosters, as far as a viewer may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.core.pagination import Page, paginate
from deltacrown.pages.tournament_entrants import EntrantLink, link_player
from deltacrown.pages.tournaments import get_tournament
from deltacrown.tournaments.models import EntryChange, Tournament
from deltacrown.tournaments.services import can_organise, filter_entry_changes


@dataclass(frozen=True)
class EntryChangeItem:
    """One step of the log.

    :param player: None where it happened to a whole team.
    :param decided_by: a public id; None for who does not run the tournament, and where nobody is recorded.
    """

    kind: EntryChange.Kind
    player: EntrantLink | None
    team: str
    in_place_of: EntrantLink | None
    reason: str
    happened_at: datetime
    recorded_at: datetime
    decided_by: EntrantLink | None


@dataclass(frozen=True)
class EntryChangesPage:
    """The log of a tournament.

    :param sees_all: whether the viewer sees all of it, and by whom it was.
    """

    tournament: Tournament
    lines: Page[EntryChangeItem]
    sees_all: bool


def get_entry_changes_page(slug: str, page: str | None, *, viewer: User, limit: int = 20) -> EntryChangesPage:
    """Return the log of a tournament, latest first: all of it, or what concerns ``viewer``.

    :raises NotFound: there is no such tournament for the viewer.
    """
    event = get_tournament(slug, viewer=viewer)
    rows = filter_entry_changes(event, viewer).select_related(
        "user__profile", "in_place_of__profile", "decided_by__profile", "team"
    )
    sees_all = can_organise(event, viewer)

    listing, order = f"entry-changes/{event.pk}/{viewer.pk}", ("-happened_at", "-id")
    found = paginate(rows, listing=listing, order=order, cursor=page, limit=limit)
    described = found.with_items(lambda lines: _describe(lines, sees_all=sees_all))
    return EntryChangesPage(event, described, sees_all)


def _describe(rows: Sequence[EntryChange], *, sees_all: bool) -> list[EntryChangeItem]:
    return [
        EntryChangeItem(
            kind=EntryChange.Kind(row.kind),
            player=_link(row.user),
            team=row.team.name if row.team else "",
            in_place_of=_link(row.in_place_of),
            reason=row.reason,
            happened_at=row.happened_at,
            recorded_at=row.recorded_at,
            decided_by=_link(row.decided_by) if sees_all else None,
        )
        for row in rows
    ]


def _link(user: User | None) -> EntrantLink | None:
    return None if user is None else link_player(user.profile)
