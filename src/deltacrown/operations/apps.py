from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "deltacrown.operations"
    verbose_name = "Operations"
