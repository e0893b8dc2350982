from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.core import checks
from django.db import DEFAULT_DB_ALIAS
from django.db.models.signals import post_migrate, pre_migrate
from django.utils import timezone

if TYPE_CHECKING:
    from django_tally.triggers.plan import Reinstallation


class TallyConfig(AppConfig):
    name = "django_tally"
    label = "tally"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Tally"

    def ready(self) -> None:
        from django_tally import fixtures  # noqa: PLC0415 - imports models
        from django_tally.checks import check_declarations, check_installed, check_maintainer  # noqa: PLC0415
        from django_tally.keeping import signals, triggers  # noqa: PLC0415
        from django_tally.keeping.maintainer import SIGNALS, get_maintainer  # noqa: PLC0415
        from django_tally.triggers import migrating  # noqa: PLC0415
        from django_tally.triggers.plan import Provider, register_provider  # noqa: PLC0415

        register_provider(Provider(triggers.build_triggers, triggers.list_tables, recount_after_install))
        checks.register(check_declarations, checks.Tags.models)
        checks.register(check_maintainer)
        checks.register(check_installed, checks.Tags.database)
        pre_migrate.connect(migrating.drop_before_migrating, sender=self)
        post_migrate.connect(migrating.sync_after_migrating, sender=self)
        fixtures.connect()
        if get_maintainer() == SIGNALS:
            signals.install()


def recount_after_install(found: Reinstallation) -> None:
    """Recount every number, since rows may have been written while the triggers were away."""
    from django_tally.keeping.recordings import record_existing_rows  # noqa: PLC0415 - imports models
    from django_tally.reconciliation import reconcile  # noqa: PLC0415

    record_existing_rows(found.using)
    if found.using == DEFAULT_DB_ALIAS:  # numbers are kept in one database
        faults = found.faults if found.were_declared else ()
        reconcile(cause="migrate", clock=timezone.now, faults=faults, is_told=found.were_declared)
