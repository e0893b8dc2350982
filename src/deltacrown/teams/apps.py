from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "deltacrown.teams"
    verbose_name = "Teams"
