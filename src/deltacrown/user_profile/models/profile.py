from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy

from deltacrown.accounts.models import User
from deltacrown.core.name_keys import NamedModel, NamedQuerySet, NameKeyField
from deltacrown.core.names import make_search_key, make_skeleton
from deltacrown.games.models import Game
from deltacrown.user_profile.models.links import ProfileLink, read_links
from deltacrown.user_profile.models.standing import Standing
from deltacrown.user_profile.stat_fields import build_indexes, list_leaderboards, list_twin_leaderboards
from deltacrown.user_profile.stats import GameNumbers, PlayerStats
from django_tally.database_clock import DatabaseNow
from django_tally.fields import HolderQuerySet


class ProfileQuerySet(NamedQuerySet, HolderQuerySet):  # type: ignore[override]
    """A queryset of profiles that writes the keys of display names."""

    def update(self, **values: Any) -> int:
        """Update profiles; without a display name the username is searched."""
        name = values.get("display_name")
        if isinstance(name, str) and "search_key" not in values:
            of_user = User.objects.filter(pk=OuterRef("user_id")).values("search_key")
            values["search_key"] = make_search_key(name) if name else Subquery(of_user)
        return super().update(**values)


class UserProfile(NamedModel, PlayerStats):
    """A player's public identity and cached stats.

    A database trigger creates it together with the user (see ``people/provisioning.py``). Its primary key is
    the user, so that fixtures, which contain keys, are loaded into the row that exists already.
    """

    stat_keys = ("user",)
    stat_rows_on_demand = False

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="profile",
    )
    public_id = models.CharField(
        max_length=20,
        unique=True,
        editable=False,
        help_text="DC-YY-NNNNNN; never changes, never reused.",
    )
    display_name = models.CharField(max_length=60, blank=True, default="", db_default="")
    display_skeleton = NameKeyField(
        of="display_name",
        compute=make_skeleton,
        max_length=300,
        default="",
        db_default="",
        help_text="Equal for display names that look alike.",
    )
    search_key = NameKeyField(
        of="display_name",
        compute=make_search_key,
        read=lambda profile: profile.name,
        reads_along="user",
        max_length=500,
        default="",
        db_default="",
        help_text="The name that is shown, in ASCII, in each way people write it.",
    )
    bio = models.TextField(max_length=1000, blank=True, default="", db_default="")
    country = models.CharField(
        max_length=2,
        blank=True,
        default="",
        db_default="",
        validators=[
            RegexValidator(r"^[A-Z]{2}$", gettext_lazy("Two capital letters, as in ISO 3166-1: DE, BR, KR."))
        ],
    )
    links = models.JSONField(
        default=list,
        blank=True,
        db_default=[],
        help_text="A list of url and label, in the order in which they are shown; see people.links.",
    )
    avatar = models.CharField(
        max_length=32,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="The name of the picture's file, which tells nothing; written by people.avatars only.",
    )
    standing = models.CharField(
        max_length=10,
        choices=Standing,
        default=Standing.ACTIVE,
        db_default=Standing.ACTIVE.value,
        editable=False,
        help_text="Written by people.standings only, which also logs why and by whom.",
    )
    standing_until = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When a suspension ends, or a closed account is anonymised; empty for never.",
    )
    data_exported_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When everything kept of the player was last exported for them, to the end.",
    )
    created_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(standing__in=Standing.values), name="user_profile_standing"),
            models.CheckConstraint(
                condition=Q(standing_until__isnull=True)
                | Q(standing__in=[Standing.SUSPENDED, Standing.CLOSED]),
                name="user_profile_standing_ends",
            ),
            models.UniqueConstraint(
                fields=["avatar"], name="user_profile_avatar_once", condition=~Q(avatar="")
            ),
        ]
        indexes = [
            *build_indexes(list_leaderboards(PlayerStats), "profile", last="public_id"),
            models.Index(
                fields=["display_skeleton"], name="profile_look_alikes", condition=~Q(display_skeleton="")
            ),
            models.Index(
                fields=["standing", "standing_until"],
                name="profile_standing_ends",
                condition=Q(standing_until__isnull=False),
            ),
            # The few who are not listed, whom the boards of periods leave out.
            models.Index(fields=["user"], name="profile_unlisted", condition=~Q(standing=Standing.ACTIVE)),
        ]
        permissions = [("remove_pictures", "Can remove the pictures of players")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def name(self) -> str:
        """Return the display name, or the username when there is none."""
        return self.display_name or self.user.username

    @property
    def shown_links(self) -> list[ProfileLink]:
        """Return the links, in the order in which they are shown."""
        return read_links(self.links)

    @property
    def picture(self) -> str:
        """Return the name of the picture that is shown; empty without one, and while the pages are gone."""
        return self.avatar if self.standing in (Standing.ACTIVE, Standing.SUSPENDED) else ""


class GameStats(GameNumbers):
    """A player's cached stats in one game. A trigger creates the row with the player's first match in it."""

    stat_keys = ("user", "game")
    stat_rows_on_demand = True

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="game_stats",
        db_index=False,
    )
    game = models.ForeignKey(Game, models.CASCADE, related_name="player_stats", db_index=False)

    objects = HolderQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "game stats"
        constraints = [models.UniqueConstraint(fields=["user", "game"], name="user_profile_gamestats_once")]
        indexes = build_indexes(
            list_twin_leaderboards(GameNumbers, PlayerStats),
            "gamestats",
            first=["game"],
            last="user",
            are_all_ordered=False,
        )

    def __str__(self) -> str:
        return f"{self.user_id} in {self.game_id}"


class PrivacySettings(models.Model):
    """The histories a player shows. A trigger creates the row with the user; only ``privacy`` reads it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="privacy_settings",
    )
    show_match_history = models.BooleanField(default=True, db_default=True)
    show_tournament_stats = models.BooleanField(default=True, db_default=True)

    class Meta:
        verbose_name_plural = "privacy settings"
        permissions = [("view_hidden", "Can see what players hide from others; every such read is logged")]

    def __str__(self) -> str:
        return f"privacy of {self.user_id}"


class PublicIdCounter(models.Model):
    """The last public id number used in a year. A trigger increases it when users are created."""

    year = models.PositiveSmallIntegerField(primary_key=True, help_text="The last two digits.")
    last = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.year:02d}: {self.last}"
