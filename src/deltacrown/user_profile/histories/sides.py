"""What to call the side of a match: the team's name of today, where the side is a team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deltacrown.core.names import make_name_key
from deltacrown.games.models import MatchRow
from deltacrown.teams.services import list_team_words
from deltacrown.tournaments.models import TournamentMatchResult


def name_sides(rows: Sequence[MatchRow], details: Mapping[int, TournamentMatchResult]) -> dict[int, str]:
    """Return row's id → the name of its side.

    A row keeps the words of its delivery. Where they are a name or a slug of the player's team, present or
    former, the team's name of today is shown; other words, such as a colour, stay. One query where a side
    is called otherwise than its team, else none.

    :param details: match's id → its description, with ``team`` loaded.
    """
    names = {row.pk: row.side for row in rows}
    others: dict[int, int] = {}
    for row in rows:
        team = details[row.pk].team if row.pk in details and row.side else None
        if team is None:
            continue
        if make_name_key(row.side) == make_name_key(team.name):
            names[row.pk] = team.name
        else:
            others[row.pk] = team.pk

    words = list_team_words(others.values()) if others else {}
    for pk, team_id in others.items():
        if make_name_key(names[pk]) in words[team_id]:
            names[pk] = details[pk].team.name  # type: ignore[union-attr]
    return names
