"""Why a number is what it is: what it counts, what it leaves out, and what last changed it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import is_storable
from deltacrown.core.prepared import Parameter, PreparedQuery
from deltacrown.core.words import translate_stored
from deltacrown.games.models import LEFT_OUT, MATCH_TABLES, Game, list_match_sources
from deltacrown.user_profile.histories.names import MOST_NAMED
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.access import find_precision, find_readable_number
from deltacrown.user_profile.numbers.catalogue import PlayerNumber, StatLine
from deltacrown.user_profile.numbers.change_words import (
    Subject,
    describe_row,
    describe_subject,
    list_related,
)
from deltacrown.user_profile.numbers.history import HistoryOrder, StatChange, read_stat_history
from deltacrown.user_profile.numbers.rows import weigh_all_rows
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.stats import COUNTED
from django_tally.declarations import Contribution, Rule, all_of
from django_tally.explanation import explain_row, explain_rows, say_why_not
from django_tally.rows import get_counted_stat


@dataclass(frozen=True)
class Omission:
    """A row of the player's that the number does not count, and why not."""

    subject: str
    why: str


@dataclass(frozen=True)
class StatExplanation:
    """A number, accounted for.

    :param sentence: what all the rows behind it come to: ``12 rows; the number is 12.``
    :param omitted: rows it leaves out, each with the reason; by rule, the latest first.
    :param changes: what last moved it on this site, the latest known first.
    """

    stat: StatLine
    game: Game | None
    sentence: str
    adds_up: bool
    omitted: list[Omission]
    changes: list[StatChange]


def explain_stat(
    user: User,
    stat: str,
    *,
    game: Game | None = None,
    limit: int = 10,
    viewer: Viewer = None,
) -> StatExplanation:
    """Account for the number ``stat`` of ``user``: rows counted, rows left out and why, latest changes.

    :param limit: the most omissions and changes to list, 1 to 50.
    :raises NotFound: when there is no such number.
    :raises HistoryHidden: when ``viewer`` may not see the rows behind it.
    """
    number = find_readable_number(user, stat, game, viewer)
    # What the number is now follows from what became known last, whenever it happened.
    known, precision = HistoryOrder.KNOWN, find_precision(user, stat, viewer)
    reading, evidence = weigh_all_rows(number)
    history = read_stat_history(
        number, order=known, limit=limit, viewer=viewer, precision=precision, reading=reading
    )
    return StatExplanation(
        stat=reading.line,
        game=number.game,
        sentence=evidence.sentence,
        adds_up=evidence.value == reading.line.value,
        omitted=_list_omitted(number, limit),
        changes=history.items,
    )


@dataclass(frozen=True)
class MatchVerdict:
    """Whether a match counts for a number, and if not, why.

    :param about: the match, in words and with what its page is found by.
    :param value: what it adds; 0 where it does not count.
    :param reason: why it does not count; empty where it counts.
    """

    about: Subject
    value: int
    counts: bool
    reason: str


def explain_match(
    user: User, stat: str, text: str, *, game: Game | None = None, viewer: Viewer = None
) -> MatchVerdict:
    """Say whether the match that ``text`` names counts for the number ``stat`` of ``user``.

    :param text: the address of its page, ``game/key``, or its key.
    :param game: that of the number, where it is of one.
    :raises NotFound: when there is no such number.
    :raises HistoryHidden: when ``viewer`` may not see the rows behind it.
    :raises InvalidInput: when ``user`` played no such match, or several games have one with this key.
    """
    find_readable_number(user, stat, game, viewer)
    found = _find_matches(user, text)
    if not found:
        message = gettext(
            "There is no match %(text)s of this player: use the address of its page, or its "
            "game and key, as in valorant/m12."
        ) % {"text": repr(text[:80])}
        raise InvalidInput(message, field="match")
    if len(found) > 1:
        named = ", ".join(f"{row.game.slug}/{row.match_key}" for row in found)
        raise InvalidInput(
            gettext("Several matches have this key: use one of %(named)s.") % {"named": named}, field="match"
        )

    row = found[0]
    about = describe_subject(row)
    if game is not None and row.game_id != game.pk:
        return MatchVerdict(
            about, 0, False, gettext("this number is of %(game)s alone") % {"game": game.name}
        )
    counted = get_counted_stat(UserProfile, stat)
    if not any(isinstance(row, each.model) for each in counted.contributions):
        told = {
            "numbers": counted.label.lower(),
            "rows": translate_stored(str(row._meta.verbose_name_plural)),
        }
        reason = gettext("%(numbers)s are not counted from %(rows)s") % told
        return MatchVerdict(about, 0, False, reason)
    verdict = explain_row(counted, row)
    return MatchVerdict(about, verdict.value, verdict.counts, verdict.reason)


