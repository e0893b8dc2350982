from django.apps import AppConfig


class GamesConfig(AppConfig):
    name = "deltacrown.games"
    verbose_name = "Games"
