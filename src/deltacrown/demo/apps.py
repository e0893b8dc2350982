from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "deltacrown.demo"
    verbose_name = "Demo season"
