"""Who tries to name a hidden match: what they would join what they are told with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.privacy.crawl import Answers, Asked
from tests.privacy.season import HIDE_MATCHES, OFFICIAL, VIEWERS, Season

#: A day and a clock, as programs write it and as pages do.
ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)")
WRITTEN = re.compile(r"(\d{1,2}) (\w{3})\w* (\d{4}),? (\d\d):(\d\d)")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Secret:
    """A line of a hidden history.

    :param owner: the public id of the player who hides it.
    :param times: to the minute, when it was played, if that is known, and when it was recorded.
    :param is_shared: whether a player shows the same match as theirs.
    """

    owner: str
    match_key: str
    times: frozenset[datetime]
    is_shared: bool


def list_secrets(season: Season) -> list[Secret]:
    """Return every line that is hidden in a world."""
    ids = {season.people[name].pk: season.id_of(name) for name in HIDE_MATCHES}
    return [
        Secret(
            ids[row.user_id],
            row.match_key,
            frozenset(map(_to_the_minute, [row.recorded_at, *[row.played_at] * row.is_time_known])),
            row.match_key in season.shared_keys,
        )
        for row in season.list_hidden_rows()
    ]


def join_times(secrets: list[Secret], answers: Answers) -> list[str]:
    """Return what answers tell of the times of hidden matches.

    Where an answer is about a player who hides their matches, that is any time within a day on which they
    played. Elsewhere it is the time of a match that nobody shows.
    """
    owners = {secret.owner for secret in secrets}
    unshared = {at for secret in secrets if not secret.is_shared for at in secret.times}
    faults = []
    for asked, body in _list_bodies(answers):
        about = {owner for owner in owners if owner in asked.address}
        if "feed" in asked.address:
            about = owners
        days = {at.date() for secret in secrets if secret.owner in about for at in secret.times}
        for at in find_times(body):
            is_midnight = (at.hour, at.minute) == (0, 0)
            is_hidden = at.date() in days and not is_midnight and at not in OFFICIAL
            if at in unshared or is_hidden:
                faults.append(f"{asked}: tells {at:%Y-%m-%d %H:%M}")
    return faults


def join_names(season: Season, secrets: list[Secret], answers: Answers) -> list[str]:
    """Return where answers tell keys of matches that nobody shows, or login names that no page shows."""
    keys = {secret.match_key for secret in secrets if not secret.is_shared}
    logins = {user.username for name, user in season.people.items() if name != user.username}
    return [
        f"{asked}: tells {name}"
        for asked, body in _list_bodies(answers)
        for name in sorted(keys | logins)
        if name in body and name not in str(asked) and not _is_own(season, asked, name)
    ]


def find_times(text: str) -> Iterator[datetime]:
    """Yield every day with a clock that a text holds, to the minute."""
    for year, month, day, hour, minute in ISO.findall(text):
        yield datetime(int(year), int(month), int(day), int(hour), int(minute), tzinfo=UTC)
    for day, month, year, hour, minute in WRITTEN.findall(text):
        if month in MONTHS:
            number = MONTHS.index(month) + 1
            yield datetime(int(year), number, int(day), int(hour), int(minute), tzinfo=UTC)


def _list_bodies(answers: Answers) -> Iterator[tuple[Asked, str]]:
    """Yield the answers to those who named no time: one who does hears it back."""
    for asked, told in answers.items():
        if "=2025-" not in asked.address:
            yield asked, told.body


def _is_own(season: Season, asked: Asked, name: str) -> bool:
    """Return whether a login name is that of the viewer, who is told it about themselves."""
    person = VIEWERS[asked.viewer]
    return person is not None and season.people[person].username == name


def _to_the_minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)
