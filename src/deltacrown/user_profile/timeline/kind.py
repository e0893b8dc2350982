"""What a type of activity is: which facts it shows, and how. Each type is one class in ``timeline/kinds``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.dispatch import Signal
from django.utils.translation import gettext

from deltacrown.core.words import in_english
from deltacrown.user_profile.models import ActivityRow, PrivacySettings, Standing, UserProfile
from deltacrown.user_profile.models.activity_types import ActivityType, declare_activity_type
from deltacrown.user_profile.timeline.records import ActivityRecord, Metadata, Visibility
from django_tally.batches import BATCH_SIZE

Row = TypeVar("Row", bound=Model)
#: The id of a fact among those of a kind: a row's id, a slug; empty where a player has one such fact at most.
FactId = int | str
#: Digits of a number that is no id in any table.
LONGEST_ID = 19


@dataclass(frozen=True)
class Limit:
    """Which values a number in the metadata may have.

    :param otherwise: completes "… does not appear on a timeline; only".
    """

    values: range
    otherwise: str


@dataclass(frozen=True)
class Wording:
    """What an entry says: its text, and the things it names."""

    description: str
    metadata: Metadata


class Kind(ABC):
    """A type of activity. A subclass with a ``type`` is on the whitelist.

    :cvar type: what is stored, at most 24 characters.
    :cvar label: what staff read.
    :cvar sentence: what its entries say, marked with ``gettext_noop``, with what their metadata name as
        ``%(tournament_name)s``. English is stored; pages say it in the reader's language.
    :cvar order: its place in lists of types.
    :cvar fact: begins the names of its facts, or is the whole name where a player has one such fact at most.
    :cvar requires: the public things its metadata must name, by id, slug or name: ``("tournament",)``.
    :cvar names: the public things its metadata may name besides.
    :cvar limits: the numbers its metadata must hold, by name, and no others.
    :cvar is_private: only the player and staff see its entries, whatever is asked.
    :cvar shown_by: the flag of ``PrivacySettings`` that must be on for others to see its entries.
    :cvar time_shown_by: the flags that must be on for others to learn the time of an entry; else they learn
        the day. Empty for facts whose time is public anyway.
    """

    type: ClassVar[str]
    label: ClassVar[str]
    sentence: ClassVar[str] = ""
    fact: ClassVar[str]
    order: ClassVar[int] = 100
    requires: ClassVar[tuple[str, ...]] = ()
    names: ClassVar[tuple[str, ...]] = ()
    limits: ClassVar[Mapping[str, Limit]] = {}
    is_private: ClassVar[bool] = False
    shown_by: ClassVar[str] = ""
    time_shown_by: ClassVar[Collection[str]] = ("show_match_history", "show_tournament_stats")

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "type" not in cls.__dict__:
            return

        for flag in filter(None, (cls.shown_by, *cls.time_shown_by)):
            PrivacySettings._meta.get_field(flag)
        declared = ActivityType(
            value=cls.type,
            label=cls.label,
            order=cls.order,
            is_private=cls.is_private,
            shown_by=cls.shown_by,
            time_shown_by=frozenset(cls.time_shown_by),
        )
        declare_activity_type(declared)
        _classes[cls.type] = cls

    @abstractmethod
    def list_wanted(
        self,
        users: Collection[int],
        facts: Collection[FactId] | None,
    ) -> Iterable[ActivityRecord]:
        """Return what the timelines of ``users``, at most 500, should say now.

        :param facts: the facts concerned; None for all of this kind.
        """

    def find_wordings(self, rows: Sequence[ActivityRow]) -> dict[int, Wording]:
        """Return entry's id → what it says today, in the reader's language; at most one query."""
        return {row.pk: Wording(self.reword(row.description, row.metadata), row.metadata) for row in rows}

    def choose_sentence(self, metadata: Metadata) -> str:
        """Return the sentence of an entry with these metadata, in English."""
        return self.sentence

    def word(self, metadata: Metadata) -> str:
        """Return what an entry with these metadata says, in the reader's language."""
        sentence = self.choose_sentence(metadata)
        return gettext(sentence) % metadata

    def word_in_english(self, metadata: Metadata) -> str:
        """Return what is stored of it."""
        with in_english():
            return self.word(metadata)

    def reword(self, description: str, metadata: Metadata) -> str:
        """Return a stored text in the reader's language; as it is where it was entered in other words."""
        try:
            is_ours = self.word_in_english(metadata) == description
        except KeyError:  # entered by hand, it names its thing otherwise
            return description
        return self.word(metadata) if is_ours else description

    def make_key(self, fact_id: FactId) -> str:
        """Return the name of a fact, ``dedupe_key`` of its entry."""
        return f"{self.fact}:{fact_id}" if fact_id != "" else self.fact

    def is_own_key(self, key: str) -> bool:
        """Return whether a name is one of this kind's. An entry with another was entered by hand."""
        return key == self.fact or key.startswith(f"{self.fact}:")

    def make_record(
        self,
        *,
        user_id: int,
        fact_id: FactId,
        created_at: datetime,
        metadata: Metadata | None = None,
    ) -> ActivityRecord:
        """Return what the timeline should say of a fact; in English, whoever brought it about."""
        return ActivityRecord(
            user_id=user_id,
            activity_type=self.type,
            description=self.word_in_english(metadata or {}),
            metadata=metadata or {},
            dedupe_key=self.make_key(fact_id),
            created_at=created_at,
            visibility=self.settle_visibility(Visibility.PUBLIC),
        )

    def find_fault(self, metadata: Metadata) -> str:
        """Return why a fact entered by hand, with these metadata, does not appear, or ``""``."""
        return ""

    def settle_visibility(self, asked: str) -> str:
        """Return the visibility of an entry for which ``asked`` was given."""
        return Visibility.PRIVATE if self.is_private else asked


