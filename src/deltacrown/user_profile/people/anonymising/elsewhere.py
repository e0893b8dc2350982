"""Names of the player in the texts of everybody else, table by table, in batches by primary key.

Which columns, and what they say of players, each app declares (``accounts.texts``). So the rows of every
table are written here, whichever app owns it: what changes in them is a name, and nothing that counts.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import IntegrityError, models, transaction

from deltacrown.accounts.texts import REPLACED, Text, Texts, find_texts, list_texts
from deltacrown.core.mentions import Mentions, Where
from deltacrown.games.services import rekey_match
from deltacrown.user_profile.models import PendingAnonymisation
from deltacrown.user_profile.people.anonymising.about import Own, find_own, is_stat_of_others, list_clues
from deltacrown.user_profile.people.anonymising.names import read_mentions
from deltacrown.user_profile.people.anonymising.words import find_words
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

#: Rows read at a time, and rows locked and written at a time.
BATCH, WRITTEN = 2_000, 200

#: Called with the rows looked at so far, and how many there are.
Progress = Callable[[int, int], None]
Row = dict[str, Any]


@dataclass(frozen=True)
class _Search:
    """What is looked for, and where it is a name."""

    mentions: Mentions
    own: Own
    is_stat: Callable[[str], bool]

    def is_kept(self, key: str, value: Any) -> bool:
        """Return whether a key of JSON that is called like the player is the name of a number."""
        return isinstance(value, int | float) and self.is_stat(key)


def replace_elsewhere(pending: PendingAnonymisation, *, progress: Progress | None = None) -> int:
    """Replace the names of a pending anonymisation everywhere, from where the last run stopped.

    :return: in how many rows.
    """
    # not atomic: commits in batches
    players = [int(player) for player in pending.names["players"]]
    own = find_own(players)
    mentions = read_mentions(pending.names, find_words(pending.names["new"], own))
    search = _Search(mentions, own, functools.cache(functools.partial(is_stat_of_others, own)))
    tables = [texts for texts in list_texts() if texts.list_columns(*REPLACED)]
    total = sum(texts.model._base_manager.count() for texts in tables) if progress else 0

    delete_sessions(players=players)
    looked = changed = 0
    for texts in tables:
        if texts.label < pending.stage:
            continue
        last = pending.last_row if texts.label == pending.stage else 0
        while rows := _read(texts, after=last):
            last = rows[-1]["pk"]
            looked += len(rows)
            changed += _replace_in(texts, rows, search)
            _keep_place(pending, texts.label, last)
            if progress:
                progress(looked, max(looked, total))
    return changed


def list_titles(pending: PendingAnonymisation) -> list[str]:
    """Return the teams, tournaments and the like that are named after the player, by table and key."""
    mentions = read_mentions(pending.names)
    found: list[str] = []
    for texts in list_texts():
        columns = texts.list_columns(Text.TITLE)
        rows = texts.model._base_manager.order_by("pk").values_list("pk", *columns) if columns else ()
        for pk, *titles in rows.iterator() if columns else ():  # type: ignore[union-attr]
            if any(mentions.replace(title or "", Where.TEXT) != (title or "") for title in titles):
                found.append(f"{texts.label} {pk}")
    return found


@atomic_service
def delete_sessions(*, players: Collection[int]) -> int:
    """Delete the sessions in which these players are signed in."""
    keys = {str(player) for player in players}
    theirs = [
        session.pk
        for session in Session.objects.order_by("pk").iterator()
        if session.get_decoded().get(SESSION_KEY) in keys
    ]
    for batch in in_batches(theirs):
        Session.objects.filter(pk__in=batch).delete()
    return len(theirs)


def _keep_place(pending: PendingAnonymisation, stage: str, last: int) -> None:
    pending.stage, pending.last_row = stage, last
    PendingAnonymisation.objects.filter(pk=pending.pk).update(stage=stage, last_row=last)


def _list_read(texts: Texts) -> list[str]:
    """Return the columns of a table that are read: texts, and what they are about."""
    users, clues = list_clues(texts.model)
    named = [*texts.list_columns(*REPLACED), *users, *clues]
    if texts.list_columns(Text.IMAGE):
        named.append("source")
    return list(dict.fromkeys(named))


def _read(texts: Texts, *, after: int) -> list[Row]:
    rows = texts.model._base_manager.filter(pk__gt=after).order_by("pk")
    return list(rows.values("pk", *_list_read(texts))[:BATCH])


def _replace_in(texts: Texts, rows: Sequence[Row], search: _Search) -> int:
    """Replace names in a batch of rows; only those that have any are locked."""
    named = [row["pk"] for row in rows if _find_changes(texts, row, search)]
    for batch in in_batches(named, WRITTEN):
        _write(texts=texts, keys=batch, search=search)
    if texts.list_columns(Text.KEY):
        _rekey(texts, named, search)
    return len(named)


@atomic_service
def _write(*, texts: Texts, keys: Sequence[int], search: _Search) -> None:
    """Lock rows, and write what has to change in them as they are now."""
    locked = texts.model._base_manager.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True)
    changes = {
        row["pk"]: changed
        for row in locked.values("pk", *_list_read(texts))
        if (changed := _find_changes(texts, row, search))
    }
    for column in texts.list_columns(Text.KEY):
        for changed in changes.values():
            changed.pop(column, None)
    _update(texts, {pk: changed for pk, changed in changes.items() if changed})


def _rekey(texts: Texts, keys: Sequence[int], search: _Search) -> None:
    """Give the matches of these rows other keys, if theirs name the player: each match by itself."""
    for batch in in_batches(keys):
        rows = texts.model._base_manager.filter(pk__in=batch).order_by("pk")
        for game, old in dict.fromkeys(rows.values_list("game_id", "match_key")):
            is_own = (game, old) in search.own.matches
            new = search.mentions.replace(old, Where.OWN_FACT if is_own else Where.FACT)
            if new != old:
                search.own.move_match(game, old, rekey_match(game=game, old=old, new=new))


def _update(texts: Texts, changes: Mapping[int, Row]) -> None:
    """Write changes, a statement for the rows in which the same columns change."""
    by_columns: dict[tuple[str, ...], list[int]] = {}
    for pk, changed in changes.items():
        by_columns.setdefault(tuple(sorted(changed)), []).append(pk)
    for columns, keys in by_columns.items():
        rows = [texts.model(pk=pk, **changes[pk]) for pk in keys]
        try:
            with transaction.atomic():
                texts.model._base_manager.bulk_update(rows, columns)
        except IntegrityError:
            _update_singly(texts, {pk: changes[pk] for pk in keys})


def _update_singly(texts: Texts, changes: Mapping[int, Row]) -> None:
    """Write changes row by row: two names that differed have become one, so the row's key is added."""
    for pk, changed in changes.items():
        rows = texts.model._base_manager.filter(pk=pk)
        try:
            with transaction.atomic():
                rows.update(**changed)
        except IntegrityError:
            end = f"~{pk}"
            keys = texts.list_columns(Text.FACT)
            rows.update(
                **{
                    column: _fit(texts, column, new, end) if column in keys and isinstance(new, str) else new
                    for column, new in changed.items()
                }
            )


