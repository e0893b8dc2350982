from django.apps import AppConfig


class FreshnessConfig(AppConfig):
    name = "deltacrown.freshness"
    verbose_name = "Freshness"

    def ready(self) -> None:
        from deltacrown.freshness import triggers  # noqa: PLC0415 - imports models
        from django_tally.triggers.plan import Provider, register_provider  # noqa: PLC0415

        register_provider(
            Provider(
                triggers.build_triggers, triggers.list_tables, lambda found: triggers.renew_all(found.using)
            )
        )
