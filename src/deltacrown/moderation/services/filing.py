"""File disputes: check who may dispute which match or result, and until when."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deltacrown.accounts.models import User
from deltacrown.core.dates import write_day
from deltacrown.core.days import add_days
from deltacrown.core.errors import Conflict, DomainError, InvalidInput
from deltacrown.core.inputs import check_past, check_text
from deltacrown.core.numerals import write_whole
from deltacrown.games.models import MatchRow
from deltacrown.games.services import list_match_lines
from deltacrown.moderation import signals
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services.subjects import get_match_row, has_competed
from deltacrown.tournaments.models import TournamentResult
from django_tally.transactions import atomic_service

REASON_LENGTH = 2000


class InvalidDispute(InvalidInput):
    """The dispute names no subject or two, or a match that cannot be disputed."""


class NotAParticipant(DomainError):
    """The reporter did not take part in the match or the tournament."""

    code = "forbidden"


class DisputeWindowClosed(Conflict):
    """The deadline for disputes has passed."""


class DisputeOpen(Conflict):
    """The reporter has an open dispute about the same subject, with another reason."""


def get_dispute_deadline(happened_at: datetime, *, is_time_known: bool = True) -> datetime:
    """Return the dispute deadline of a match played, or a result decided, at ``happened_at``.

    :param is_time_known: False where ``happened_at`` is the start of the day on which it happened. The time
        to dispute it begins at the end of that day then.
    """
    days = settings.DISPUTE_WINDOW_DAYS + (0 if is_time_known else 1)
    return add_days(happened_at, days=days)


@atomic_service
def file_dispute(
    *,
    reporter: User,
    match: MatchRow | None = None,
    result: TournamentResult | None = None,
    reason: str,
    now: datetime,
) -> Dispute:
    """Record a dispute about a match the reporter played in, or a result of a tournament they entered.

    A dispute about any line of a match is a dispute about the whole match. Filing the same dispute
    again while it is open returns the existing one.

    :param match: a live or archived row; give either it or ``result``.
    :param reason: what is wrong, in the reporter's words; at most 2,000 characters.
    :raises InvalidInput: the reason is empty or too long.
    :raises InvalidDispute: no subject or two, or the match is voided.
    :raises NotAParticipant: the reporter did not take part.
    :raises DisputeWindowClosed: it was played or decided more than ``DISPUTE_WINDOW_DAYS`` ago.
    :raises DisputeOpen: the reporter has an open dispute about it with another reason.
    """
    check_text(reason, field="reason", limit=REASON_LENGTH, required=True, multiline=True)
    check_past(now, field="now")
    reason = reason.strip()

    # One filing at a time per reporter: the unique constraint cannot see that two rows are of one match.
    User.objects.select_for_update(no_key=True).filter(pk=reporter.pk).values_list("pk").first()

    if match is not None and result is None:
        new, same_subject = _about_match(reporter, match.pk, now)
    elif result is not None and match is None:
        new, same_subject = _about_result(reporter, result.pk, now)
    else:
        raise InvalidDispute(
            _("A dispute is about one match or one tournament result; name exactly one of them.")
        )

    if existing := _find_open(reporter, same_subject, reason):
        return existing

    new.reporter, new.reason, new.filed_at = reporter, reason, now
    new.save()
    signals.dispute_filed.send(Dispute, dispute=new)
    return new


def _about_match(reporter: User, pk: int, now: datetime) -> tuple[Dispute, QuerySet[Dispute]]:
    """Return a new, unsaved dispute and a queryset of all disputes about the same match.

    Raises when the reporter may not dispute it.
    """
    match = get_match_row(pk)
    lines = list_match_lines(match.game, match.match_key)
    if reporter.pk not in {line.user_id for line in lines}:
        raise NotAParticipant(_("Only those who played in a match can dispute it."), field="match")
    if all(line.is_voided for line in lines):
        message = _("The match is already voided (%(reason)s) and counts nowhere.")
        raise InvalidDispute(message % {"reason": match.void_reason}, field="match")
    if now > get_dispute_deadline(match.played_at, is_time_known=match.is_time_known):
        days = settings.DISPUTE_WINDOW_DAYS
        message = ngettext(
            "It was played on %(day)s and could be disputed for %(n)s day.",
            "It was played on %(day)s and could be disputed for %(n)s days.",
            days,
        )
        raise _close_window(message, match.played_at, days)

    return Dispute(match_id=pk), Dispute.objects.filter(match_id__in=[line.pk for line in lines])


def _about_result(reporter: User, pk: int, now: datetime) -> tuple[Dispute, QuerySet[Dispute]]:
    """Return a new, unsaved dispute and a queryset of all disputes about the same result.

    Raises when the reporter may not dispute it.
    """
    result = TournamentResult.objects.select_related("tournament").get(pk=pk)
    if not has_competed(reporter, result.tournament_id):
        message = _("Only entrants of %(tournament)s can dispute its results.")
        raise NotAParticipant(message % {"tournament": result.tournament.name}, field="result")
    if now > get_dispute_deadline(result.decided_at):
        days = settings.DISPUTE_WINDOW_DAYS
        message = ngettext(
            "It was decided on %(day)s and could be disputed for %(n)s day.",
            "It was decided on %(day)s and could be disputed for %(n)s days.",
            days,
        )
        raise _close_window(message, result.decided_at, days)

    return Dispute(result=result), Dispute.objects.filter(result=result)


def _close_window(message: str, since: datetime, days: int) -> DisputeWindowClosed:
    return DisputeWindowClosed(message % {"day": write_day(since), "n": write_whole(days)}, field="filed_at")


def _find_open(reporter: User, same_subject: QuerySet[Dispute], reason: str) -> Dispute | None:
    """Return the reporter's open dispute about this subject, if any.

    :raises DisputeOpen: it gives another reason.
    """
    existing = same_subject.filter(reporter=reporter, status=Dispute.Status.OPEN).first()
    if existing is not None and existing.reason != reason:
        raise DisputeOpen(
            _("You already filed a dispute about it on %(day)s; wait for its outcome.")
            % {"day": write_day(existing.filed_at)},
            field="reason",
        )
    return existing
