"""Keep disputes with their matches: also where lines are taken out, or where no foreign key reaches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models.signals import pre_delete

from deltacrown.core.deletion import build_refusal
from deltacrown.games import signals as games
from deltacrown.games.models import ArchivedMatch, MatchRow
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services.subjects import keep_disputes


def on_match_lines_removing(*, rows: Sequence[MatchRow], stays: Sequence[MatchRow], **_: Any) -> None:
    keep_disputes(rows=rows, line=stays[0])


def before_archived_match_deleted(*, instance: ArchivedMatch, **_: Any) -> None:
    """Refuse, as the foreign key does for a live row; it knows no archive.

    :raises InUse: there are disputes about it.
    """
    disputes = Dispute.objects.filter(match_id=instance.pk)
    if disputes.exists():
        raise build_refusal(instance, rows=disputes)


def connect() -> None:
    """Subscribe; called when the apps are ready."""
    games.match_lines_removing.connect(on_match_lines_removing)
    pre_delete.connect(before_archived_match_deleted, sender=ArchivedMatch)
