from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "deltacrown.accounts"
    verbose_name = "Accounts"
