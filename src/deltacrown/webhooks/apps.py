from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "deltacrown.webhooks"
    verbose_name = "Webhooks"

    def ready(self) -> None:
        from deltacrown.accounts.belongings import register_belongings  # noqa: PLC0415
        from deltacrown.accounts.texts import register_texts  # noqa: PLC0415
        from deltacrown.webhooks import gauges, receivers  # noqa: PLC0415 - imports models
        from deltacrown.webhooks.belongings import BELONGINGS, TEXTS  # noqa: PLC0415 - imports models

        register_belongings(BELONGINGS)
        register_texts(TEXTS)
        receivers.connect()
        gauges.register()
