from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "deltacrown.web"
    verbose_name = "Web"
