"""What a dispute is judged by: its parties, what they say, and what was decided about the same before.

Each part is read for all parties together, and is bounded; whole lists have pages of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, QuerySet

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.audit import write_about
from deltacrown.core.deeds import Deed
from deltacrown.core.models import AuditEntry
from deltacrown.core.pagination import Order, Page, paginate
from deltacrown.games.models import Game, MatchRow
from deltacrown.games.services import list_match_lines
from deltacrown.moderation import services as moderation
from deltacrown.moderation.models import Dispute, DisputeStatement
from deltacrown.pages.audit_log import LATEST_FIRST, LoggedDeed, describe_entries
from deltacrown.pages.bench import name_people
from deltacrown.user_profile.models import GameStats, UserProfile
from deltacrown.user_profile.privacy import History, list_who_show

#: How many of each a review shows.
RULINGS_SHOWN = STATEMENTS_SHOWN = OTHERS_SHOWN = 10
#: Of so many disputes about the same the rulings are told.
MOST_SAME = 50
MOST_PARTIES = 20
PER_PAGE = 20
OLDEST_FIRST: Order = ("written_at", "id")
_ABOUT_RESULTS = [Deed.RESULT_CORRECTED, Deed.DISQUALIFIED, Deed.DISQUALIFICATION_LIFTED]


@dataclass(frozen=True)
class DisputeCounts:
    """How many disputes there are of one kind, by what became of them."""

    open: int = 0
    upheld: int = 0
    rejected: int = 0

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> DisputeCounts:
        """Return them from the numbers by status."""
        return cls(**{status.lower(): number for status, number in counts.items()})

    @property
    def by_status(self) -> list[tuple[str, str, int]]:
        """Return status, label and number of those there are."""
        named = [(each, getattr(self, each.lower())) for each in Dispute.Status]
        return [(each.value, str(each.label), number) for each, number in named if number]


@dataclass(frozen=True)
class Party:
    """Somebody whom the decision touches.

    :param played: matches of the game that count; so ``won``. None where the viewer may not know.
    :param filed: the disputes that they filed, this one among them; None where the viewer may not know.
    :param about: the disputes of others about their matches and results; as ``filed``.
    """

    profile: UserProfile
    is_reporter: bool
    joined_at: datetime
    played: int | None
    won: int | None
    rate: Decimal | None
    filed: DisputeCounts | None
    about: DisputeCounts | None


@dataclass(frozen=True)
class SaidStatement:
    """What a party said.

    :param former: what it said before, the latest first, and since when.
    :param is_of_other: whether it was said about another dispute about the same.
    """

    statement: DisputeStatement
    former: list[tuple[str, datetime]]
    is_of_other: bool


@dataclass(frozen=True)
class Evidence:
    """What a dispute is judged by.

    :param left_out: how many parties are not among ``parties``.
    :param others: the other disputes about the same match or result, latest first.
    """

    game: Game | None
    parties: list[Party]
    left_out: int
    statements: list[SaidStatement]
    has_more_statements: bool
    others: list[Dispute]
    rulings: list[LoggedDeed]
    has_more_rulings: bool


def gather_evidence(dispute: Dispute, rows: Sequence[MatchRow], *, viewer: User) -> Evidence:
    """Return what a dispute is judged by, for who may decide it and is no party to it.

    Who runs its tournament is told no numbers that a player hides, and of no disputes elsewhere.

    :param rows: the lines of the disputed match; none of a result.
    """
    keys = [row.pk for row in rows]
    said = moderation.list_statements(dispute, keys).order_by(*OLDEST_FIRST)[: STATEMENTS_SHOWN + 1]
    statements = list(said)
    same = _list_same(dispute, rows)
    rulings = list(_filter_rulings(rows, same).order_by(*LATEST_FIRST)[: RULINGS_SHOWN + 1])
    game = rows[0].game if rows else dispute.result.tournament.game if dispute.result else None
    people = _list_people(dispute, rows, statements)
    return Evidence(
        game=game,
        parties=_describe_parties(people[:MOST_PARTIES], dispute, game, viewer),
        left_out=len(people[MOST_PARTIES:]),
        statements=[_describe(each, dispute) for each in statements[:STATEMENTS_SHOWN]],
        has_more_statements=len(statements) > STATEMENTS_SHOWN,
        others=[each for each in same if each.pk != dispute.pk][:OTHERS_SHOWN],
        rulings=describe_entries(rulings[:RULINGS_SHOWN], viewer),
        has_more_rulings=len(rulings) > RULINGS_SHOWN,
    )


def list_said(dispute: Dispute, page: str | None = None, *, limit: int = PER_PAGE) -> Page[SaidStatement]:
    """Return a page of what parties said about a dispute, first said first; the caller checked who asks."""
    rows = moderation.list_statements(dispute, [row.pk for row in list_lines(dispute)])
    listing = f"statements/{dispute.pk}"
    found = paginate(rows, listing=listing, order=OLDEST_FIRST, cursor=page, limit=limit)
    return found.with_items(lambda items: [_describe(each, dispute) for each in items])


def list_rulings_of_dispute(
    dispute: Dispute, page: str | None = None, *, viewer: User, limit: int = PER_PAGE
) -> Page[LoggedDeed]:
    """Return a page of what was decided about the same, latest first; the caller checked who asks."""
    rows = list_lines(dispute)
    found = _filter_rulings(rows, _list_same(dispute, rows))
    return _paginate(found, f"rulings/dispute/{dispute.pk}", page, viewer, limit)


def list_rulings_of_match(
    rows: Sequence[MatchRow], page: str | None = None, *, viewer: User, limit: int = PER_PAGE
) -> Page[LoggedDeed]:
    """Return a page of what was decided about a match, latest first, for staff who may change it.

    Of disputes only those read who may view them, and played in no line: an entry names who filed it.
    """
    disputes: Sequence[Dispute] = []
    if has_right(viewer, Right.VIEW_DISPUTES) and viewer.pk not in {row.user_id for row in rows}:
        disputes = list(Dispute.objects.filter(match_id__in=[row.pk for row in rows]).only("pk"))
    listing = f"rulings/match/{rows[0].game_id}/{rows[0].match_key}"
    return _paginate(_filter_rulings(rows, disputes), listing, page, viewer, limit)


def list_lines(dispute: Dispute) -> list[MatchRow]:
    """Return the lines of the disputed match; none of a result, or of a match that is gone."""
    try:
        match = moderation.get_disputed_match(dispute)
    except moderation.MatchGone:
        return []
    return list_match_lines(match.game, match.match_key) if match else []


def _list_same(dispute: Dispute, rows: Sequence[MatchRow]) -> list[Dispute]:
    """Return the latest disputes about the same, this one among them."""
    same = moderation.list_about_same(dispute, [row.pk for row in rows])
    latest = same.select_related("reporter__profile", "result__tournament").order_by("-filed_at", "-id")
    return list(latest[:MOST_SAME])


def _filter_rulings(rows: Sequence[MatchRow], disputes: Sequence[Dispute]) -> QuerySet[AuditEntry]:
    """Return what was decided about lines, disputes, and results of the tournament of a disputed one."""
    about = [write_about("match", row.pk) for row in rows]
    about += [write_about("dispute", each.pk) for each in disputes]
    wanted = Q(about__in=about)
    result = disputes[0].result if disputes else None
    if result is not None:
        wanted |= Q(about=write_about("tournament", result.tournament.slug), deed__in=_ABOUT_RESULTS)
    return AuditEntry.objects.filter(wanted, kind=AuditEntry.Kind.RULING)


def _paginate(
    rows: QuerySet[AuditEntry], listing: str, page: str | None, viewer: User, limit: int
) -> Page[LoggedDeed]:
    found = paginate(rows, listing=listing, order=LATEST_FIRST, cursor=page, limit=limit)
    return found.with_items(lambda items: describe_entries(items, viewer))


def _list_people(
    dispute: Dispute, rows: Sequence[MatchRow], statements: Sequence[DisputeStatement]
) -> list[int]:
    """Return the parties: who filed it, who said something, who is in the match or has the result."""
    bearers = sorted(moderation.list_bearers(dispute.result)) if dispute.result else []
    authors = [each.author_id for each in statements]
    return list(dict.fromkeys([dispute.reporter_id, *authors, *(row.user_id for row in rows), *bearers]))


def _describe_parties(
    people: Sequence[int], dispute: Dispute, game: Game | None, viewer: User
) -> list[Party]:
    is_staff = has_right(viewer, Right.VIEW_DISPUTES)
    profiles = name_people(people, viewer=viewer)
    told = people
    if not is_staff:
        shown = list_who_show([History.MATCHES]).filter(user__in=people)
        told = list(shown.values_list("user", flat=True))
    numbers = {each.user_id: each for each in GameStats.objects.filter(user__in=told, game=game)}
    filed = moderation.count_filed(people) if is_staff else {}
    about = moderation.count_about(people) if is_staff else {}
    parties = []
    for key in people:
        if (profile := profiles.get(key)) is None:
            continue
        line = numbers.get(key)
        parties.append(
            Party(
                profile=profile,
                is_reporter=key == dispute.reporter_id,
                joined_at=profile.user.date_joined,
                played=line.matches_played if line else 0 if key in told else None,
                won=line.matches_won if line else 0 if key in told else None,
                rate=line.win_rate if line else None,
                filed=DisputeCounts.of(filed.get(key, {})) if is_staff else None,
                about=DisputeCounts.of(about.get(key, {})) if is_staff else None,
            )
        )
    return parties


def _describe(statement: DisputeStatement, dispute: Dispute) -> SaidStatement:
    former = [(each["words"], datetime.fromisoformat(each["since"])) for each in reversed(statement.former)]
    return SaidStatement(statement, former, is_of_other=statement.dispute_id != dispute.pk)
