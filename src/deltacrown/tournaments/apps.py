from django.apps import AppConfig


class TournamentsConfig(AppConfig):
    name = "deltacrown.tournaments"
    verbose_name = "Tournaments"
