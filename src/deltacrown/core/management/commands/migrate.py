"""Django's ``migrate``, which finds changes in the order of ``OrderedAutodetector``."""

from __future__ import annotations

from django.core.management.commands import migrate

from deltacrown.core.commands import SaysExits
from deltacrown.core.migration_order import OrderedAutodetector


class Command(SaysExits, migrate.Command):
    exits = {0: "when everything is migrated", 1: "when a migration failed"}
    autodetector = OrderedAutodetector
