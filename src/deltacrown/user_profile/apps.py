from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate


class UserProfileConfig(AppConfig):
    name = "deltacrown.user_profile"
    verbose_name = "User profiles"

    def ready(self) -> None:
        from deltacrown.accounts.belongings import register_belongings  # noqa: PLC0415
        from deltacrown.accounts.granting import fill_groups  # noqa: PLC0415 - imports models
        from deltacrown.accounts.texts import register_texts  # noqa: PLC0415
        from deltacrown.core.namesakes import NameSource, register_names  # noqa: PLC0415
        from deltacrown.core.term_triggers import register_terms  # noqa: PLC0415 - imports models
        from deltacrown.core.trigrams import sync_trigram_indexes  # noqa: PLC0415
        from deltacrown.freshness.tokens import register_watches  # noqa: PLC0415 - imports models
        from deltacrown.interchange.directory import PlayerAddress, register_players  # noqa: PLC0415
        from deltacrown.user_profile import gauges, receivers, watches  # noqa: PLC0415
        from deltacrown.user_profile.belongings import BELONGINGS, TEXTS  # noqa: PLC0415 - imports models
        from deltacrown.user_profile.checks import check_catalogue, check_everyone_has_a_profile  # noqa: PLC0415
        from deltacrown.user_profile.models import UserProfile  # noqa: PLC0415
        from deltacrown.user_profile.models.search import TERM_SOURCES  # noqa: PLC0415
        from deltacrown.user_profile.numbers import rank_triggers  # noqa: PLC0415
        from deltacrown.user_profile.people import (  # noqa: PLC0415
            addresses,
            block_triggers,
            fixtures,
            newcomers,
            provisioning,
            standing_triggers,
        )
        from deltacrown.user_profile.people.profiles import ensure_profiles_after_migrating  # noqa: PLC0415
        from django_tally.triggers.plan import Provider, register_provider  # noqa: PLC0415

        register_belongings(BELONGINGS)
        register_texts(TEXTS)
        address = PlayerAddress(addresses.PUBLIC_ID, addresses.find_users)
        register_players(address, newcomers.PROFILES)
        register_provider(Provider(provisioning.build_user_triggers))
        register_provider(Provider(standing_triggers.build_standing_triggers, standing_triggers.list_tables))
        register_terms(TERM_SOURCES)
        register_provider(Provider(block_triggers.build_block_triggers, block_triggers.list_block_tables))
        register_provider(
            Provider(
                rank_triggers.build_rank_triggers,
                rank_triggers.list_rank_tables,
                rank_triggers.note_everybody,
            )
        )
        register_watches(watches.WATCHES)
        register_names(NameSource("player", UserProfile, name="display_name", skeleton="display_skeleton"))
        checks.register(check_catalogue)
        checks.register(check_everyone_has_a_profile, checks.Tags.database)
        receivers.connect()
        fixtures.connect_fixtures()
        gauges.register()
        post_migrate.connect(sync_trigram_indexes, sender=self)  # the last app with names
        post_migrate.connect(ensure_profiles_after_migrating, sender=self)
        post_migrate.connect(fill_groups, sender=self)  # the last app with permissions of theirs
