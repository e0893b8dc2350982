from django.apps import AppConfig


class TournamentsConfig(AppConfig):
    name = "deltacrown.tournaments"
    verbose_name = "Tournaments"

    def ready(self) -> None:
        from deltacrown.accounts.belongings import register_belongings  # noqa: PLC0415
        from deltacrown.accounts.texts import register_texts  # noqa: PLC0415
        from deltacrown.core.former_names import build_rename_triggers, list_rename_tables  # noqa: PLC0415
        from deltacrown.core.term_triggers import register_terms  # noqa: PLC0415 - imports models
        from deltacrown.tournaments import receivers  # noqa: PLC0415 - imports models
        from deltacrown.tournaments.belongings import BELONGINGS, TEXTS  # noqa: PLC0415 - imports models
        from deltacrown.tournaments.models import RENAMES, TERM_SOURCES  # noqa: PLC0415 - imports models
        from django_tally.triggers.plan import Provider, register_provider  # noqa: PLC0415

        register_belongings(BELONGINGS)
        register_texts(TEXTS)
        register_provider(Provider(build_rename_triggers(RENAMES), list_rename_tables(RENAMES)))
        register_terms(TERM_SOURCES)
        receivers.connect()
