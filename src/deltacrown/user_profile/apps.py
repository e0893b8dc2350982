from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate


class UserProfileConfig(AppConfig):
    name = "deltacrown.user_profile"
    verbose_name = "User profiles"

    def ready(self) -> None:
        from deltacrown.accounts.granting import fill_groups  # noqa: PLC0415 - imports models
        from deltacrown.core.namesakes import NameSource, register_names  # noqa: PLC0415
        from deltacrown.freshness.tokens import register_watches  # noqa: PLC0415 - imports models
        from deltacrown.interchange.directory import (  # noqa: PLC0415
            PLAYER_ADDRESSES,
            PLAYER_PROFILES,
            PlayerAddress,
            PlayerProfiles,
        )
        from deltacrown.user_profile import receivers, watches  # noqa: PLC0415
        from deltacrown.user_profile.checks import check_catalogue, check_everyone_has_a_profile  # noqa: PLC0415
        from deltacrown.user_profile.models import UserProfile  # noqa: PLC0415
        from deltacrown.user_profile.people import addresses, fixtures, newcomers, provisioning  # noqa: PLC0415
        from deltacrown.user_profile.people.profiles import ensure_profiles_after_migrating  # noqa: PLC0415
        from django_tally.triggers.plan import Provider, register_provider  # noqa: PLC0415

        PLAYER_ADDRESSES.append(PlayerAddress(addresses.PUBLIC_ID, addresses.find_users))
        PLAYER_PROFILES.append(PlayerProfiles(newcomers.describe_newcomers, newcomers.read_texts))
        register_provider(Provider(provisioning.build_user_triggers))
        register_watches(watches.WATCHES)
        register_names(NameSource("player", UserProfile, name="display_name", skeleton="display_skeleton"))
        checks.register(check_catalogue)
        checks.register(check_everyone_has_a_profile, checks.Tags.database)
        receivers.connect()
        fixtures.connect_fixtures()
        post_migrate.connect(ensure_profiles_after_migrating, sender=self)
        post_migrate.connect(fill_groups, sender=self)  # the last app with permissions of theirs
