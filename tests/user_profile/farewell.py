"""A player with unmistakable names in every text of the database, and the search for them."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.core.cache import cache
from django.db import IntegrityError, connection, transaction

from deltacrown.accounts.models import AnsweredRequest, User
from deltacrown.accounts.services import add_external_id, rename_player
from deltacrown.accounts.texts import REPLACED, Text, Texts, list_texts
from deltacrown.core.mentions import fold
from deltacrown.core.names import write_search_text
from deltacrown.user_profile.models import PendingAnonymisation, UserProfile
from tests import scene
from tests.admin.rows import make_rows
from tests.scene import at

#: Every name, address and id of the player, as it was written.
SECRETS = {
    "username": "Zqhandle.41",
    "former": "Zqformer_7",
    "display": "Zq O'Sullivan Đoković",
    "email": "zq.mail@example.org",
    "first": "Zqgiven",
    "last": "Zqfamily",
    "id": "Zqtag#4141",
    "claimed": "Zqclaim#4242",
}


def make_player(name: str = "player0") -> User:
    """Give a user every kind of name; the username is changed, so that one is a former one."""
    user = User.objects.get(username=name)
    rename_player(user=user, username=SECRETS["former"])
    rename_player(user=user, username=SECRETS["username"])
    user.email, user.first_name, user.last_name = SECRETS["email"], SECRETS["first"], SECRETS["last"]
    user.set_password("zqpassword")
    user.save()
    UserProfile.objects.filter(user=user).update(
        display_name=SECRETS["display"], bio="zqbio", country="DE", data_exported_at=at(0)
    )
    for kind, confirmed in (("id", True), ("claimed", False)):
        add_external_id(user=user, external_id=f"battlenet:{SECRETS[kind]}", confirmed=confirmed)
    return User.objects.get(pk=user.pk)


def make_rows_of_all() -> User:
    """Write rows of every table, of the player and of others, and name the player in every text."""
    for number in (0, 1):
        make_rows(number)
    PendingAnonymisation.objects.all().delete()
    for number in (0, 1):
        _make_told_rows(User.objects.get(pk=UserProfile.objects.order_by("pk")[2 * number].pk), number)
    user = make_player(User.objects.order_by("pk")[0].username)
    planted = {label for texts in list_texts() for label in _plant(texts, list_secrets(user))}
    wanted = {f"{each.label}.{name}" for each in list_texts() for name in each.list_columns(*REPLACED)}
    assert planted == wanted, wanted - planted
    return user


def list_secrets(user: User) -> list[str]:
    """Return everything by which the player was known."""
    return [*SECRETS.values(), str(user.profile.public_id)]


def find_secrets(secrets: list[str], *, ignoring: tuple[str, ...] = ()) -> list[str]:
    """Return where one of ``secrets`` is, in any spelling: table and column, or the key in the cache."""
    wanted = {*map(fold, secrets), *map(write_search_text, secrets)}
    found = [
        f"{table}.{column}"
        for table, column, text in _read_everything()
        if table not in ignoring and any(each in text for each in wanted)
    ]
    return sorted({*found, *_find_in_cache(secrets)})


def _make_told_rows(user: User, number: int) -> None:
    """Write the rows whose texts a constraint allows in some states only."""
    for archived in (False, True):
        void = scene.voided(user, f"void-{number}-{archived}", title=scene.game(f"game-{number}"))
        if archived:
            scene.archive(void)
    cup = scene.tournament(f"out-{number}", hours=1)
    scene.disqualified(cup, user)
    row = scene.match(user, f"lifted-{number}", title=scene.game(f"game-{number}"))
    scene.tournament_match(row, cup, series="Final", round="Last", map_name="Mirage")
    user.disqualifications.create(
        tournament=cup, reason="x", lifted_at=at(91), lift_reason="y", decided_at=at(90)
    )
    scene.result(scene.tournament(f"unplaced-{number}"), None, user, unplaced_reason="did not start")
    user.standing_changes.create(standing="CLOSED", reason="x")
    AnsweredRequest.objects.filter(owner=user).update(body={"x": 1})
    user.logentry_set.create(action_flag=2, object_id=str(user.pk), object_repr="x", change_message="[]")


def _plant(texts: Texts, secrets: list[str]) -> Iterator[str]:
    """Write all names into every column in which names are replaced; yield those that took them."""
    for column in texts.list_columns(*REPLACED):
        for pk in list(texts.model._base_manager.values_list("pk", flat=True)):
            value = _write_value(texts, column, pk, secrets)
            with suppress(IntegrityError), transaction.atomic():
                texts.model._base_manager.filter(pk=pk).update(**{column: value})
                yield f"{texts.label}.{column}"


def _write_value(texts: Texts, column: str, pk: int, secrets: list[str]) -> Any:
    field = texts.model._meta.get_field(column)
    if texts.columns[column] is Text.IMAGE:
        return {
            "void_reason": secrets[0],
            "match_key": f"m-{secrets[1]}",
            "side": secrets[2].upper(),
            "user_id": 1,
        }
    if field.get_internal_type() == "JSONField":
        return {"who": secrets, secrets[0].lower(): [{"in": f"by {each}!"} for each in secrets]}
    if texts.columns[column] is Text.FREE and (field.max_length or 500) >= 200:
        return f"«{', '.join(secrets)}», said {secrets[0].upper()}"[: field.max_length]
    # A short column has room for one.
    return f"{pk} {secrets[0].upper()}"[: field.max_length]


def _read_everything() -> Iterator[tuple[str, str, str]]:
    """Yield table, column and folded text of everything in the database."""
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    if value is not None and not isinstance(value, int | float | bool):
                        yield table, column, _read_text(value)


def _read_text(value: Any) -> str:
    text = str(value)
    return fold(text.encode().decode("unicode_escape") if "\\u" in text else text)


def _find_in_cache(secrets: list[str]) -> list[str]:
    kept: dict[str, bytes] = getattr(cache, "_cache", {})
    return [
        key
        for key, value in kept.items()
        if any(each in str(vars_of(pickle.loads(value))) for each in secrets)  # noqa: S301 - our own cache
    ]


def vars_of(value: Any) -> str:
    """Return everything in a kept value, as text."""
    return pickle.dumps(value, protocol=0).decode("raw_unicode_escape")
