from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "deltacrown.notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from deltacrown.accounts.belongings import register_belongings  # noqa: PLC0415
        from deltacrown.accounts.heads import register_head  # noqa: PLC0415
        from deltacrown.accounts.texts import register_texts  # noqa: PLC0415
        from deltacrown.notifications import receivers  # noqa: PLC0415 - imports models
        from deltacrown.notifications.belongings import BELONGINGS, TEXTS  # noqa: PLC0415 - imports models
        from deltacrown.notifications.privacy import build_unread_count  # noqa: PLC0415 - imports models

        register_belongings(BELONGINGS)
        register_texts(TEXTS)
        register_head("unread_notifications", build_unread_count)
        receivers.connect()
