from __future__ import annotations

from typing import Any

from django.core.management.commands import loaddata

from deltacrown.core.commands import SaysExits
from deltacrown.user_profile.people.fixtures import loading


class Command(SaysExits, loaddata.Command):
    """Django's ``loaddata``, which keeps the public ids of the dump (see ``people/fixtures.py``)."""

    exits = {0: "when everything was loaded", 1: "when a fixture was refused: nothing of it was loaded"}

    def handle(self, *fixture_labels: str, **options: Any) -> None:
        with loading():
            super().handle(*fixture_labels, **options)
