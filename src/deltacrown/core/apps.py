from django.apps import AppConfig
from django.core import checks


class CoreConfig(AppConfig):
    name = "deltacrown.core"
    verbose_name = "Jobs"

    def ready(self) -> None:
        from deltacrown.core.checks import check_migration_records  # noqa: PLC0415 - imports the models of content types

        checks.register(check_migration_records, checks.Tags.database)
