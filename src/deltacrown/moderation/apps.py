from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "deltacrown.moderation"
    verbose_name = "Moderation"

    def ready(self) -> None:
        from deltacrown.accounts.belongings import register_belongings  # noqa: PLC0415
        from deltacrown.accounts.texts import register_texts  # noqa: PLC0415
        from deltacrown.moderation import receivers  # noqa: PLC0415 - imports models
        from deltacrown.moderation.belongings import BELONGINGS, TEXTS  # noqa: PLC0415 - imports models

        register_belongings(BELONGINGS)
        register_texts(TEXTS)
        receivers.connect()
