"""What every column of text or JSON says of players is declared, and what is declared is there."""

from __future__ import annotations

import pytest
from django.apps import apps

from deltacrown.accounts.belongings import OnAnonymise, list_belongings
from deltacrown.accounts.texts import Text, list_text_fields, list_texts

pytestmark = pytest.mark.once


def test_every_column_of_text_or_json_is_declared():
    columns = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in list_text_fields(model)
        if model.__module__.startswith(("deltacrown.", "django_tally.", "django.contrib.", "allauth."))
    }

    assert {f"{texts.label}.{name}" for texts in list_texts() for name in texts.columns} == columns


def test_names_are_read_of_their_owner_and_go_with_the_row_or_with_the_account():
    deleted = {each.model for each in list_belongings() if each.on_anonymise is OnAnonymise.DELETE}
    emptied = {"accounts.User", "user_profile.UserProfile"}

    for texts in list_texts():
        if texts.list_columns(Text.NAME):
            assert texts.owner, texts.label
            assert texts.model in deleted or texts.label in emptied, texts.label
