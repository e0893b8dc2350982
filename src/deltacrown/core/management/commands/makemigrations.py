"""Django's ``makemigrations``, which finds changes in the order of ``OrderedAutodetector``."""

from __future__ import annotations

from django.core.management.commands import makemigrations

from deltacrown.core.migration_order import OrderedAutodetector


class Command(makemigrations.Command):
    autodetector = OrderedAutodetector
