from __future__ import annotations

from typing import Any

from django.core.management.commands import loaddata

from deltacrown.user_profile.people.fixtures import loading


class Command(loaddata.Command):
    """Django's own, which tells the profiles that a load is under way."""

    def handle(self, *fixture_labels: str, **options: Any) -> None:
        with loading():
            super().handle(*fixture_labels, **options)
