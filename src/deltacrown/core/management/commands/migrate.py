"""Django's ``migrate``, which finds changes in the order of ``OrderedAutodetector``."""

from __future__ import annotations

from django.core.management.commands import migrate

from deltacrown.core.migration_order import OrderedAutodetector


class Command(migrate.Command):
    autodetector = OrderedAutodetector
