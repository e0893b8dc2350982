from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from deltacrown.core.deletion import refuse_deletion
from deltacrown.core.former_names import FormerName, Rename
from deltacrown.core.name_keys import NamedModel, NamedQuerySet, NameKeyField
from deltacrown.core.names import make_name_key, make_search_key, make_skeleton
from django_tally.database_clock import DatabaseNow


class Team(NamedModel):
    """A team. Its members change over time: see ``TeamMembership``."""

    instead_of_deletion = "Keep it, and record when its members left, with leave_team."

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    name_key = NameKeyField(
        of="name",
        compute=make_name_key,
        null=True,
        unique=True,
        help_text="Equal for all spellings of the name.",
        error_messages={"unique": "A team of that name exists already."},
    )
    name_skeleton = NameKeyField(
        of="name",
        compute=make_skeleton,
        default="",
        db_default="",
        help_text="Equal for names that look alike.",
    )
    search_key = NameKeyField(
        of="name",
        compute=make_search_key,
        max_length=500,
        default="",
        db_default="",
        help_text="The name in ASCII, in each way people write it.",
    )
    created_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    objects = NamedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["name_skeleton"], name="teams_team_look_alikes")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse the name of another team in whatever spelling; forms of the admin call this."""
        super().clean()
        namesakes = Team.objects.filter(name_key=make_name_key(self.name or "")).exclude(pk=self.pk)
        # The service tidies a name first, and says which team has it.
        is_tidy = self.name == " ".join((self.name or "").split())
        if is_tidy and namesakes.exists():
            raise ValidationError({"name": "A team of that name exists already."})


class FormerTeamName(FormerName):
    """A name or a slug that a team had. It finds the team as long as no other team has it."""

    owner = models.ForeignKey(Team, models.CASCADE, related_name="former_names", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "key", "name"], name="teams_formerteamname_once")
        ]
        indexes = [models.Index(fields=["key"], name="teams_formerteamname_key")]


#: The names that are looked up after they were given up.
RENAMES = [
    Rename(FormerTeamName, "name", key="name_key", search_key="search_key"),
    Rename(FormerTeamName, "slug"),
]


class MembershipQuerySet(models.QuerySet["TeamMembership"]):
    """Filters for memberships."""

    def lasting(self) -> MembershipQuerySet:
        """Keep memberships that lasted. One ended at its own start was a mistake: nobody was a member."""
        return self.filter(Q(left_at__isnull=True) | Q(left_at__gt=F("joined_at")))


class TeamMembership(models.Model):
    """The period a player spent in a team. ``left_at`` is null while the player is in it."""

    team = models.ForeignKey(Team, refuse_deletion, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, refuse_deletion, related_name="team_memberships", db_index=False
    )
    joined_at = models.DateTimeField(db_default=DatabaseNow())
    left_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"], condition=Q(left_at__isnull=True), name="teams_membership_one_open"
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("joined_at")),
                name="teams_membership_dates",
            ),
        ]
        indexes = [
            models.Index("user", F("joined_at").desc(), F("id").desc(), name="teams_membership_of_user")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"
