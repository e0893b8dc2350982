from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "deltacrown.core"
    verbose_name = "Jobs"
