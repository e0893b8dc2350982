from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "deltacrown.teams"
    verbose_name = "Teams"

    def ready(self) -> None:
        from deltacrown.accounts.belongings import register_belongings  # noqa: PLC0415
        from deltacrown.accounts.texts import register_texts  # noqa: PLC0415
        from deltacrown.core.former_names import build_rename_triggers, list_rename_tables  # noqa: PLC0415
        from deltacrown.core.namesakes import NameSource, register_names  # noqa: PLC0415
        from deltacrown.core.term_triggers import register_terms  # noqa: PLC0415 - imports models
        from deltacrown.teams.belongings import BELONGINGS, TEXTS  # noqa: PLC0415 - imports models
        from deltacrown.teams.ended_roles import build_role_triggers, list_role_tables  # noqa: PLC0415
        from deltacrown.teams.models import RENAMES, TERM_SOURCES, Team  # noqa: PLC0415 - imports models
        from django_tally.triggers.plan import Provider, register_provider  # noqa: PLC0415

        register_belongings(BELONGINGS)
        register_texts(TEXTS)
        register_provider(Provider(build_rename_triggers(RENAMES), list_rename_tables(RENAMES)))
        register_terms(TERM_SOURCES)
        register_provider(Provider(build_role_triggers, list_role_tables))
        register_names(NameSource("team", Team, name="name", skeleton="name_skeleton"))
