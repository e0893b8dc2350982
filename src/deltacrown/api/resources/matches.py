"""One match: the lines of all its players."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path

from deltacrown.api.access import PUBLIC, caller_of
from deltacrown.api.resource import Resource
from deltacrown.api.shapes.matches import Encounter
from deltacrown.pages import matches

resource = Resource("matches")

GamePath = Annotated[str, Path(description="A game's slug.")]
KeyPath = Annotated[str, Path(description="The match key.")]


@resource.read("/matches/{game}/{path:match_key}", answers=Encounter, access=PUBLIC, refuses=[404])
def get_match(request: HttpRequest, game: GamePath, match_key: KeyPath) -> Any:
    """Every player's side of one match, without the casual rows of players who hide their match history.

    404 when all of its players hide it, as when there is none.
    """
    return describe_match(matches.get_match_page(game, match_key, viewer=caller_of(request).viewer))


def describe_match(shown: matches.MatchPage) -> dict[str, Any]:
    """Return a match with the fields of the shape ``Encounter``."""
    names = ("match_key", "kind", "played_at", "tournament", "series", "leaves_out")
    first = shown.rows[0].match
    return {
        "game_slug": shown.game.slug,
        **{name: getattr(shown, name) for name in names},
        "is_time_known": first.is_time_known,
        "sequence": first.sequence,
        "rows": [{"player": row.profile, "match": row.match} for row in shown.rows],
    }
