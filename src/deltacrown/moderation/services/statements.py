"""What the other parties of a dispute say of it: each once, and changed until the dispute is decided.

A party learns that it is asked, and neither who filed the dispute nor why; one that is not asked is answered
as if nothing were disputed. Who has an open dispute of their own about the same is not asked: moderators read
it there, and by being asked the reporter would learn that somebody else filed one, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict, NotFound
from deltacrown.core.inputs import check_past, check_text
from deltacrown.core.pagination import InvalidCursor, read_position, write_position
from deltacrown.games.models import MatchRow
from deltacrown.games.services import list_match_lines
from deltacrown.moderation.models import Dispute, DisputeStatement
from deltacrown.moderation.services.parties import is_affected
from deltacrown.moderation.services.subjects import MatchGone, get_disputed_match, has_competed
from deltacrown.tournaments.models import Tournament, TournamentResult
from django_tally.transactions import atomic_service

STATEMENT_LENGTH = 2000
#: So often a party can change it. Each wording is kept, since moderators may have read it.
MOST_CHANGES = 10

# Another name than that of moderators' handles: neither opens what the other does.
_HANDLES = "dispute-statement"


class NotAsked(NotFound):
    """There is no such dispute, or the viewer is not asked about it. Nobody learns which."""


class Decided(Conflict):
    """The dispute is decided: nothing more is said about it."""


class ChangedTooOften(Conflict):
    """The statement was changed as often as it can be."""


@dataclass(frozen=True)
class Asked:
    """A dispute as one of its other parties is asked about it.

    :param match: the party's own line; None where a result is disputed, or the match is gone.
    :param tournament: whose result is disputed; None where a match is.
    :param is_own: whether it is a result of the party.
    :param statement: what the party said; None where nothing.
    """

    is_open: bool
    match: MatchRow | None
    tournament: Tournament | None
    is_own: bool
    statement: DisputeStatement | None

    @property
    def changes_left(self) -> int:
        """Return how often the statement can still be changed."""
        return MOST_CHANGES - len(self.statement.former) if self.statement else MOST_CHANGES


def write_statement_handle(dispute: Dispute) -> str:
    """Return the handle by which parties are asked about the dispute; it tells nothing of it."""
    return write_position(_HANDLES, [dispute.pk])


def get_asked(handle: str, *, viewer: User) -> Asked:
    """Return what a party is asked, and what they said.

    :raises NotAsked: there is no such dispute, or ``viewer`` is not asked about it.
    """
    dispute = _find_asked(handle, viewer)
    statement = dispute.statements.filter(author=viewer).first()
    is_open = dispute.status == Dispute.Status.OPEN
    if dispute.result is not None:
        is_own = viewer.pk in list_bearers(dispute.result)
        return Asked(is_open, None, dispute.result.tournament, is_own, statement)
    own = next((line for line in _list_lines(dispute) if line.user_id == viewer.pk), None)
    return Asked(is_open, own, None, False, statement)


@atomic_service
def state(*, handle: str, words: str, author: User, now: datetime) -> DisputeStatement:
    """Record what a party says of a dispute, or change it; the same words again change nothing.

    What was said before is kept with it, for moderators.

    :param words: at most 2,000 characters.
    :raises NotAsked: there is no such dispute, or ``author`` is not asked about it.
    :raises InvalidInput: the words are empty or too long.
    :raises Decided: the dispute is decided.
    :raises ChangedTooOften: it was changed ``MOST_CHANGES`` times.
    """
    check_text(words, field="words", limit=STATEMENT_LENGTH, required=True, multiline=True)
    check_past(now, field="now")
    words = words.strip()
    found = _find_asked(handle, author)
    # Whoever decides locks the same row: a statement is there before the decision, or refused after it.
    dispute = Dispute.objects.select_for_update(no_key=True).get(pk=found.pk)
    statement = dispute.statements.filter(author=author).first()
    if statement is not None and statement.words == words:
        return statement
    if dispute.status != Dispute.Status.OPEN:
        raise Decided(_("It is decided, and what was said stays as it is."), field="words")
    if statement is None:
        return DisputeStatement.objects.create(dispute=dispute, author=author, words=words, written_at=now)

    if len(statement.former) >= MOST_CHANGES:
        message = _("You changed it %(n)s times; whoever decides reads what stands now.")
        raise ChangedTooOften(message % {"n": MOST_CHANGES}, field="words")
    since = statement.changed_at or statement.written_at
    statement.former = [*statement.former, {"words": statement.words, "since": since.isoformat()}]
    statement.words, statement.changed_at = words, now
    statement.save(update_fields=["words", "changed_at", "former"])
    return statement


def find_question_of_match(lines: Iterable[int], *, viewer: User) -> str:
    """Return the handle under which a player of a match is asked about it; empty where they are not.

    :param lines: the keys of its lines, of which the viewer has one.
    """
    disputes = list(_list_open(Dispute.objects.filter(match_id__in=lines)))
    if not disputes or viewer.pk in {each.reporter_id for each in disputes}:
        return ""
    return write_statement_handle(disputes[0])


def find_question_of_results(tournament: Tournament, *, viewer: User) -> str:
    """Return the handle under which who entered a tournament is asked about a result; empty if they are not.

    That is about their own result, if that is disputed, else about the first.
    """
    disputed = Dispute.objects.filter(reporter=viewer, status=Dispute.Status.OPEN, result__isnull=False)
    own = TournamentResult.objects.filter(tournament=tournament, user=viewer)
    is_own = Q(result__user=viewer) | Q(result__team__in=own.filter(team__isnull=False).values("team"))
    others = Dispute.objects.filter(result__tournament=tournament).exclude(
        result__in=disputed.values("result")
    )
    rows = _list_open(others)
    ranked = rows.annotate(
        rank=Case(When(is_own, then=Value(0)), default=Value(1), output_field=IntegerField())
    )
    found = ranked.order_by("rank", "filed_at", "id").first()
    if found is None or not has_competed(viewer, tournament.pk):
        return ""
    return write_statement_handle(found)


@dataclass(frozen=True)
class Question:
    """What the other parties of a new dispute are told.

    :param name: the same for all disputes about the same that are filed before one of them is decided.
    :param told: the players, with their line of the match if a match is disputed.
    """

    name: str
    told: dict[int, int | None]


def find_question(dispute: Dispute) -> Question | None:
    """Return whom a new dispute is told: the others of the match, or whose result it is.

    None where another one about the same is open: they are told already, and who filed that is not asked.
    """
    told: dict[int, int | None] = {}
    lines: list[MatchRow] = []
    if dispute.result is not None:
        told = dict.fromkeys(list_bearers(dispute.result))
        subject = f"result:{dispute.result_id}"
    else:
        lines = _list_lines(dispute)
        told = {line.user_id: line.pk for line in lines}
        subject = f"match:{min((line.pk for line in lines), default=0)}"
    same = list_about_same(dispute, [line.pk for line in lines])
    if _list_open(same).exclude(pk=dispute.pk).exists():
        return None
    told.pop(dispute.reporter_id, None)
    decided = same.exclude(status=Dispute.Status.OPEN).count()
    return Question(f"{subject}:{decided}", told)


def list_bearers(result: TournamentResult) -> set[int]:
    """Return whose result it is: the player, or the players of the team with one of their own."""
    if result.team_id is None:
        return {result.user_id} if result.user_id else set()
    of_team = TournamentResult.objects.filter(tournament=result.tournament_id, team=result.team_id)
    return set(of_team.filter(user__isnull=False).values_list("user", flat=True))


def list_statements(dispute: Dispute, lines: Iterable[int]) -> QuerySet[DisputeStatement]:
    """Return what parties said about the match or the result of a dispute, also for another dispute about it.

    Only for who may decide the dispute, and is no party to it: the caller must have checked that.

    :param lines: the keys of the lines of the disputed match.
    """
    about = list_about_same(dispute, lines).values("pk")
    return DisputeStatement.objects.filter(dispute__in=about).select_related("author__profile")


def list_about_same(dispute: Dispute, lines: Iterable[int]) -> QuerySet[Dispute]:
    """Return the disputes about the same match or result, this one among them; as ``list_statements``."""
    if dispute.result_id is not None:
        return Dispute.objects.filter(result=dispute.result_id)
    return Dispute.objects.filter(match_id__in=[dispute.match_id, *lines])


def _find_asked(handle: str, viewer: User) -> Dispute:
    try:
        (pk,) = read_position(_HANDLES, handle)
    except InvalidCursor:
        pk = 0
    dispute = Dispute.objects.select_related("result__tournament").filter(pk=pk).first()
    if dispute is None or not _is_asked(dispute, viewer):
        raise NotAsked(_("There is nothing here that you are asked about."), field="handle")
    return dispute


def _is_asked(dispute: Dispute, viewer: User) -> bool:
    if dispute.reporter_id == viewer.pk or not is_affected(dispute, viewer):
        return False
    return not _list_open(_list_same(dispute)).filter(reporter=viewer).exists()


def _list_open(rows: QuerySet[Dispute]) -> QuerySet[Dispute]:
    return rows.filter(status=Dispute.Status.OPEN).order_by("filed_at", "id")


def _list_same(dispute: Dispute) -> QuerySet[Dispute]:
    return list_about_same(dispute, [line.pk for line in _list_lines(dispute)])


def _list_lines(dispute: Dispute) -> list[MatchRow]:
    try:
        match = get_disputed_match(dispute)
    except MatchGone:
        return []
    return list_match_lines(match.game, match.match_key) if match else []
