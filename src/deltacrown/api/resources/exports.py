"""Whole histories, streamed: a player's public matches, and everything of the caller's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query
from pydantic import BaseModel, Field

from deltacrown.api.access import OWN, PUBLIC, caller_of
from deltacrown.api.resource import Resource
from deltacrown.api.resources.players import MatchFilterQuery, PlayerPath
from deltacrown.api.shapes import GivenDateTime
from deltacrown.api.streams import Format, describe_stream, stream_csv, stream_ndjson
from deltacrown.core.clock import now
from deltacrown.pages import exports

resource = Resource("exports")

FormatField = Annotated[Format, Field(description="NDJSON, a JSON object a line; or CSV, with a header.")]

STREAM_OF_MATCHES = describe_stream(
    '{"match_key": "winter-cup-final", "game": "rocket", "player": "DC-25-000042", "result": "win", '
    '"played_at": "2025-06-01T20:00:00Z", …}\n',
    "match_key,game,player,result,played_at,…\nwinter-cup-final,rocket,DC-25-000042,win,2025-06-01T20:00:00Z,…\n",
)
STREAM_OF_EVERYTHING = describe_stream(
    '{"section": "privacy", "show_match_history": true, "show_tournament_stats": true}\n',
    "section,record,field,value\nprivacy,3,show_match_history,True\n",
)


class ExportQuery(BaseModel):
    """In which form."""

    format: FormatField = "ndjson"


class MatchExportQuery(ExportQuery, MatchFilterQuery):
    """In which form, since when, and which of them."""

    updated_since: GivenDateTime | None = Field(
        None,
        description="Only matches recorded, voided, restored or corrected in their result "
        "since this datetime.",
    )


@resource.read(
    "/players/{public_id}/matches/export",
    answers=None,
    access=PUBLIC,
    refuses=[403, 404, 410],
    extra=STREAM_OF_MATCHES,
)
def export_player_matches(request: HttpRequest, public_id: PlayerPath, query: Query[MatchExportQuery]) -> Any:
    """A player's whole match history, or what filters leave of it, in the interchange format.

    The earliest recorded comes first; the filters are those of the match history.

    `import_matches` reads it; `player` is the public id. For a copy kept elsewhere: ask again with
    `updated_since` as the time before the last export began, and replace matches by game and match key. 403
    when the player hides them.
    """
    viewer = caller_of(request).viewer
    found = exports.export_matches(
        public_id,
        viewer=viewer,
        updated_since=query.updated_since,
        filters=query.model_dump(exclude={"format", "updated_since"}),
    )
    name = f"{public_id}-matches"
    if query.format == "csv":
        columns = found.list_columns()
        rows = (line.as_row(columns) for line in found.lines)
        return stream_csv(columns, rows, name=name)

    return stream_ndjson((line.as_json() for line in found.lines), name=name)


@resource.read("/me/export", answers=None, access=OWN, extra=STREAM_OF_EVERYTHING)
def export_me(request: HttpRequest, query: Query[ExportQuery]) -> Any:
    """Everything kept of the caller.

    NDJSON: an object a record, with its `section`. CSV: a line a field, as section, record, field, value.
    """
    user = caller_of(request).member
    records = exports.export_own_data(user, clock=now)
    if query.format == "csv":
        return stream_csv(["section", "record", "field", "value"], _fields(records), name="deltacrown-export")

    lines = ({"section": section, **record} for section, record in records)
    return stream_ndjson(lines, name="deltacrown-export")


def _fields(records: Iterator[tuple[str, dict[str, Any]]]) -> Iterator[list[Any]]:
    for number, (section, record) in enumerate(records, start=1):
        for name, value in record.items():
            yield [section, number, name, value]
