from django.apps import AppConfig


class TournamentsConfig(AppConfig):
    name = "deltacrown.tournaments"
    verbose_name = "Tournaments"

    def ready(self) -> None:
        from deltacrown.core.former_names import build_rename_triggers, list_rename_tables  # noqa: PLC0415
        from deltacrown.tournaments import receivers  # noqa: PLC0415 - imports models
        from deltacrown.tournaments.models import RENAMES  # noqa: PLC0415 - imports models
        from django_tally.triggers.plan import Provider, register_provider  # noqa: PLC0415

        register_provider(Provider(build_rename_triggers(RENAMES), list_rename_tables(RENAMES)))
        receivers.connect()
