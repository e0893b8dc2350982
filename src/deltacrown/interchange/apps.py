from django.apps import AppConfig


class InterchangeConfig(AppConfig):
    name = "deltacrown.interchange"
    verbose_name = "Interchange"
