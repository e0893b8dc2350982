from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "deltacrown.api"
    verbose_name = "HTTP API"
