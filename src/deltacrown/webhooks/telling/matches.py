"""What is told of a match: what its page shows a visitor."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from deltacrown.accounts.models import User
from deltacrown.api.answers import Writer
from deltacrown.api.resources.matches import describe_match
from deltacrown.api.shapes.matches import Encounter
from deltacrown.games.models import MATCH_TABLES, MatchRow
from deltacrown.pages.matches import list_seen_lines, show_match
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.privacy import can_see_match_history
from deltacrown.user_profile.standing import is_listed
from deltacrown.webhooks.models import WebhookEvent

_MATCH = Writer(Encounter)


def tell_match(event: WebhookEvent) -> bytes | None:
    """Return the match, if a visitor sees any of the lines that the event is about.

    Of one that changed only in lines that a visitor does not see, nothing is different for them.
    """
    lines = event.facts.get("lines", [])
    row = _find_line([*lines, *event.facts.get("beside", [])])
    if row is None:
        return None
    seen = list_seen_lines(row.game, row.match_key, viewer=None)
    if not seen.rows:
        return None
    if {line.pk for line in seen.rows}.isdisjoint(lines) and not _was_seen(event.facts.get("left", []), row):
        return None
    return _MATCH.write(describe_match(show_match(row.game, row.match_key, seen, viewer=None)))


def _find_line(keys: list[int]) -> MatchRow | None:
    """Return a line of the match: each may have been taken out or archived since."""
    for table in MATCH_TABLES:
        found: Any = table._base_manager.filter(pk__in=keys).select_related("game").order_by("pk").first()
        if found is not None:
            row: MatchRow = found
            return row
    return None


def _was_seen(users: list[int], row: MatchRow) -> bool:
    """Return whether a visitor saw a line of any of these players, who have none of it any more."""
    if row.kind == MatchRow.Kind.TOURNAMENT:
        return bool(users)
    shown = UserProfile.objects.filter(Q(is_listed()), user__in=users).values_list("user", flat=True)
    return any(can_see_match_history(User(pk=user), None) for user in shown)
