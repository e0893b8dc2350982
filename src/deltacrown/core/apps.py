from django.apps import AppConfig
from django.core import checks
from django.db.backends.signals import connection_created

from deltacrown.core.natural_order import add_natural_key


class CoreConfig(AppConfig):
    name = "deltacrown.core"
    verbose_name = "Jobs"

    def ready(self) -> None:
        from deltacrown.core.checks import check_migration_records  # noqa: PLC0415 - imports the models of content types

        connection_created.connect(add_natural_key, dispatch_uid="core.natural_order")
        checks.register(check_migration_records, checks.Tags.database)
