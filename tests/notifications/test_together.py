"""Runs of the job that mails notifications at the same time, and runs that are killed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail as mailing

from deltacrown.notifications import services
from deltacrown.notifications.kinds import KINDS
from deltacrown.notifications.models import Notification
from deltacrown.notifications.services.mailing import CLAIMED_FOR
from deltacrown.user_profile.people.follows import follow
from tests import scene
from tests.concurrency import call_together

pytestmark = pytest.mark.django_db(transaction=True)

PLAYERS, FOLLOWERS = 8, 3


class Killed(BaseException):
    """The process is gone; nothing catches it on the way."""


@pytest.fixture
def waiting():
    """Players who are each to be mailed of a few followers."""
    fans = [scene.player(f"fan{number}") for number in range(FOLLOWERS)]
    for number in range(PLAYERS):
        user = scene.player(f"player{number}")
        EmailAddress.objects.create(
            user=user, email=f"player{number}@example.org", verified=True, primary=True
        )
        services.set_choices(user=user, on_site=list(KINDS), by_mail=["FOLLOWED"], now=scene.at(0))
        for fan in fans:
            follow(follower=fan, followed=user, now=scene.at(0))
    return {f"player{number}@example.org" for number in range(PLAYERS)}


def run(at=None):
    return services.send_mails(clock=lambda: at or datetime.now(UTC))


def test_of_runs_at_once_each_mail_is_sent_by_one(waiting, mailoutbox):
    answers = call_together([run] * 4)

    assert [each for each in answers if isinstance(each, BaseException)] == []
    assert sum(each.mails for each in answers) == PLAYERS
    assert sum(each.notifications for each in answers) == PLAYERS * FOLLOWERS
    assert Counter(to for mail in mailoutbox for to in mail.to) == dict.fromkeys(waiting, 1)
    assert not Notification.objects.filter(mailed_at=None).exists()


def test_a_run_that_is_killed_loses_no_mail_and_leaves_one_in_doubt(waiting, mailoutbox, monkeypatch):
    """It is killed when the third mail was handed over and not yet noted; another run goes on at once."""
    sent = mailing.EmailMessage.send
    handed: list[str] = []

    def send(message, *args, **more):
        answer = sent(message, *args, **more)
        handed.extend(message.to)
        if len(handed) == 3:
            raise Killed
        return answer

    monkeypatch.setattr(mailing.EmailMessage, "send", send)
    with pytest.raises(Killed):
        run()
    monkeypatch.undo()
    doubtful = handed[2]

    answers = call_together([run] * 3)
    assert sum(each.mails for each in answers) == PLAYERS - 3
    assert Counter(to for mail in mailoutbox for to in mail.to) == dict.fromkeys(waiting, 1)

    # What it had claimed is sent again an hour later, as is written down; nothing else is.
    late = datetime.now(UTC) + CLAIMED_FOR + timedelta(minutes=1)
    answers = call_together([lambda: run(late)] * 3)
    assert sum(each.mails for each in answers) == 1
    counted = Counter(to for mail in mailoutbox for to in mail.to)
    assert {to for to, times in counted.items() if times == 2} == {doubtful}
    assert not Notification.objects.filter(mailed_at=None).exists()


def test_what_is_told_while_a_run_mails_is_mailed_by_the_next(waiting, mailoutbox):
    user = scene.User.objects.get(username="player0")
    news = [scene.player(f"late{number}") for number in range(4)]
    calls = [lambda each=each: follow(follower=each, followed=user, now=scene.at(0)) for each in news]
    answers = call_together([run, run, *calls])
    run()

    assert [each for each in answers if isinstance(each, BaseException)] == []
    text = "\n".join(mail.body for mail in mailoutbox if mail.to == ["player0@example.org"])
    names = [f"fan{number}" for number in range(FOLLOWERS)] + [each.username for each in news]
    assert {name: text.count(f"{name} follows you.") for name in names} == dict.fromkeys(names, 1)
