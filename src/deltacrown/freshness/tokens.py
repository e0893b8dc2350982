"""A token per owner that changes with every change to what is shown of them, whoever writes it and however.

What was built out of an owner's rows may be kept under the token that was read *before* it was
built: whoever reads the same token later may be shown it, since nothing has been committed in
between. Triggers on every watched table give the owner another token in the writer's own
transaction. Tokens are drawn at random and not counted up, since a counter would give the same
number twice: to a transaction that is rolled back and to the next one, or after a restore.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.apps import apps

from deltacrown.core.prepared import Parameter, PreparedRows
from deltacrown.freshness.models import ContentVersion
from django_tally.feeds import Model, column_of
from django_tally.triggers.trigger import PREFIX


@dataclass(frozen=True)
class Link:
    """Rows of another table that show something of a watched row on a page of their own owner.

    :param model: as ``"app_label.Model"``.
    :param key: its foreign key to the watched row.
    :param owner: its foreign key to the owner.
    """

    model: str
    key: str
    owner: str = "user"


@dataclass(frozen=True)
class Watch:
    """A table whose rows are shown on owners' pages.

    :param model: as ``"app_label.Model"``.
    :param owners: the fields of a row that name its owners.
    :param columns: the fields that are shown: only an update that changes one of them matters. Empty: any
        insert, update and delete matters.
    :param links: where else the row is shown, besides with its own owners.
    :param everyone: it may be shown on anybody's pages: all owners are given another token.
    """

    model: str
    owners: tuple[str, ...] = ("user",)
    columns: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    everyone: bool = False

    @property
    def source(self) -> Model:
        return apps.get_model(self.model)

    @property
    def name(self) -> str:
        """Return how its triggers' names begin: after the engine's in the alphabet, to fire later."""
        return f"{PREFIX}version_{self.source._meta.model_name}{'_shown' if self.columns else ''}"

    @property
    def owner_columns(self) -> list[str]:
        return [column_of(self.source, owner) for owner in self.owners]


_watches: list[Watch] = []


def register_watches(watches: Sequence[Watch]) -> None:
    """Renew the tokens of the owners of rows of these tables whenever the rows change."""
    _watches.extend(watch for watch in watches if watch not in _watches)


def list_watches() -> list[Watch]:
    """Return every registered watch."""
    return list(_watches)


def list_tokens(owners: Collection[int], *, using: str = "default") -> dict[int, int]:
    """Return owner → token; owners without one are left out."""
    versions = ContentVersion.objects.using(using).filter(owner__in=owners)
    return dict(versions.values_list("owner", "token"))


def get_token(owner: int, *, using: str = "default") -> int | None:
    """Return the owner's token; ``None`` when this database gives out none, and nothing may then be kept."""
    if using == "default":
        return next((token for (token,) in _TOKEN.read(owner)), None)
    versions = ContentVersion.objects.using(using).filter(owner=owner)
    token: int | None = versions.values_list("token", flat=True).first()
    return token


_TOKEN = PreparedRows(
    lambda: ContentVersion.objects.filter(owner=Parameter(0)).values_list("token"), is_by_key=True
)
