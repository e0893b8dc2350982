from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "deltacrown.moderation"
    verbose_name = "Moderation"
