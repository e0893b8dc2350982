from django.apps import AppConfig


class TallyConfig(AppConfig):
    name = "deltacrown.tally"
    verbose_name = "Tally"
