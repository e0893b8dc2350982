"""The examples in the description.

Those of bodies are written out, those of answers are built by the names of fields.
"""

from __future__ import annotations

from typing import Any

ANN, BOB = "DC-25-000042", "DC-25-000043"
REF = "#/components/schemas/"

#: A field's name → its example.
WORDS: dict[str, Any] = {
    "about": "match",
    "activity_type": "TOURNAMENT_WON",
    "actor": "game server 1",
    "bio": "Plays on Sundays.",
    "url": "https://example.org/me",
    "display_name": "Ann",
    "code": "conflict",
    "country": "DE",
    "description": "🏆 Won Spring Cup",
    "detail": "The match is recorded with other results.",
    "fact": "Spring Cup",
    "field": "result",
    "game": "rocket",
    "game_name": "Rocket",
    "game_slug": "rocket",
    "kind": "matches",
    "label": "Matches won",
    "map_name": "Dust",
    "match_key": "winter-cup-final",
    "meaning": "Matches played that ended in a win.",
    "metadata": {"tournament_slug": "spring-cup", "tournament_name": "Spring Cup", "placement": 1},
    "name": "Ann",
    "opponent": "Bob",
    "opponent_public_id": BOB,
    "organiser": ANN,
    "part": "matches_won",
    "period": "all",
    "player": ANN,
    "prefix": "k3v9x2",
    "public_id": ANN,
    "reason": "Server crash.",
    "resolution": "The replay shows it.",
    "reporter": ANN,
    "round": "Final",
    "rule": "Players with at least one are ranked.",
    "scopes": ["read"],
    "sentence": "1 row; the number is 1.",
    "series": "Final",
    "side": "north",
    "slug": "spring-cup",
    "stat": "matches_won",
    "state": "clean",
    "status": "COMPLETED",
    "subject": "Rocket match winter-cup-final",
    "team": "north",
    "tie_rule": "Players with the same value share the rank.",
    "tier": "MAJOR",
    "tournament": "spring-cup",
    "unit": "",
    "warnings": [],
    "username": "ann",
    "visibility": "PUBLIC",
    "what": "recorded",
    "why": "voided: Server crash.",
}
#: Fields left empty where they may be, as in most rows.
EMPTY = {
    "as_of",
    "disqualified_reason",
    "joined_on",
    "known_at",
    "uncounted_reason",
    "left_at",
    "left_on",
    "next_page",
    "refusal",
    "revoked_at",
    "sequence",
    "since",
    "void_reason",
    "voided_at",
    "why_uncounted",
}

_TOURNAMENT, _KEY = {"name": "Spring Cup"}, {"name": "game server 1"}
#: A shape's title → examples of fields that differ in this shape.
OF_SHAPE: dict[str, dict[str, Any]] = {
    "AchievementLine": {"slug": "first-blood", "name": "First Blood", "description": "Win a match."},
    "StatLine": {"name": "matches_won"},
    "StatPoint": {"name": "2025-06", "label": "Jun 2025", "rolling": None},
    "StatSeries": {"rolling": None},
    "StatValue": {"name": "matches_won"},
    "EntryLine": _TOURNAMENT,
    "OfficialResult": _TOURNAMENT,
    "Notification": {"kind": "FOLLOWED", "text": "Bob follows you.", "page": f"/players/{BOB}/"},
    "Pairing": {"state": "CONFIRMED", "recorded_otherwise": False},
    "PairedEntrant": {"team_slug": ""},
    "PairedGame": {"winner": 1, "first_score": "13", "second_score": "9"},
    "PairingOutcome": {"winner": 1, "no_show": None},
    "Tournament": _TOURNAMENT,
    "TournamentLine": _TOURNAMENT,
    "TournamentPage": _TOURNAMENT,
    "TournamentPart": _TOURNAMENT,
    "TeamSpell": {"name": "North"},
    "Key": _KEY,
    "KeyInUse": _KEY,
    "NewKey": _KEY | {"secret": "dck_k3v9x2_…"},
    "Summary": {"totals": {"goals": 112}},
    "Encounter": {"leaves_out": False},
    "ToldStanding": {"standing": "ACTIVE", "until": None, "reason": "", "decided_by": None},
    "PlayerOutcome": {"name": "newcomer", "status": "created", "detail": "", "public_id": ANN},
    "TeamOutcome": {"name": "Polar Bears", "status": "created", "detail": "", "slug": "polar-bears"},
    "FoundTeam": {"slug": "north", "name": "North"},
    "Created": {"players": {"newcomer": ANN}, "teams": {"North": "north"}},
}

