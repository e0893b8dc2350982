from django.apps import AppConfig


class FreshnessConfig(AppConfig):
    name = "deltacrown.freshness"
    verbose_name = "Freshness"

    def ready(self) -> None:
        from deltacrown.freshness import tokens  # noqa: PLC0415 - imports models
        from django_tally.triggers.plan import Provider, register_provider  # noqa: PLC0415

        register_provider(Provider(tokens.build_triggers, tokens.list_tables, tokens.renew_all))
