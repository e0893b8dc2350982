"""A match on the moderator's bench: all its lines, and rulings on them, seen before they are made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import Conflict, InvalidInput, NotFound
from deltacrown.core.inputs import is_storable
from deltacrown.games import services as games
from deltacrown.games.models import Game, MatchRow
from deltacrown.pages.bench import MayNotModerate, find_person, require_right
from deltacrown.pages.consequences import Consequences, carry_out, preview
from deltacrown.pages.ruled_matches import RuledMatch
from deltacrown.user_profile.histories.filters import SLUG
from deltacrown.user_profile.models import Standing, UserProfile
from deltacrown.user_profile.privacy import Viewer
from django_tally.transactions import atomic_service

#: The longest reason that the services of matches take.
LONGEST_REASON = 500


class AlreadySo(Conflict):
    """The match is as the ruling would make it."""


class Change(StrEnum):
    """What is done to a match."""

    VOID = "void"
    RESTORE = "restore"
    CORRECT = "correct"
    MOVE = "move"


@dataclass(frozen=True, kw_only=True)
class MatchBench(RuledMatch):
    """A match before staff."""

    game: Game

    @property
    def is_void_in_part(self) -> bool:
        """Return whether some of its lines are void, and others are not."""
        return self.has_void and not self.is_void


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What is decided about a match; players of it are named by public id.

    :param line: whose line is voided, restored or moved; empty for the whole match.
    :param results: of a correction; so ``scores``.
    :param played_at: the right time; None leaves it as it is.
    :param to: the public id or username of whose line it really is.
    """

    change: Change
    line: str = ""
    results: Mapping[str, str] = field(default_factory=dict)
    scores: Mapping[str, str] = field(default_factory=dict)
    played_at: datetime | None = None
    is_time_known: bool = True
    to: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a ruling changes, or has changed.

    :param seen: is sent along to make the ruling that was looked at: it is another for another ruling, and
        once the match is another.
    :param undo: the ruling that takes it back; None where no single one does.
    """

    consequences: Consequences
    seen: str
    is_done: bool = False
    is_stale: bool = False
    undo: Ruling | None = None


def get_match_bench(game_slug: str, match_key: str, *, viewer: Viewer) -> MatchBench:
    """Return one match with all its lines, live or archived.

    :raises MayNotModerate: the viewer changes no matches.
    :raises NotFound: there is no such match.
    """
    reader = require_right(viewer, Right.CHANGE_MATCHES)
    game = games.find_games([game_slug]).get(game_slug) if SLUG.fullmatch(game_slug) else None
    is_readable = game is not None and is_storable(match_key, multiline=False)
    rows = games.list_match_lines(game, match_key) if game is not None and is_readable else []
    if game is None or not rows:
        message = _("There is no such match: its address is made of a game and a match key.")
        raise NotFound(message, field="match_key")
    prefetch_related_objects(rows, "user__profile")
    record_deed(deed=Deed.READ_MATCH, by=reader, about=write_about("match", rows[0].pk))
    may_rule = reader.pk not in {row.user_id for row in rows}
    return MatchBench(match_key=rows[0].match_key, rows=rows, may_rule=may_rule, game=game)


@atomic_service
def rule_match(
    *, bench: MatchBench, ruling: Ruling, reason: str, seen: str | None, viewer: User, now: datetime
) -> Outcome:
    """Make a ruling if what it changes was looked at, and say what it changed; else say what it would change.

    :param seen: of the outcome that was looked at; None only asks.
    :raises MayNotModerate: ``viewer`` plays in the match.
    :raises AlreadySo: the match is so already.
    :raises DomainError: as the services of matches refuse.
    """
    fresh = get_match_bench(bench.game.slug, bench.match_key, viewer=viewer)
    _require_other(fresh, ruling, viewer)
    _require_change(fresh.rows, ruling)
    digest = _digest(fresh.rows, ruling)

    def act() -> object:
        return _rule(fresh, ruling, reason, viewer, now)

    if seen == digest:
        undo = _find_undo(fresh.rows, ruling)
        return Outcome(carry_out(act), digest, is_done=True, undo=undo)
    return Outcome(preview(act), digest, is_stale=seen is not None)


def _rule(bench: MatchBench, ruling: Ruling, reason: str, viewer: User, now: datetime) -> object:
    told: dict[str, Any] = {
        "game": bench.game,
        "match_key": bench.match_key,
        "reason": reason,
        "now": now,
        "by": viewer,
    }
    rows = {row.user.profile.public_id: row for row in bench.rows}
    player = rows[ruling.line].user if ruling.line else None
    if ruling.change is Change.VOID:
        return games.void_match(user=player, **told)
    if ruling.change is Change.RESTORE:
        return games.restore_match(user=player, **told)
    correction: games.MatchCorrection = {
        "results": {rows[each].user.username: said for each, said in ruling.results.items()},
        "scores": {rows[each].user.username: said for each, said in ruling.scores.items()},
    }
    if player is not None:
        correction["moved"] = {player.username: _find_owner(ruling.to)}
    if ruling.played_at is not None:
        correction["played_at"] = ruling.played_at
        correction["is_time_known"] = ruling.is_time_known
    return games.correct_match(**told, **correction)


def _require_other(bench: MatchBench, ruling: Ruling, viewer: User) -> None:
    """Refuse who plays in the match, or would after the ruling."""
    if not bench.may_rule:
        raise MayNotModerate(_("You played in this match; another member of staff rules on it."))
    if ruling.change is Change.MOVE and _find_owner(ruling.to) == viewer:
        raise MayNotModerate(_("The line would be yours; another member of staff moves it."))


def _require_change(rows: Sequence[MatchRow], ruling: Ruling) -> None:
    """Refuse what is so already."""
    picked = [row for row in rows if ruling.line in ("", row.user.profile.public_id)]
    if ruling.change is Change.VOID and all(row.is_voided for row in picked):
        raise AlreadySo(_("That is void already; it can be restored."))
    if ruling.change is Change.RESTORE and not any(row.is_voided for row in picked):
        raise AlreadySo(_("That counts already; it can be voided."))
    if ruling.change is Change.MOVE and _find_owner(ruling.to).pk in {row.user_id for row in picked}:
        raise AlreadySo(_("The line is that player’s already."))


def _find_owner(text: str) -> User:
    user = find_person(text, field="to")
    standing = UserProfile.objects.values_list("standing", flat=True).get(user=user)
    if standing in {Standing.MERGED, Standing.ANONYMISED}:
        message = _("This account is nobody’s any more; name another.")
        raise InvalidInput(message, field="to", at_field=message)
    return user


def _find_undo(rows: Sequence[MatchRow], ruling: Ruling) -> Ruling | None:
    """Return the ruling that makes the match what its lines say now."""
    picked = [row for row in rows if ruling.line in ("", row.user.profile.public_id)]
    first = rows[0]
    if ruling.change is Change.VOID:
        has_other = any(row.is_voided for row in picked)
        return None if has_other else Ruling(change=Change.RESTORE, line=ruling.line)
    if ruling.change is Change.RESTORE:
        was_void = [row for row in picked if row.is_voided]
        line = was_void[0].user.profile.public_id if len(was_void) == 1 else ""
        return Ruling(change=Change.VOID, line=line) if line or len(was_void) == len(rows) else None
    if ruling.change is Change.MOVE:
        profile = UserProfile.objects.get(user=_find_owner(ruling.to))
        return Ruling(change=Change.MOVE, line=profile.public_id, to=ruling.line)
    return Ruling(
        change=Change.CORRECT,
        results={row.user.profile.public_id: row.result for row in rows},
        scores={row.user.profile.public_id: row.score for row in rows},
        played_at=first.played_at if ruling.played_at is not None else None,
        is_time_known=first.is_time_known,
    )


def _digest(rows: Sequence[MatchRow], ruling: Ruling) -> str:
    lines = [
        (row.pk, row.user_id, row.result, row.score, row.voided_at, row.played_at, row.is_time_known)
        for row in rows
    ]
    return hashlib.sha256(repr((ruling, lines)).encode()).hexdigest()[:32]
