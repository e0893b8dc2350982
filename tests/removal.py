"""Deleting what facts refer to, for tests that need it gone."""

from __future__ import annotations

from django.db.models import Model
from django.db.models.deletion import get_candidate_relations_to_delete

from deltacrown.core.deletion import refuse_deletion


def remove(row: Model) -> None:
    """Delete a row after those that refer to it, and would have its deletion refused."""
    for relation in get_candidate_relations_to_delete(row._meta):
        if relation.on_delete is refuse_deletion:
            rows = relation.related_model._base_manager.filter(**{relation.field.name: row})
            for referring in list(rows):
                remove(referring)

    row.delete()
