from django.apps import AppConfig


class GamesConfig(AppConfig):
    name = "deltacrown.games"
    verbose_name = "Games"

    def ready(self) -> None:
        from deltacrown.accounts.belongings import register_belongings  # noqa: PLC0415
        from deltacrown.accounts.texts import register_texts  # noqa: PLC0415
        from deltacrown.core.former_names import build_rename_triggers, list_rename_tables  # noqa: PLC0415
        from deltacrown.games.belongings import BELONGINGS, TEXTS  # noqa: PLC0415 - imports models
        from deltacrown.games.models import RENAMES  # noqa: PLC0415 - imports models
        from django_tally.triggers.plan import Provider, register_provider  # noqa: PLC0415

        register_belongings(BELONGINGS)
        register_texts(TEXTS)
        register_provider(Provider(build_rename_triggers(RENAMES), list_rename_tables(RENAMES)))
