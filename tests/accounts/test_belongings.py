"""What becomes of rows is declared for every foreign key to users."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model

from deltacrown.accounts.belongings import list_belongings


@pytest.mark.once
def test_every_foreign_key_to_users_is_declared() -> None:
    user = get_user_model()
    keys = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is user
    }

    assert {each.label for each in list_belongings()} == keys
