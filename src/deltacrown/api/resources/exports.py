"""Whole histories, streamed: a player's public matches, and everything of the caller's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query
from pydantic import BaseModel, Field

from deltacrown.api.access import OWN, PUBLIC, caller_of
from deltacrown.api.resource import Resource
from deltacrown.api.resources.players import PlayerPath
from deltacrown.api.shapes import GivenDateTime
from deltacrown.api.shapes.players import MatchLine
from deltacrown.api.streams import Format, describe_stream, stream_csv, stream_ndjson
from deltacrown.pages import exports
from deltacrown.user_profile.histories.matches import MatchEntry

resource = Resource("exports")

FormatField = Annotated[Format, Field(description="NDJSON, a JSON object a line; or CSV, with a header.")]
MATCH_COLUMNS = [name for name in MatchLine.model_fields if name != "tournament"]
TOURNAMENT_COLUMNS = ["slug", "round", "series", "map_name", "team", "opponent"]

STREAM_OF_MATCHES = describe_stream(
    '{"match_key": "winter-cup-final", "game_slug": "rocket", "result": "WIN", '
    '"played_at": "2025-06-01T20:00:00Z", …}\n',
    "match_key,game_slug,…\nwinter-cup-final,rocket,…\n",
)
STREAM_OF_EVERYTHING = describe_stream(
    '{"section": "privacy", "show_match_history": true, "show_tournament_stats": true}\n',
    "section,record,field,value\nprivacy,3,show_match_history,True\n",
)


class ExportQuery(BaseModel):
    """In which form."""

    format: FormatField = "ndjson"


class MatchExportQuery(ExportQuery):
    """In which form, and since when."""

    updated_since: GivenDateTime | None = Field(
        None,
        description="Only matches recorded, voided, restored or corrected in their result "
        "since this datetime.",
    )


@resource.read(
    "/players/{public_id}/matches/export",
    answers=None,
    access=PUBLIC,
    refuses=[403, 404],
    extra=STREAM_OF_MATCHES,
)
def export_player_matches(request: HttpRequest, public_id: PlayerPath, query: Query[MatchExportQuery]) -> Any:
    """A player's whole match history, earliest recorded first.

    For a copy kept elsewhere: ask again with `updated_since` as the time before the last export began, and
    replace matches by game and match key. 403 when the player hides them.
    """
    viewer = caller_of(request).viewer
    matches = exports.iterate_matches(public_id, viewer=viewer, updated_since=query.updated_since)
    if query.format == "csv":
        columns = [*MATCH_COLUMNS, *(f"tournament_{name}" for name in TOURNAMENT_COLUMNS)]
        return stream_csv(columns, map(_row, matches), name=f"{public_id}-matches")
    lines = (MatchLine.model_validate(match).model_dump(mode="json") for match in matches)
    return stream_ndjson(lines, name=f"{public_id}-matches")


@resource.read("/me/export", answers=None, access=OWN, extra=STREAM_OF_EVERYTHING)
def export_me(request: HttpRequest, query: Query[ExportQuery]) -> Any:
    """Everything kept of the caller.

    NDJSON: an object a record, with its `section`. CSV: a line a field, as section, record, field, value.
    """
    user = caller_of(request).member
    records = exports.iterate_own_data(user)
    if query.format == "csv":
        return stream_csv(["section", "record", "field", "value"], _fields(records), name="deltacrown-export")

    lines = ({"section": section, **record} for section, record in records)
    return stream_ndjson(lines, name="deltacrown-export")


def _row(match: MatchEntry) -> list[Any]:
    tournament = match.tournament
    return [
        *(getattr(match, name) for name in MATCH_COLUMNS),
        *(getattr(tournament, name) if tournament else "" for name in TOURNAMENT_COLUMNS),
    ]


def _fields(records: Iterator[tuple[str, dict[str, Any]]]) -> Iterator[list[Any]]:
    for number, (section, record) in enumerate(records, start=1):
        for name, value in record.items():
            yield [section, number, name, value]