#: A body's shape → a body.
BODIES: dict[str, Any] = {
    "NewTournament": {
        "slug": "spring-cup",
        "name": "Spring Cup",
        "game": "rocket",
        "starts_at": "2025-06-01T12:00:00Z",
        "capacity": 64,
        "prize_currency": "EUR",
    },
    "NewEntrant": {"player": ANN},
    "GivenStep": {"player": ANN},
    "GivenRosterChange": {
        "team": "north",
        "replace": [{"player": ANN, "substitute": BOB}],
        "at": "2025-06-01T18:30:00Z",
        "reason": "Ill.",
    },
    "GivenReason": {"reason": "Server crash."},
    "Standings": {
        "standings": [{"player": ANN, "placement": 1, "prize": 500}, {"player": BOB, "placement": 2}]
    },
    "GivenCorrection": {"player": BOB, "placement": 1, "reason": "A tie."},
    "GivenAnnouncement": {
        "prize_pool": 2500,
        "registration_closes_at": "2025-05-31T18:00:00Z",
        "rules": "Best of three.",
    },
    "GivenCurrency": {"prize_currency": "EUR"},
    "GivenDisqualification": {"player": BOB, "reason": "Played for somebody else."},
    "GivenOutcome": {"games": [{"winner": 1, "first_score": "13", "second_score": "9"}]},
    "GivenRuledOutcome": {"no_show": 2, "reason": "Bob did not come."},
    "GivenRead": {},
    "GivenMatches": {
        "matches": [
            {
                "match_key": "winter-cup-final",
                "game": "rocket",
                "tournament": "winter-cup",
                "round": "Final",
                "played_at": "2025-06-01T20:00:00Z",
                "players": [
                    {"player": ANN, "result": "WIN", "score": 3, "stats": {"goals": 3}},
                    {"player": BOB, "result": "LOSS", "score": 1, "stats": {"goals": 1}},
                ],
            }
        ]
    },
    "GivenVoid": {"game": "rocket", "match_key": "winter-cup-final", "reason": "Server crash."},
    "GivenMatchCorrection": {
        "game": "rocket",
        "match_key": "winter-cup-final",
        "results": {ANN: "LOSS", BOB: "WIN"},
        "reason": "Told the wrong way round.",
    },
    "GivenDispute": {"match": {"game": "rocket", "match_key": "winter-cup-final"}, "reason": "I won that."},
    "GivenUpholding": {
        "resolution": "The replay shows it.",
        "remedy": {"kind": "correct_match", "results": {ANN: "LOSS", BOB: "WIN"}},
    },
    "GivenRejection": {"resolution": "The replay shows the contrary."},
    "GivenPrivacy": {"show_match_history": False, "show_tournament_stats": True},
    "GivenSuspension": {"until": "2025-07-01T00:00:00Z", "reason": "Played with an aimbot."},
    "GivenIdentity": {"username": "Guy#1234", "display_name": "Guy", "country": "DE"},
    "GivenExternalId": {"external_id": "steam:76561198000000042"},
    "GivenPlayers": {"usernames": ["newcomer"]},
    "GivenTeams": {"names": ["Polar Bears"]},
    "GivenRole": {"player": ANN, "role": "CAPTAIN"},
    "GivenKey": {"name": "game server 1", "scopes": ["read", "tournaments:write"]},
    "GivenMerge": {"merged": BOB, "reason": "One person: same Steam account."},
}


def example_of_body(shape: dict[str, Any]) -> Any:
    """Return the example of a body.

    :raises KeyError: its shape has none in ``BODIES``.
    """
    return BODIES[shape["$ref"].removeprefix(REF)]


def example_of_answer(shape: dict[str, Any], shapes: dict[str, Any], name: str = "") -> Any:
    """Return a value of ``shape``: by the field's name if that has one, else the first allowed one."""
    if "$ref" in shape:
        return example_of_answer(shapes[shape["$ref"].removeprefix(REF)], shapes, name)
    if "anyOf" in shape:
        is_empty = name in EMPTY and {"type": "null"} in shape["anyOf"]
        return None if is_empty else example_of_answer(shape["anyOf"][0], shapes, name)
    if "properties" in shape:
        own = OF_SHAPE.get(shape["title"], {})
        others = {each: field for each, field in shape["properties"].items() if each not in own}
        known = own | {each: example_of_answer(field, shapes, each) for each, field in others.items()}
        return {each: known[each] for each in shape["properties"]}
    return _example_of_value(shape, shapes, name)


def _example_of_value(shape: dict[str, Any], shapes: dict[str, Any], name: str) -> Any:
    allowed = shape.get("enum") or shape.get("examples")
    if allowed:
        return WORDS[name] if WORDS.get(name) in allowed else allowed[0]
    if name in WORDS or name in EMPTY:
        return WORDS.get(name, "")
    if shape.get("type") == "array":
        return [example_of_answer(shape["items"], shapes)]
    if shape.get("type") == "object":
        more = shape.get("additionalProperties")
        return {ANN: example_of_answer(more, shapes)} if isinstance(more, dict) else {}
    return {"integer": 1, "number": 66.67, "boolean": True, "string": "A1b2C3"}[str(shape.get("type"))]
