"""What a merge would do, for people to read before they decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deltacrown.accounts.models import User
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.numerals import write_whole
from deltacrown.core.sentences import end_sentence
from deltacrown.user_profile.models import Standing, UserProfile
from deltacrown.user_profile.people.merging.planned import Clash, Model, Plan
from deltacrown.user_profile.people.merging.suspensions import find_coming_along

#: Collisions that are listed; of more, the number is told.
MOST_LISTED = 50
#: A column with keys of the database in it → the one that says the same in words.
IN_WORDS = {"dedupe_key": "reason"}


@dataclass(frozen=True)
class Collision:
    """Rows of which one account can have one only.

    :param table: what they are: ``match``, ``follow``.
    :param subject: in what they are the same: a match, a tournament, a team.
    :param stays: the username of the account whose row stays; empty where neither does.
    """

    table: str
    subject: str
    stays: str


@dataclass(frozen=True)
class MergePreview:
    """What a merge would do.

    :param moves: what becomes the kept account's: table → rows.
    :param collides: what both have: table → rows that are set aside.
    :param collisions: the first of these, one by one.
    :param total: how many collisions there are.
    :param met: in how many matches both have a line.
    :param standing: what becomes of a suspension or a closing of the merged account.
    """

    kept: str
    merged: str
    moves: dict[str, int] = field(default_factory=dict)
    collides: dict[str, int] = field(default_factory=dict)
    collisions: list[Collision] = field(default_factory=list)
    total: int = 0
    met: int = 0
    standing: str = ""

    @property
    def warning(self) -> str:
        """Return what speaks against a merge, and what becomes of a standing; or ``""``."""
        return " ".join(filter(None, (self._describe_meetings(), self.standing)))

    def _describe_meetings(self) -> str:
        if not self.met:
            return ""
        sentence = ngettext(
            "They met in %(n)s match; one line of each is set aside. "
            "One person cannot meet themselves: are they really one?",
            "They met in %(n)s matches; one line of each is set aside. "
            "One person cannot meet themselves: are they really one?",
            self.met,
        )
        return sentence % {"n": write_whole(self.met)}


def describe_plan(plan: Plan) -> MergePreview:
    """Return what a plan would do, in words."""
    moves: Counter[str] = Counter()
    for belonging, keys in plan.moved.items():
        moves[_name(belonging.model)] += len(keys)
    collides = {_name(model): len(rows) for model, rows in plan.clashes.items() if rows}
    return MergePreview(
        kept=plan.kept.username,
        merged=plan.merged.username,
        moves=dict(sorted(moves.items())),
        collides=dict(sorted(collides.items())),
        collisions=list(islice(_list_collisions(plan), MOST_LISTED)),
        total=sum(collides.values()),
        met=plan.met,
        standing=_describe_standing(plan.kept, plan.merged),
    )


def _describe_standing(kept: User, merged: User) -> str:
    told = []
    named = {"name": merged.username, "kept": kept.username}
    if coming := find_coming_along(kept=kept, merged=merged):
        sentence = _("%(name)s is suspended without an end, and so is %(kept)s then.")
        if coming.until:
            sentence = _("%(name)s is suspended until %(time)s, and so is %(kept)s then.")
        told.append(sentence % {**named, "time": coming.until and write_iso_minute(coming.until)})
    if UserProfile.objects.filter(user=merged, standing=Standing.CLOSED).exists():
        sentence = _("The account %(name)s is closed; what it has is shown again, as of %(kept)s")
        told.append(end_sentence(sentence % named))
    return " ".join(told)


def _list_collisions(plan: Plan) -> Iterator[Collision]:
    for model, clashes in sorted(plan.clashes.items(), key=lambda item: item[0]._meta.label):
        for key, clash in islice(sorted(clashes.items()), MOST_LISTED):
            row = model._base_manager.get(pk=key)
            yield Collision(_name(model), _describe(row, clash), _name_owner(plan, row, clash))


def _describe(row: models.Model, clash: Clash) -> str:
    """Return in what two rows are the same, without keys of the database."""
    return ", ".join(_write(getattr(row, IN_WORDS.get(name, name))) for name in clash.words)


def _write(value: object) -> str:
    if isinstance(value, User):
        return value.username
    return str(getattr(value, "slug", "") or getattr(value, "match_key", "") or value)


def _name_owner(plan: Plan, row: models.Model, clash: Clash) -> str:
    if not clash.stays:
        return ""
    owners = {row.serializable_value(name) for name in ("user", "reporter", "follower") if hasattr(row, name)}
    goes = plan.kept.pk if plan.kept.pk in owners and plan.merged.pk not in owners else plan.merged.pk
    return plan.merged.username if goes == plan.kept.pk else plan.kept.username


def _name(model: Model) -> str:
    return str(model._meta.verbose_name)
