from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from deltacrown.user_profile.services.profile_service import (
    ensure_profiles,
    list_users_without_privacy,
    list_users_without_profile,
)


class Command(BaseCommand):
    help = "Make the profile and privacy rows of users who have none. Commits in batches; stop it and run it again at will."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many are missing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            profiles, privacy = list_users_without_profile().count(), list_users_without_privacy().count()
            self.stdout.write(f"{profiles} profiles and {privacy} privacy rows are missing.")
            return
        made = ensure_profiles()
        self.stdout.write(f"Made {made.profiles} profiles and {made.privacy_settings} privacy rows.")
