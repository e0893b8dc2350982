from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "deltacrown.core"
    verbose_name = "Jobs"

    def ready(self) -> None:
        from deltacrown.core import migrating  # noqa: PLC0415 - imports the models of content types

        migrating.install()
