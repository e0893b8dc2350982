"""Fixtures that carry rows with numbers, as a full ``dumpdata`` does: the numbers stay the database's own.

A full dump carries the history too: the engine's recordings and revisions come before the sources, whose rows
are then known to the triggers, keep their ``recorded_at`` and leave no revision of their own.
"""

from __future__ import annotations

from typing import Any

from django.db import connections, models
from django.db.models.signals import post_save, pre_save

from django_tally.commits import SOON
from django_tally.feeds import Model, are_rows_on_demand, get_stat_keys, get_stats, list_holders
from django_tally.models import Installation, Recording, Revision
from django_tally.schema import table_of

#: Models whose rows triggers write, under keys that the database draws.
WRITTEN_BY_TRIGGERS = (Recording, Revision)


def connect() -> None:
    """Check every row of a holder before it is loaded from a fixture."""
    for holder in list_holders():
        pre_save.connect(_prepare_loaded_row, sender=holder)
    pre_save.connect(_prepare_loaded_recording, sender=Recording)
    pre_save.connect(_keep_installation, sender=Installation)
    for model in WRITTEN_BY_TRIGGERS:
        post_save.connect(_pass_loaded_key, sender=model)


def _keep_installation(instance: Installation, raw: bool, using: str, **_: Any) -> None:
    """Keep what is known of this database's own triggers: the dump may come from one of another kind."""
    if not raw:
        return
    own = Installation.objects.using(using).filter(pk=instance.pk).first()
    if own is not None:
        instance.fingerprint, instance.installed_at = own.fingerprint, own.installed_at


def _prepare_loaded_recording(instance: Recording, raw: bool, **_: Any) -> None:
    """Give a loaded recording a transaction of its own, and mark it again where it was committed late.

    The number it had is another's in this database. And JSON keeps milliseconds, in which one transaction may
    have written twice. Dumps of earlier versions have no mark.
    """
    if raw:
        instance.transaction_id = -int(instance.pk)
        committed_at = instance.committed_at
        instance.is_late = committed_at is not None and committed_at > instance.written_at + SOON


def _pass_loaded_key(sender: Model, instance: models.Model, raw: bool, using: str, **_: Any) -> None:
    """Have PostgreSQL draw later keys than a loaded one: triggers write while the fixture is being read."""
    if not raw or connections[using].vendor != "postgresql":
        return
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT setval(s, GREATEST(%s, COALESCE(pg_sequence_last_value(s::regclass), 1))) "
            "FROM (SELECT pg_get_serial_sequence(%s, %s) AS s) q",
            [instance.pk, table_of(sender), str(sender._meta.pk.column)],
        )


def _prepare_loaded_row(sender: Model, instance: models.Model, raw: bool, using: str, **_: Any) -> None:
    """Drop the numbers of a loaded row: a new row starts at 0, one that exists keeps its own.

    A row made on demand exists since the first of its sources was loaded, perhaps under another id
    than it had where it was dumped: it is found by its keys, not by that id.
    """
    if not raw:
        return
    for stat in get_stats(sender):
        setattr(instance, stat.attname, 0)
    if are_rows_on_demand(sender):
        names = [str(sender._meta.get_field(key).attname) for key in get_stat_keys(sender)]  # type: ignore[union-attr]
        same: models.QuerySet[Any] = models.QuerySet(sender, using=using)
        instance.pk = (
            same.filter(**{name: getattr(instance, name) for name in names})
            .values_list("pk", flat=True)
            .first()
        )
