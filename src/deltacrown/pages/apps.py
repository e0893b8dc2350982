from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "deltacrown.pages"
    verbose_name = "Pages"
