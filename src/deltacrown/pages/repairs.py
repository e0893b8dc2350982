"""The repairs of stored numbers, one by one, as staff read them: whose number, from what to what, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right
from deltacrown.core.audit import record_deed
from deltacrown.core.deeds import Deed
from deltacrown.core.pagination import Order, Page, paginate
from deltacrown.games.models import Game
from deltacrown.pages.bench import name_people, require_right
from deltacrown.user_profile.models import GameStats, UserProfile
from deltacrown.user_profile.privacy import Viewer
from django_tally.models import Repair

#: Repairs are numbered in the order in which they were made.
LATEST_FIRST: Order = ("-id",)
REPAIRS_SHOWN = 50


@dataclass(frozen=True)
class RepairedNumber:
    """A repair of one number.

    :param label: what pages call the number.
    :param owner: whose it is; None for a number of no player, and of one whom the viewer may not know.
    :param game: the game it is of; None for a number of all games.
    :param page: the name of the number, where its page can be opened.
    :param faults: what the verification found wrong with what keeps the numbers.
    """

    repair: Repair
    label: str
    owner: UserProfile | None
    game: Game | None
    page: str
    faults: tuple[str, ...]


def list_repairs(
    page: str | None = None, *, viewer: Viewer, limit: int = REPAIRS_SHOWN
) -> Page[RepairedNumber]:
    """Return a page of the repairs of everybody's numbers, the latest first.

    :raises MayNotModerate: the viewer may not read the audit log.
    :raises InvalidInput: the cursor or the limit is not valid.
    """
    reader = require_right(viewer, Right.VIEW_AUDIT)
    record_deed(deed=Deed.READ_REPAIRS, by=reader)
    rows = Repair.objects.select_related("run")
    found = paginate(rows, listing="repairs", order=LATEST_FIRST, cursor=page, limit=limit)
    return found.with_items(lambda rows: _describe(rows, reader))


def _describe(rows: Sequence[Repair], viewer: User) -> list[RepairedNumber]:
    of_players = {UserProfile._meta.label, GameStats._meta.label}
    owners = name_people([row.owner for row in rows if row.holder in of_players], viewer=viewer)
    games = Game.objects.in_bulk({row.keys["game"] for row in rows if row.keys.get("game")})
    described = []
    for row in rows:
        owner = owners.get(row.owner) if row.owner is not None and row.holder in of_players else None
        game = games.get(row.keys.get("game"))
        label, is_declared = _name_number(row)
        page = row.stat if owner and is_declared else ""
        faults = tuple(row.run.faults)
        described.append(RepairedNumber(row, label, owner, game, page, faults))
    return described


def _name_number(row: Repair) -> tuple[str, bool]:
    """Return the label of a number and whether it is declared; its name when it is not, any more."""
    try:
        number = apps.get_model(row.holder)._meta.get_field(row.stat)
    except (LookupError, FieldDoesNotExist):
        return row.stat, False
    return str(getattr(number, "label", row.stat)), True
