from django.apps import AppConfig
from django.core import checks


class AccountsConfig(AppConfig):
    name = "deltacrown.accounts"
    verbose_name = "Players and accounts"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415 - imports models

        from deltacrown.accounts import receivers  # noqa: PLC0415
        from deltacrown.accounts.backends import forget_attempts  # noqa: PLC0415
        from deltacrown.accounts.belongings import list_own, register_belongings  # noqa: PLC0415
        from deltacrown.accounts.entrance.signing_in import note_session  # noqa: PLC0415
        from deltacrown.accounts.models import RENAMES, User  # noqa: PLC0415
        from deltacrown.accounts.session_triggers import (  # noqa: PLC0415
            build_session_triggers,
            list_session_tables,
        )
        from deltacrown.accounts.texts import list_own_texts, register_texts  # noqa: PLC0415
        from deltacrown.core.former_names import build_rename_triggers, list_rename_tables  # noqa: PLC0415
        from deltacrown.core.name_keys import check_name_keys  # noqa: PLC0415
        from deltacrown.core.namesakes import NameSource, register_names  # noqa: PLC0415
        from django_tally.triggers.plan import Provider, register_provider  # noqa: PLC0415

        register_belongings(list_own())
        register_texts(list_own_texts())
        register_provider(Provider(build_rename_triggers(RENAMES), list_rename_tables(RENAMES)))
        register_provider(Provider(build_session_triggers, list_session_tables))
        register_names(NameSource("player", User, name="username", skeleton="username_skeleton"))
        checks.register(check_name_keys, checks.Tags.database)
        receivers.connect()
        user_logged_in.connect(forget_attempts)
        user_logged_in.connect(note_session)
