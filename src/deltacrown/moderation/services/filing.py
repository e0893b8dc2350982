"""Filing a dispute: who may, about what, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict, DomainError, InvalidInput
from deltacrown.core.inputs import check_moment, check_text
from deltacrown.games.models import MatchRow
from deltacrown.games.services import list_encounter
from deltacrown.moderation import signals
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services.subjects import get_match_row, has_competed
from deltacrown.tournaments.models import TournamentResult
from django_tally.transactions import atomic_service

REASON_LENGTH = 2000


class InvalidDispute(InvalidInput):
    """A dispute about nothing that can be disputed."""


class NotAParticipant(DomainError):
    """The reporter had no part in what they object to."""

    code = "forbidden"


class DisputeWindowClosed(Conflict):
    """It is too late to object."""


class DisputeOpen(Conflict):
    """The reporter has an open dispute about the same thing, for another reason."""


def get_dispute_deadline(happened_at: datetime) -> datetime:
    """Until when a match played, or a result decided, at ``happened_at`` can be disputed."""
    return happened_at + timedelta(days=settings.DISPUTE_WINDOW_DAYS)


@atomic_service
def file_dispute(
    *,
    reporter: User,
    match: MatchRow | None = None,
    result: TournamentResult | None = None,
    reason: str,
    now: datetime,
) -> Dispute:
    """Record a player's objection to a match they played in, or to a result of a tournament they entered.

    Any row of an encounter stands for the whole of it. The same objection filed again while it is
    open is the same dispute.

    :param match: a live or archived row; give either it or ``result``.
    :param reason: what is wrong, in the reporter's words; at most 2,000 characters.
    :raises InvalidInput: there is no reason, or it is too long.
    :raises InvalidDispute: no subject or two, or the match is voided.
    :raises NotAParticipant: the reporter had no part in it.
    :raises DisputeWindowClosed: more than ``DISPUTE_WINDOW_DAYS`` have gone by since.
    :raises DisputeOpen: the reporter has an open dispute about it for another reason.
    """
    check_text(reason, field="reason", limit=REASON_LENGTH, required=True, multiline=True)
    check_moment(now, field="now")
    reason = reason.strip()
    # One filing at a time per reporter: two rows of one encounter are one subject, beyond what the constraint can see.
    User.objects.select_for_update(no_key=True).filter(pk=reporter.pk).values_list("pk").first()
    if match is not None and result is None:
        new, same_subject = _about_match(reporter, match.pk, now)
    elif result is not None and match is None:
        new, same_subject = _about_result(reporter, result.pk, now)
    else:
        raise InvalidDispute(
            "A dispute is about one match or one tournament result; name exactly one of them."
        )
    if existing := _find_open(reporter, same_subject, reason):
        return existing
    new.reporter, new.reason, new.filed_at = reporter, reason, now
    new.save()
    signals.dispute_filed.send(Dispute, dispute=new)
    return new


def _about_match(reporter: User, pk: int, now: datetime) -> tuple[Dispute, QuerySet[Dispute]]:
    """Return an unsaved dispute of the match if the reporter may file one, and all disputes of its encounter."""
    match = get_match_row(pk)
    encounter = list_encounter(match.game, match.match_key)
    if reporter.pk not in {row.user_id for row in encounter}:
        raise NotAParticipant("Only those who played in a match can dispute it.", field="match")
    if match.is_voided:
        raise InvalidDispute(
            f"The match is voided already ({match.void_reason}); it counts nowhere.", field="match"
        )
    _check_window(match.played_at, now, "played")
    return Dispute(match_id=pk), Dispute.objects.filter(match_id__in=[row.pk for row in encounter])


def _about_result(reporter: User, pk: int, now: datetime) -> tuple[Dispute, QuerySet[Dispute]]:
    """Return an unsaved dispute of the result if the reporter may file one, and all disputes of that result."""
    result = TournamentResult.objects.select_related("tournament").get(pk=pk)
    if not has_competed(reporter, result):
        raise NotAParticipant(
            f"Only those who competed in {result.tournament.name} can dispute its results.", field="result"
        )
    _check_window(result.decided_at, now, "decided")
    return Dispute(result=result), Dispute.objects.filter(result=result)


def _check_window(since: datetime, now: datetime, happened: str) -> None:
    if now > get_dispute_deadline(since):
        days = settings.DISPUTE_WINDOW_DAYS
        raise DisputeWindowClosed(
            f"It was {happened} on {since:%Y-%m-%d}; disputes are taken for {days} days.", field="filed_at"
        )


def _find_open(reporter: User, same_subject: QuerySet[Dispute], reason: str) -> Dispute | None:
    """Return the reporter's open dispute of this subject if it says the same, refuse another."""
    existing = same_subject.filter(reporter=reporter, status=Dispute.Status.OPEN).first()
    if existing is not None and existing.reason != reason:
        raise DisputeOpen(
            f"You have an open dispute about it since {existing.filed_at:%Y-%m-%d}; wait for its outcome.",
            field="reason",
        )
    return existing