@dataclass(frozen=True)
class Event:
    """Something another app announces, after which the facts of some rows are synced.

    :param rows: gets what the signal carries, and returns the rows, which have ``player`` and ``fact_id``.
    """

    signal: Signal
    rows: Callable[[Mapping[str, Any]], Iterable[Model]]


class RowKind(Kind, Generic[Row]):
    """A kind whose facts are the rows of one table.

    :cvar player: the column that names the player.
    :cvar dated_by: the column that says when it happened.
    :cvar fact_id: the column, or the path to it, that is the id of the fact among those of the player.
    :cvar fact_type: the type of that id.
    :cvar related: what the metadata need, fetched along.
    :cvar events: what other apps announce of its facts. A service of this app calls ``sync_timeline`` itself.
    :cvar follows_deletion: whether the deletion of a single row is an event too.
    """

    player: ClassVar[str] = "user"
    dated_by: ClassVar[str]
    fact_id: ClassVar[str] = ""
    fact_type: ClassVar[type[int] | type[str]] = int
    related: ClassVar[tuple[str, ...]] = ()
    events: ClassVar[tuple[Event, ...]] = ()
    follows_deletion: ClassVar[bool] = True

    @abstractmethod
    def list_rows(self) -> QuerySet[Row]:
        """Return the rows that are on a timeline."""

    def list_metadata(self, row: Row) -> Metadata:
        """Return what an entry names: all that its sentence needs."""
        return {}

    def list_wanted(
        self,
        users: Collection[int],
        facts: Collection[FactId] | None,
    ) -> Iterable[ActivityRecord]:
        rows = self.list_rows().filter(has_timeline(self.player), **{f"{self.player}__in": users})
        # A long list is left to the caller, who looks at the keys: a statement takes so many values.
        if facts is not None and self.fact_id and len(facts) <= BATCH_SIZE:
            rows = rows.filter(**{f"{self.fact_id}__in": facts})
        if self.related and facts is not None and len(facts) > 1:
            # Many rows of few tournaments: each is fetched once, and not with every row.
            rows = rows.prefetch_related(*self.related)
        elif self.related:
            rows = rows.select_related(*self.related)

        return [self._record(row) for row in rows.order_by("pk")]

    def find_wordings(self, rows: Sequence[ActivityRow]) -> dict[int, Wording]:
        """Return entry's id → what it says today, from the rows that the entries show."""
        stored = super().find_wordings(rows)
        facts = {row.pk: self._read_fact_id(row.dedupe_key) for row in rows} if self.related else {}
        if not any(facts.values()):
            return stored

        shown = self.list_rows().select_related(*self.related)
        users = {row.user_id for row in rows}
        wanted = {fact for fact in facts.values() if fact}
        found = shown.filter(**{f"{self.player}__in": users, f"{self.fact_id}__in": wanted})
        by_fact = {(self.get_player(row), self.make_key(self.get_fact_id(row))): row for row in found}

        sources = {row.pk: by_fact.get((row.user_id, row.dedupe_key)) for row in rows}
        named = {pk: self.list_metadata(source) for pk, source in sources.items() if source is not None}
        return stored | {pk: Wording(self.word(metadata), metadata) for pk, metadata in named.items()}

    def _read_fact_id(self, key: str) -> str:
        """Return the id in the name of a fact; ``""`` when it holds none, as in a name given by hand."""
        prefix, _, fact_id = key.partition(":")
        is_number = fact_id.isascii() and fact_id.isdecimal() and len(fact_id) < LONGEST_ID
        return fact_id if prefix == self.fact and (is_number or self.fact_type is str) else ""

    def get_player(self, row: Model) -> int | None:
        """Return the player a row is about; None for the row of a team itself."""
        player: int | None = _read(row, self.player)

        return player

    def get_fact_id(self, row: Model) -> FactId:
        """Return the id of the fact that a row is."""
        fact_id: FactId = _read(row, self.fact_id) if self.fact_id else ""

        return fact_id

    def _record(self, row: Row) -> ActivityRecord:
        return self.make_record(
            user_id=self.get_player(row) or 0,
            fact_id=self.get_fact_id(row),
            created_at=_read(row, self.dated_by),
            metadata=self.list_metadata(row),
        )


def has_timeline(player: str) -> Q:
    """Return the condition that a player has a timeline: one who is anonymised has none, and gets none."""
    profiles = UserProfile.objects.filter(user=OuterRef(player), standing=Standing.ANONYMISED)
    return ~Q(Exists(profiles))


_classes: dict[str, type[Kind]] = {}


def list_kind_classes() -> list[type[Kind]]:
    """Return the kinds imported so far, by place and type."""
    return sorted(_classes.values(), key=lambda kind: (kind.order, kind.type))


def _read(row: Model, path: str) -> Any:
    """Return the stored value of a column, ``achievement__slug`` through the row it belongs to."""
    *steps, column = path.split("__")
    for step in steps:
        row = getattr(row, step)

    return row.serializable_value(column)
