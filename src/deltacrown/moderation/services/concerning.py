"""Which disputes concern a player: found from the player's lines and results, each by an index.

A dispute names one line of its match; the player may have another one, in the live table or in the archive.
Django cannot join those, as no foreign key leads from a line to the others of its match; so this is SQL. The
player's lines are read first: the work grows with what a player played, and not with the disputes of all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import product

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.expressions import RawSQL

from deltacrown.accounts.models import User
from deltacrown.games.models import MATCH_TABLES
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult

_DISPUTES, _RESULTS = Dispute._meta.db_table, TournamentResult._meta.db_table
_TABLES = [table._meta.db_table for table in MATCH_TABLES]

#: Dispute and player, for each of the two tables that the player's line and the disputed one can be in.
_BY_LINES = [
    f"SELECT d.id, o.user_id AS party_id FROM {own} o "
    f"JOIN {other} s ON s.game_id = o.game_id AND s.match_key = o.match_key "
    f"JOIN {_DISPUTES} d ON d.match_id = s.id WHERE o.user_id IN (%(users)s)"
    for own, other in product(_TABLES, _TABLES)
]
_BY_RESULTS = (
    f"SELECT d.id, r.user_id AS party_id FROM {_RESULTS} r "
    f"JOIN {_DISPUTES} d ON d.result_id = r.id WHERE r.user_id IN (%(users)s)"
)

#: Status → how many disputes.
Counts = dict[str, int]


def filter_about(rows: QuerySet[Dispute], user: User) -> QuerySet[Dispute]:
    """Return the disputes of others about matches that the player has a line in, and the player's results."""
    return rows.exclude(reporter=user).filter(pk__in=_select_pairs([*_BY_LINES, _BY_RESULTS], user))


def exclude_concerning(rows: QuerySet[Dispute], user: User) -> QuerySet[Dispute]:
    """Return the disputes to which ``user`` is no party, and those that they filed themselves.

    A party is who ``is_affected`` says: of a result everybody who entered the tournament.
    """
    return rows.filter(Q(reporter=user) | ~_concerns(user))


def exclude_parties(rows: QuerySet[Dispute], user: User) -> QuerySet[Dispute]:
    """Return the disputes to which ``user`` is no party; those that they filed are not among them."""
    return rows.exclude(reporter=user).exclude(_concerns(user))


def count_filed(users: Sequence[int]) -> dict[int, Counts]:
    """Return by status how many disputes each of some players filed, in one statement."""
    rows = Dispute.objects.filter(reporter__in=users).values_list("reporter", "status")
    counts: defaultdict[int, Counts] = defaultdict(dict)
    for user, status, number in rows.annotate(n=Count("pk")).order_by():
        counts[user][status] = number
    return dict(counts)


def count_about(users: Sequence[int]) -> dict[int, Counts]:
    """Return by status how many disputes of others concern each of some players, in one statement."""
    counts: defaultdict[int, Counts] = defaultdict(dict)
    if not users:
        return {}
    pairs, params = _write_pairs([*_BY_LINES, _BY_RESULTS], users)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pair.party_id, d.status, COUNT(*) FROM ({pairs}) pair "
            f"JOIN {_DISPUTES} d ON d.id = pair.id WHERE d.reporter_id <> pair.party_id GROUP BY 1, 2",
            params,
        )
        for user, status, number in cursor.fetchall():
            counts[user][status] = number
    return dict(counts)


def _concerns(user: User) -> Q:
    entered = TournamentParticipation.objects.filter(user=user)
    entered = entered.exclude(status=TournamentParticipation.Status.WITHDRAWN)
    placed = TournamentResult.objects.filter(user=user)
    by_results = [Q(result__tournament__in=rows.values("tournament")) for rows in (entered, placed)]
    return Q(pk__in=_select_pairs(_BY_LINES, user)) | by_results[0] | by_results[1]


def _select_pairs(parts: Sequence[str], user: User) -> RawSQL:
    pairs, params = _write_pairs(parts, [user.pk])
    return RawSQL(f"SELECT pair.id FROM ({pairs}) pair", params)  # noqa: S611 - of constants


def _write_pairs(parts: Sequence[str], users: Sequence[int]) -> tuple[str, list[int]]:
    """Return a query of pairs of dispute and player, each once."""
    places = ", ".join(["%s"] * len(users))
    return " UNION ".join(part % {"users": places} for part in parts), [*users] * len(parts)
