from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate


class UserProfileConfig(AppConfig):
    name = "deltacrown.user_profile"
    verbose_name = "User profiles"

    def ready(self) -> None:
        from deltacrown.tally.trigger_plan import register_provider  # noqa: PLC0415 - imports models
        from deltacrown.tally.versions import register_watches  # noqa: PLC0415
        from deltacrown.user_profile import provisioning, receivers, watches  # noqa: PLC0415
        from deltacrown.user_profile.checks import check_everyone_has_a_profile  # noqa: PLC0415
        from deltacrown.user_profile.services import loading_service  # noqa: PLC0415
        from deltacrown.user_profile.services.profile_service import ensure_profiles_after_migrating  # noqa: PLC0415

        register_provider(provisioning.build_triggers)
        register_watches(watches.WATCHES)
        checks.register(check_everyone_has_a_profile, checks.Tags.database)
        receivers.connect()
        loading_service.connect()
        post_migrate.connect(ensure_profiles_after_migrating, sender=self)
