from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "deltacrown.moderation"
    verbose_name = "Moderation"

    def ready(self) -> None:
        from deltacrown.moderation import receivers  # noqa: PLC0415 - imports models

        receivers.connect()
