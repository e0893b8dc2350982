"""Whole histories, streamed: what a player's lists show, and everything of the caller's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query
from pydantic import BaseModel, Field

from deltacrown.api.access import OWN, PUBLIC, caller_of
from deltacrown.api.resource import Resource
from deltacrown.api.resources.players import (
    MatchFilterQuery,
    PlayerPath,
    SeriesFilterQuery,
    TournamentFilterQuery,
)
from deltacrown.api.shapes import GivenDateTime, Shown
from deltacrown.api.shapes.players import ActivityLine, EntryLine, SeriesLine
from deltacrown.api.streams import Format, describe_stream, stream, stream_csv, stream_ndjson
from deltacrown.core.clock import now
from deltacrown.pages import exports, list_exports

resource = Resource("exports")

#: What hides an entry of one's own timeline: for the list, not for a file that may be passed on.
LEFT_OUT = {"handle"}

FormatField = Annotated[Format, Field(description="NDJSON, a JSON object a line; or CSV, with a header.")]

STREAM_OF_MATCHES = describe_stream(
    '{"match_key": "winter-cup-final", "game": "rocket", "player": "DC-25-000042", "result": "win", '
    '"played_at": "2025-06-01T20:00:00Z", …}\n',
    "match_key,game,player,result,played_at,…\nwinter-cup-final,rocket,DC-25-000042,win,2025-06-01T20:00:00Z,…\n",
)
STREAM_OF_SERIES = describe_stream(
    '{"slug": "winter-cup", "series": "Final", "opponent": "Old Guard", "result": "WIN", …}\n',
    "slug,name,…,series,…,opponent,…,result,…\nwinter-cup,Winter Cup,…,Final,…,Old Guard,…,WIN,…\n",
)
STREAM_OF_TOURNAMENTS = describe_stream(
    '{"slug": "winter-cup", "name": "Winter Cup", "status": "COMPLETED", "placement": 1, …}\n',
    "slug,name,…,status,…,placement,…\nwinter-cup,Winter Cup,…,COMPLETED,…,1,…\n",
)
STREAM_OF_ACTIVITY = describe_stream(
    '{"activity_type": "TOURNAMENT_WON", "description": "Won Winter Cup", …}\n',
    "activity_type,description,…\nTOURNAMENT_WON,Won Winter Cup,…\n",
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


class SeriesExportQuery(ExportQuery, SeriesFilterQuery):
    """In which form, and which of them."""


class TournamentExportQuery(ExportQuery, TournamentFilterQuery):
    """In which form, and which of them."""


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
    pieces = found.write_csv() if query.format == "csv" else found.write_ndjson()
    return stream(pieces, query.format, name=f"{public_id}-matches")


@resource.read(
    "/players/{public_id}/series/export",
    answers=None,
    access=PUBLIC,
    refuses=[403, 404, 410],
    extra=STREAM_OF_SERIES,
)
def export_player_series(request: HttpRequest, public_id: PlayerPath, query: Query[SeriesExportQuery]) -> Any:
    """All series of a player, or what filters leave of them, with the fields of the list; latest first.

    403 when the player hides their matches.
    """
    viewer = caller_of(request).viewer
    found = list_exports.export_series(public_id, query.model_dump(exclude={"format"}), viewer=viewer)
    return _stream_rows(SeriesLine, found, query.format, name=f"{public_id}-series")


@resource.read(
    "/players/{public_id}/tournaments/export",
    answers=None,
    access=PUBLIC,
    refuses=[403, 404, 410],
    extra=STREAM_OF_TOURNAMENTS,
)
def export_player_tournaments(
    request: HttpRequest, public_id: PlayerPath, query: Query[TournamentExportQuery]
) -> Any:
    """All tournaments a player entered, or what filters leave of them, with the fields of the list.

    The latest registration comes first. 403 when the player hides them.
    """
    viewer = caller_of(request).viewer
    found = list_exports.export_tournaments(public_id, query.model_dump(exclude={"format"}), viewer=viewer)
    return _stream_rows(EntryLine, found, query.format, name=f"{public_id}-tournaments")


@resource.read(
    "/players/{public_id}/activity/export",
    answers=None,
    access=PUBLIC,
    refuses=[404, 410],
    extra=STREAM_OF_ACTIVITY,
)
def export_player_activity(request: HttpRequest, public_id: PlayerPath, query: Query[ExportQuery]) -> Any:
    """A player's whole timeline, as far as the caller may see it, latest first.

    The fields are those of the list, without `handle`.
    """
    found = list_exports.export_activity(public_id, viewer=caller_of(request).viewer)
    return _stream_rows(ActivityLine, found, query.format, name=f"{public_id}-activity")


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


def _stream_rows(
    shape: type[Shown], found: Iterable[Any], form: Format, *, name: str
) -> StreamingHttpResponse:
    """Return rows of a list in its shape; without what is of use to nobody who reads the file."""
    records = (shape.model_validate(each).model_dump(mode="json", exclude=LEFT_OUT) for each in found)
    if form == "ndjson":
        return stream_ndjson(records, name=name)

    columns = [field for field in shape.model_fields if field not in LEFT_OUT]
    return stream_csv(columns, ([record[each] for each in columns] for record in records), name=name)


def _fields(records: Iterator[tuple[str, dict[str, Any]]]) -> Iterator[list[Any]]:
    for number, (section, record) in enumerate(records, start=1):
        for name, value in record.items():
            yield [section, number, name, value]
