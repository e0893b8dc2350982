"""Django's ``makemigrations``, which finds changes in the order of ``OrderedAutodetector``."""

from __future__ import annotations

from django.core.management.commands import makemigrations

from deltacrown.core.commands import SaysExits
from deltacrown.core.migration_order import OrderedAutodetector


class Command(SaysExits, makemigrations.Command):
    exits = {
        0: "when there is nothing to do or it is done",
        1: "when changes are missing and --check was given",
    }
    autodetector = OrderedAutodetector
