from __future__ import annotations

from django.conf import settings
from django.db import models

from deltacrown.accounts.models import FormerUsername
from deltacrown.core.search_terms import SearchTerm, list_constraints, list_indexes, list_sources
from deltacrown.user_profile.models.profile import UserProfile


class PlayerSearchTerm(SearchTerm):
    """A beginning of the name that pages show of a player, or of a former username. Triggers write it.

    Former usernames are found of a player whose username is shown: who searches must ask for that.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, related_name="search_terms", db_index=False
    )

    class Meta:
        constraints = list_constraints("profile_searchterm")
        indexes = list_indexes("profile_searchterm")


TERM_SOURCES = list_sources(PlayerSearchTerm, UserProfile, FormerUsername, owner="user_id", has_slug=False)
