"""Tell operators by mail of a job that has a problem: once when it has one, and once when that is over."""

from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction

from deltacrown.core.jobs import list_job_states
from deltacrown.core.models import ToldProblem

logger = logging.getLogger(__name__)

ADVICE = (
    "See what is wrong:     deltacrown check_jobs\n"
    "Run what is due now:   deltacrown run_job --due\n"
    "The error of a run is in the admin, under Jobs."
)


def mail_problems(*, now: datetime) -> int:
    """Mail ``ALERT_ADDRESSES`` what is newly wrong with jobs and what is over; return how many mails.

    Whoever asks at the same time waits and tells nothing twice. A mail that was not sent is sent next time:
    what was told is recorded in the same transaction. With nobody to tell, nothing is done.
    """
    addresses: list[str] = settings.ALERT_ADDRESSES
    if not addresses:
        return 0
    problems = {state.job.name: state.problem for state in list_job_states(now) if state.problem}
    told = set(ToldProblem.objects.values_list("job", flat=True))
    if problems.keys() == told:
        return 0
    try:
        return _tell(problems, told, addresses, now)
    except Exception:  # a server for mail that is away must not keep jobs from running
        logger.exception("problems of jobs were not mailed; the next check tries again")
        return 0


@transaction.atomic
def _tell(problems: dict[str, str], told: set[str], addresses: list[str], now: datetime) -> int:
    new = [job for job in problems if job not in told and _note_told(job, problems[job], now)]
    over = [job for job in sorted(told - problems.keys()) if ToldProblem.objects.filter(job=job).delete()[0]]
    if new:
        count = f"{len(new)} jobs have" if len(new) > 1 else f"{new[0]} has"
        _send(f"{count} a problem", [problems[job] for job in new], addresses)
    if over:
        count = f"{len(over)} jobs are" if len(over) > 1 else f"{over[0]} is"
        _send(f"{count} well again", [f"{job}: done, or no longer due." for job in over], addresses)
    return bool(new) + bool(over)


def _note_told(job: str, problem: str, now: datetime) -> bool:
    """Record that a problem is told; return whether nobody else has."""
    try:
        with transaction.atomic():
            ToldProblem.objects.create(job=job, problem=problem, told_at=now)
    except IntegrityError:
        return False
    return True


def _send(subject: str, lines: list[str], addresses: list[str]) -> None:
    body = "\n".join([*lines, "", f"The site: {settings.SITE_URL}", ADVICE, ""])
    EmailMessage(f"[DeltaCrown] {subject}", body, settings.DEFAULT_FROM_EMAIL, addresses).send()
