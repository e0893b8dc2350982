"""The standings that follow from a bracket which was played to its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from deltacrown.accounts.models import User
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Pairing, Tournament
from deltacrown.tournaments.services.pairings.reading import list_standing_entrants
from deltacrown.tournaments.services.standings import Standing


def suggest_standings(tournament: Tournament) -> list[Standing]:
    """Return the standings that follow from the confirmed pairings of a bracket: 1, 2, 3 to 4, 5 to 8.

    Who lost in one round shares its places; a match for the third place splits 3 and 4. Empty where a pairing
    of the bracket is not confirmed, and where none was drawn. Who was disqualified, or withdrew, is left
    out, and nobody takes that place. Two queries.
    """
    rows = Pairing.objects.filter(tournament=tournament, is_drawn=True).order_by("number")
    tree = {
        row.pk: row for row in rows.select_related("first_user", "second_user", "first_team", "second_team")
    }
    if not tree or not all(row.winner for row in tree.values()):
        return []

    thirds = {row.loser_to_id for row in tree.values() if row.loser_to_id is not None}
    final = next(row for row in tree.values() if row.winner_to_id is None and row.pk not in thirds)
    standings = [_stand(final.winner, 1)]
    losers = _group_losers((row for row in tree.values() if row.pk not in thirds), tree)
    for first, out in sorted(losers.items()):
        last = first + len(out) - 1
        standings += [_stand(entrant, first, last) for entrant in out]
    for third in thirds:
        standings += [_stand(tree[third].winner, 3), _stand(tree[third].loser, 4)]
    stands = list_standing_entrants(tournament)
    standings = [each for each in standings if (each.user or each.team) in stands]
    return sorted(standings, key=lambda each: each.placement or 0)


def _group_losers(
    rows: Iterable[Pairing], tree: Mapping[int, Pairing]
) -> dict[int, list[User | Team | None]]:
    """Return the first place of those who lost in a round → them; without who plays for the third."""
    losers: defaultdict[int, list[User | Team | None]] = defaultdict(list)
    for row in rows:
        if row.loser_to_id is None:
            losers[2 ** _count_rounds_to_final(row, tree) + 1].append(row.loser)
    return losers


def _count_rounds_to_final(row: Pairing, tree: Mapping[int, Pairing]) -> int:
    rounds = 0
    while row.winner_to_id is not None:
        row, rounds = tree[row.winner_to_id], rounds + 1
    return rounds


def _stand(entrant: User | Team | None, first: int, last: int | None = None) -> Standing:
    user, team = (entrant, None) if isinstance(entrant, User) else (None, entrant)
    return Standing(user=user, team=team, placement=first, placement_to=last if last != first else None)
