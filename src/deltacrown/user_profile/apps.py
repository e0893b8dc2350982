from django.apps import AppConfig


class UserProfileConfig(AppConfig):
    name = "deltacrown.user_profile"
    verbose_name = "User profiles"
