from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from deltacrown.core import external_ids
from deltacrown.core.deletion import refuse_deletion
from deltacrown.core.external_ids import LONGEST_KEY, LONGEST_PROVIDER, LONGEST_VALUE
from deltacrown.core.former_names import FormerName, Rename
from deltacrown.core.name_keys import NamedModel, NamedQuerySet, NameKeyField
from deltacrown.core.names import make_name_key, make_search_key, make_skeleton
from deltacrown.core.search_terms import SearchTerm, list_constraints, list_indexes, list_sources
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
        permissions = [("manage_any", "Can give and end roles and end memberships in every team")]

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


class TeamExternalId(models.Model):
    """An id of a team at a provider such as FACEIT, by which files and requests name the team."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="external_ids", db_index=False)
    provider = models.CharField(max_length=LONGEST_PROVIDER)
    value = models.CharField(max_length=LONGEST_VALUE)
    key = models.CharField(max_length=LONGEST_KEY, editable=False, help_text="Equal for all spellings.")
    is_confirmed = models.BooleanField(
        default=True,
        db_default=True,
        help_text="One that is not finds no team.",
    )
    added_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    class Meta:
        constraints = external_ids.list_constraints("team", "teams_teamexternalid")
        indexes = [models.Index(fields=["key"], name="teams_teamexternalid_key")]

    def __str__(self) -> str:
        return f"{self.provider}:{self.value}"


class TeamSearchTerm(SearchTerm):
    """A beginning of a team's name or slug, present or former. Database triggers write it."""

    owner = models.ForeignKey(Team, models.DO_NOTHING, related_name="search_terms", db_index=False)

    class Meta:
        constraints = list_constraints("teams_searchterm")
        indexes = list_indexes("teams_searchterm")


TERM_SOURCES = list_sources(TeamSearchTerm, Team, FormerTeamName)


class MembershipQuerySet(models.QuerySet["TeamMembership"]):
    """Filters for memberships."""

    def lasting(self) -> MembershipQuerySet:
        """Keep memberships that lasted. One ended at its own start was a mistake: nobody was a member."""
        return self.filter(Q(left_at__isnull=True) | Q(left_at__gt=F("joined_at")))

    def present_at(self, at: datetime | DatabaseNow) -> MembershipQuerySet:
        """Keep the memberships of who was in the team at time ``at``."""
        return self.filter(Q(left_at__isnull=True) | Q(left_at__gt=at), joined_at__lte=at)


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
            models.Index("user", F("joined_at").desc(), F("id").desc(), name="teams_membership_of_user"),
            models.Index(
                "team",
                F("joined_at").desc(),
                F("id").desc(),
                condition=Q(left_at__isnull=True),
                name="teams_membership_present",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"


class RoleQuerySet(models.QuerySet["TeamRole"]):
    """Filters for roles."""

    def lasting(self) -> RoleQuerySet:
        """Keep roles that lasted. One ended at its own start was a mistake: nobody had it."""
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=F("given_at")))

    def held_at(self, at: datetime | DatabaseNow) -> RoleQuerySet:
        """Keep the roles that members of the team had at time ``at``."""
        in_team = TeamMembership.objects.present_at(at).filter(team=OuterRef("team"), user=OuterRef("user"))
        lasting = self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at), given_at__lte=at)
        return lasting.filter(Exists(in_team))


class TeamRole(models.Model):
    """The period in which a member had a role in a team. ``ended_at`` is null while they have it.

    A membership that ends takes the roles with it: a database trigger ends them.
    """

    class Role(models.TextChoices):
        CAPTAIN = "CAPTAIN", _("Captain")
        PLAYER = "PLAYER", _("Player")
        SUBSTITUTE = "SUBSTITUTE", _("Substitute")
        COACH = "COACH", _("Coach")
        ANALYST = "ANALYST", _("Analyst")
        MANAGER = "MANAGER", _("Manager")

    team = models.ForeignKey(Team, refuse_deletion, related_name="roles", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, refuse_deletion, related_name="team_roles", db_index=False
    )
    role = models.CharField(max_length=10, choices=Role)
    given_at = models.DateTimeField(db_default=DatabaseNow())
    ended_at = models.DateTimeField(null=True, blank=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        refuse_deletion,
        null=True,
        blank=True,
        editable=False,
        related_name="team_roles_given",
        db_index=False,
        help_text="Who; empty for the site itself.",
    )

    objects = RoleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user", "role"],
                condition=Q(ended_at__isnull=True),
                name="teams_role_one_open",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("given_at")), name="teams_role_dates"
            ),
            models.CheckConstraint(
                condition=Q(role__in=["CAPTAIN", "PLAYER", "SUBSTITUTE", "COACH", "ANALYST", "MANAGER"]),
                name="teams_role_kind",
            ),
        ]
        indexes = [
            models.Index("team", F("given_at").desc(), F("id").desc(), name="teams_role_of_team"),
            models.Index("user", F("given_at").desc(), F("id").desc(), name="teams_role_of_user"),
            models.Index(fields=["given_by"], name="teams_role_given_by"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} as {self.role} of {self.team_id}"


#: The roles of who is in a team without playing for it.
STAFF_ROLES = (TeamRole.Role.COACH, TeamRole.Role.ANALYST, TeamRole.Role.MANAGER)


class TeamInvitation(models.Model):
    """That a team asks a player to join. It is nobody's membership: that begins when the player says yes.

    Only the player and who runs the team see it, whatever became of it.
    """

    class Answer(models.TextChoices):
        ACCEPTED = "ACCEPTED", _("Accepted")
        DECLINED = "DECLINED", _("Declined")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    team = models.ForeignKey(Team, models.CASCADE, related_name="invitations", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="team_invitations", db_index=False
    )
    invited_at = models.DateTimeField(db_default=DatabaseNow())
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    answer = models.CharField(max_length=9, choices=Answer, blank=True, help_text="Empty while it is open.")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"], condition=Q(answer=""), name="teams_invitation_one_open"
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | Q(answer__in=["ACCEPTED", "DECLINED", "WITHDRAWN"], answered_at__isnull=False),
                name="teams_invitation_answer",
            ),
        ]
        indexes = [
            models.Index("team", F("invited_at").desc(), F("id").desc(), name="teams_invitation_of_team"),
            models.Index("user", F("invited_at").desc(), F("id").desc(), name="teams_invitation_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} to {self.team_id}"
