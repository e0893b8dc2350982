"""Record what players are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from deltacrown.core.inserts import insert_rows
from deltacrown.notifications.kinds import News
from deltacrown.notifications.models import Notification
from django_tally.transactions import atomic_service


@atomic_service
def tell_news(*, news: Sequence[News]) -> None:
    """Record news, in one statement; none where there is none. What was told before is not told again."""
    insert_rows([Notification(**asdict(each)) for each in news], ignores_conflicts=True)