def _find_matches(user: User, text: str) -> list[Any]:
    """Return the matches of ``user`` that a text may name, a few at most."""
    if not is_storable(text, multiline=False):
        return []
    path = unquote(urlsplit(text.strip()).path) if "/matches/" in text else text.strip()
    named = path.rpartition("/matches/")[2].strip("/")
    slug, _, key = named.partition("/")
    wanted = Q(game__slug=slug, match_key=key)
    if "/matches/" not in text:
        wanted |= Q(match_key=named)
    rows = [
        source.filter(wanted).select_related("game")[:MOST_NAMED] for source in list_match_sources(user=user)
    ]
    return [row for source in rows for row in source]


def _list_omitted(number: PlayerNumber, limit: int) -> list[Omission]:
    """Return what the first rule leaves out, then what the second does.

    So rows that were taken out come before those that never qualified.
    """
    counted = get_counted_stat(UserProfile, number.name)
    found: list[tuple[Any, Rule]] = []
    for place in range(max(len(each.rules) for each in counted.contributions)):
        if len(found) >= limit:
            break
        failing = [
            (row, each.rules[place])
            for each in counted.contributions
            if place < len(each.rules)
            for row in _read_failing(number, each, place, limit)
        ]
        found += sorted(failing, key=lambda one: (one[0].recorded_at, one[0].pk), reverse=True)

    omitted = found[:limit]
    models = [each.model for each in counted.contributions]
    if len(models) == len(set(models)):
        return [Omission(describe_row(row), say_why_not(rule, row)) for row, rule in omitted]
    # What one contribution leaves out another may count.
    verdicts = explain_rows(counted, [row for row, _ in omitted])
    return [
        Omission(describe_row(row), verdict.reason)
        for (row, _), verdict in zip(omitted, verdicts, strict=True)
    ]


def _read_failing(number: PlayerNumber, contribution: Contribution, place: int, limit: int) -> list[Any]:
    """Return the rows of a player that meet all rules of a contribution before one, and not that one."""
    game = number.game
    prepared = _prepare_failing(contribution, place, game is not None, limit)
    return prepared.run(number.user.pk, game.pk if game else 0)


@cache
def _prepare_failing(contribution: Contribution, place: int, in_game: bool, limit: int) -> PreparedQuery[Any]:
    owned = {contribution.key_for("user"): Parameter(0), **({"game": Parameter(1)} if in_game else {})}
    *before, rule = contribution.rules[: place + 1]

    def build() -> QuerySet[Any]:
        rows = contribution.model._base_manager.filter(all_of(before), **owned)
        return _find_failing(rows.select_related(*list_related(contribution.model)), rule)[:limit]

    return PreparedQuery(build)


def _find_failing(rows: QuerySet[Any], rule: Rule) -> QuerySet[Any]:
    """Return those of ``rows`` that do not meet ``rule``, the latest recorded first."""
    failing = rows.exclude(rule.condition).order_by("-recorded_at", "-pk")
    # What every number leaves out is few among many: said as their index has it, they are found by it.
    return failing.filter(LEFT_OUT) if rule in COUNTED and rows.model in MATCH_TABLES else failing
