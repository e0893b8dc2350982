from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from deltacrown.core.deletion import refuse_deletion
from deltacrown.core.former_names import FormerName, Rename
from deltacrown.core.name_keys import NamedModel, NamedQuerySet, NameKeyField
from deltacrown.core.names import make_search_key
from deltacrown.core.search_terms import SearchTerm, list_constraints, list_indexes, list_sources
from deltacrown.games.models import Game
from django_tally.database_clock import DatabaseNow

#: The most letters of the rules.
LONGEST_RULES = 10_000


class Tournament(NamedModel):
    """An event with entrants, matches and official results."""

    instead_of_deletion = (
        "Cancel it instead, if it is not completed; correct its results or annul it, if it is."
    )

    class Status(models.TextChoices):
        DRAFT = "DRAFT", _("Draft")
        OPEN = "OPEN", _("Registration open")
        RUNNING = "RUNNING", _("Running")
        COMPLETED = "COMPLETED", _("Completed")
        CANCELLED = "CANCELLED", _("Cancelled")
        ANNULLED = "ANNULLED", _("Annulled")

    class EntrantKind(models.TextChoices):
        SOLO = "SOLO", pgettext_lazy("kind of entrants", "Solo")
        TEAM = "TEAM", pgettext_lazy("kind of entrants", "Team")

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=160)
    search_key = NameKeyField(
        of="name",
        compute=make_search_key,
        max_length=500,
        default="",
        db_default="",
        help_text="The name in ASCII, in each way people write it.",
    )
    game = models.ForeignKey(Game, refuse_deletion, related_name="tournaments")
    entrant_kind = models.CharField(
        max_length=4, choices=EntrantKind, default=EntrantKind.SOLO, db_default=EntrantKind.SOLO
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT, db_default=Status.DRAFT)
    organiser = models.ForeignKey(
        settings.AUTH_USER_MODEL, refuse_deletion, null=True, blank=True, related_name="organised_tournaments"
    )
    capacity = models.PositiveIntegerField(
        null=True, blank=True, help_text="Most entrants; empty for no limit."
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    prize_currency = models.CharField(
        max_length=3,
        blank=True,
        default="",
        db_default="",
        help_text="Of all its prizes, as in ISO 4217: EUR, USD, KRW.",
    )
    prize_pool = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="The sum of all prizes as announced, in the currency of the prizes; empty where none was.",
    )
    registration_closes_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Until when players and captains register; empty for the start. The organiser enters late.",
    )
    rules = models.TextField(
        max_length=LONGEST_RULES,
        blank=True,
        default="",
        db_default="",
        help_text="How it is played, as plain text; a line stays a line.",
    )
    counts_forfeits = models.BooleanField(
        null=True,
        blank=True,
        help_text="Whether matches decided by forfeit count; empty for the rule of the game.",
    )
    is_provisional = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Made from its matches alone: a file of tournaments may replace what was guessed.",
    )
    created_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    objects = NamedQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")),
                name="tournaments_tournament_dates",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["DRAFT", "OPEN", "RUNNING", "COMPLETED", "CANCELLED", "ANNULLED"]),
                name="tournaments_tournament_status",
            ),
            models.CheckConstraint(
                condition=Q(prize_currency="") | Q(prize_currency__regex=r"^[A-Z]{3}$"),
                name="tournaments_tournament_currency",
            ),
            models.CheckConstraint(
                condition=Q(prize_pool__isnull=True) | Q(prize_pool__gte=0),
                name="tournaments_tournament_pool",
            ),
        ]
        indexes = [models.Index(F("starts_at").desc(), F("id").desc(), name="tournaments_newest")]
        permissions = [("manage_any", "Can see drafts and run tournaments of every organiser")]

    def __str__(self) -> str:
        return self.name


class FormerTournamentName(FormerName):
    """A slug or a name that a tournament had. A former slug finds it as long as no other one has it."""

    owner = models.ForeignKey(Tournament, models.CASCADE, related_name="former_names", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "key", "name"], name="tournaments_formertournamentname_once"
            )
        ]
        indexes = [models.Index(fields=["key"], name="tournaments_former_key")]


#: The names that are kept after they were given up.
RENAMES = [
    Rename(FormerTournamentName, "slug"),
    Rename(FormerTournamentName, "name", search_key="search_key"),
]


class TournamentSearchTerm(SearchTerm):
    """A beginning of a tournament's name or slug, present or former. Database triggers write it."""

    owner = models.ForeignKey(Tournament, models.DO_NOTHING, related_name="search_terms", db_index=False)

    class Meta:
        constraints = list_constraints("tournaments_searchterm")
        indexes = list_indexes("tournaments_searchterm")


TERM_SOURCES = list_sources(TournamentSearchTerm, Tournament, FormerTournamentName)
