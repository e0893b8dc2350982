from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "deltacrown.teams"
    verbose_name = "Teams"

    def ready(self) -> None:
        from deltacrown.core.former_names import build_rename_triggers, list_rename_tables  # noqa: PLC0415
        from deltacrown.core.namesakes import NameSource, register_names  # noqa: PLC0415
        from deltacrown.teams.models import RENAMES, Team  # noqa: PLC0415 - imports models
        from django_tally.triggers.plan import Provider, register_provider  # noqa: PLC0415

        register_provider(Provider(build_rename_triggers(RENAMES), list_rename_tables(RENAMES)))
        register_names(NameSource("team", Team, name="name", skeleton="name_skeleton"))
