"""What to call the side of a match: the team's name of today, where the side is a team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from deltacrown.core.names import make_name_key
from deltacrown.games.models import MatchRow
from deltacrown.teams.services import list_team_words
from deltacrown.tournaments.models import TournamentMatchResult


def name_sides(rows: Sequence[MatchRow], details: Mapping[int, TournamentMatchResult]) -> dict[int, str]:
    """Return row's id → the name of its side; see ``name_by_team``.

    :param details: match's id → its description, with ``team`` loaded.
    """
    teams = {pk: Side(told.team.pk, told.team.name) for pk, told in details.items() if told.team}
    return name_by_team({row.pk: row.side for row in rows}, teams)


class Side(NamedTuple):
    """The team of a side."""

    team: int
    name: str


def name_by_team(sides: Mapping[int, str], teams: Mapping[int, Side]) -> dict[int, str]:
    """Return match's id → the name of its side.

    A row keeps the words of its delivery. Where they are a name or a slug of the player's team, present or
    former, the team's name of today is shown; other words, such as a colour, stay. One query where a side
    is called otherwise than its team, else none.

    :param sides: match's id → the words of the side.
    :param teams: match's id → the team, where it was played for one.
    """
    names = dict(sides)
    others: dict[int, Side] = {}
    for pk, team in teams.items():
        side = sides.get(pk)
        if not side:
            continue
        if make_name_key(side) == make_name_key(team.name):
            names[pk] = team.name
        else:
            others[pk] = team

    words = list_team_words([each.team for each in others.values()]) if others else {}
    for pk, each in others.items():
        if make_name_key(names[pk]) in words[each.team]:
            names[pk] = each.name
    return names