def _find_changes(texts: Texts, row: Row, search: _Search) -> Row:
    """Return the columns of a row that have to change, and what they have to hold."""
    users, _ = list_clues(texts.model)
    about = search.own.is_about(row, users, search.mentions)
    changes: Row = {}
    for column in texts.list_columns(*REPLACED):
        was, kind = row[column], texts.columns[column]
        new = (
            _replace_image(row["source"], was, about, search)
            if kind is Text.IMAGE
            else _replace_value(was, kind, about, search)
        )
        if new != was:
            changes[column] = _fit(texts, column, new) if isinstance(new, str) else new
    return changes


def _replace_image(source: str, image: Any, about: bool, search: _Search) -> Any:
    """Return the image of a row, each text replaced as its column is declared."""
    texts = find_texts(source)
    if texts is None or not isinstance(image, dict):
        return _replace_value(image, Text.FREE, about, search)
    users, _ = list_clues(texts.model)
    about = about or search.own.is_about(image, users, search.mentions)
    replaced = {
        column: _replace_value(image[column], kind, about, search)
        for column, kind in texts.columns.items()
        if column in image and kind in REPLACED
    }
    return {**image, **replaced}


def _replace_value(value: Any, kind: Text, about: bool, search: _Search) -> Any:
    where = _find_where(kind, about)
    is_kept = search.is_kept if kind is not Text.FREE else None
    if isinstance(value, str):
        return search.mentions.replace(value, where)
    return search.mentions.replace_json(value, where, is_kept=is_kept)


def _find_where(kind: Text, about: bool) -> Where:
    if kind is Text.FREE:
        return Where.OWN_TEXT if about else Where.TEXT
    if kind is Text.LABEL:
        return Where.LABEL
    return Where.OWN_FACT if about else Where.FACT


def _fit(texts: Texts, column: str, text: str, end: str = "") -> str:
    """Return ``text`` with ``end``, no longer than its column."""
    field = texts.model._meta.get_field(column)
    limit = field.max_length if isinstance(field, models.CharField) else None
    return text + end if limit is None else text[: limit - len(end)] + end
