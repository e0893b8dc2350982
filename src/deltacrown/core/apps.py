from django.apps import AppConfig
from django.core import checks
from django.db.backends.signals import connection_created

from deltacrown.core.natural_order import add_natural_key
from deltacrown.core.retries import count_retry
from deltacrown.core.statement_tally import watch_connection
from django_tally.transactions import transaction_lost


class CoreConfig(AppConfig):
    name = "deltacrown.core"
    verbose_name = "Jobs and audit"

    def ready(self) -> None:
        from deltacrown.core import own_gauges  # noqa: PLC0415 - imports models
        from deltacrown.core.checks import check_migration_records  # noqa: PLC0415 - imports the models of content types

        connection_created.connect(add_natural_key, dispatch_uid="core.natural_order")
        connection_created.connect(watch_connection, dispatch_uid="core.statement_tally")
        transaction_lost.connect(count_retry, dispatch_uid="core.retries")
        own_gauges.register()
        checks.register(check_migration_records, checks.Tags.database)
