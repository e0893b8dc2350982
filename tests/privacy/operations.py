"""Every operation of the API that reads, by its path in OpenAPI, with what it shows by which rule."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

from tests.privacy.rules import KEYS
from tests.privacy.surfaces import (
    BADGE_TIMES,
    CHANGES,
    ENTERED,
    FEED,
    HAPPENINGS,
    KINDS,
    MATCHES,
    ROWS,
    TIMELINE,
    TIMELINE_BEFORE,
    TOLD_BEFORE,
    TOURNAMENTS,
    WON,
    Surface,
)

ROOT = "/api/v1"
#: Of a match that names the opponent, a history by happening does not say the key here.
NAMED = {
    stat: {rule: told.replace(" final", "") for rule, told in shows.items()}
    for stat, shows in HAPPENINGS.items()
}
PLAYER = f"{ROOT}/players/{{id}}"
#: Programs are told the series of each match, too.
SERIAL = f"{MATCHES} series"
SERIES_ROWS = {"matches": "cup round series"}
LENGTHS = ("day", "week", "month", "season")
MATCHES_BEFORE = "casual ownside ownscore archived voided voidreason"


def list_operations() -> list[Surface]:
    """Every GET of the API."""
    return [
        _rooted(surface)
        for part in (_player_operations, _stat_operations, _other_operations, _own_operations)
        for surface in part()
    ]


def _rooted(surface: Surface) -> Surface:
    return replace(surface, name=ROOT + surface.name)


def _player_operations() -> list[Surface]:
    shown = {
        "public": "bio team badge badgetext titlefact titletime",
        "matches": f"{SERIAL} playfact playtime",
        "tournaments": f"{TOURNAMENTS} entryfact entrytime",
        "both": "handfact handtime",
    }
    matches, series, entries, activity = (
        f"/players/{{public_id}}/{name}" for name in ("matches", "series", "tournaments", "activity")
    )
    return [
        Surface("/players", f"{ROOT}/players?q=owner"),
        Surface("/teams", f"{ROOT}/teams?q=zqteam", shows={"public": "team"}),
        Surface("/search", f"{ROOT}/search?q=zqcup", shows={"public": "cup"}),
        Surface("/players/{public_id}", PLAYER, shows=shown),
        Surface(matches, f"{PLAYER}/matches", "matches", shows={"matches": SERIAL}),
        Surface(
            matches,
            f"{PLAYER}/matches?kind=CASUAL&limit=1",
            "matches",
            shows={"matches": "voided voidreason"},
        ),
        Surface(
            matches, f"{PLAYER}/matches?page={{cursor:matches}}", "matches", shows={"matches": MATCHES_BEFORE}
        ),
        Surface(matches, f"{PLAYER}/matches?season=spring", "matches", shows={"matches": SERIAL}),
        Surface(f"{matches}/export", f"{PLAYER}/matches/export", "matches", shows={"matches": SERIAL}),
        Surface(
            f"{matches}/export", f"{PLAYER}/matches/export?format=csv", "matches", shows={"matches": SERIAL}
        ),
        Surface("/players/{public_id}/versus/{other}", f"{PLAYER}/versus/{{rival}}", "matches"),
        # The owner who hides their matches hides them from their opponents' pages too.
        Surface("/players/{public_id}/versus/{other}", f"{ROOT}/players/{{rival}}/versus/{{id}}", "matches"),
        Surface(series, f"{PLAYER}/series", "matches", shows=SERIES_ROWS),
        Surface(series, f"{PLAYER}/series?tournament=zqcupqz&limit=1", "matches", shows=SERIES_ROWS),
        *(
            Surface(f"{series}/export", f"{PLAYER}/series/export{form}", "matches", shows=SERIES_ROWS)
            for form in ("", "?format=csv")
        ),
        Surface(entries, f"{PLAYER}/tournaments", "tournaments", shows=ENTERED),
        *(
            Surface(f"{entries}/export", f"{PLAYER}/tournaments/export{form}", "tournaments", shows=ENTERED)
            for form in ("", "?format=csv")
        ),
        Surface(
            entries,
            f"{PLAYER}/tournaments?page={{cursor:tournaments}}",
            "tournaments",
            shows={"tournaments": "cup"},
        ),
        Surface(activity, f"{PLAYER}/activity", shows=TIMELINE),
        *(
            Surface(f"{activity}/export", f"{PLAYER}/activity/export{form}", shows=TIMELINE)
            for form in ("", "?format=csv")
        ),
        Surface(
            activity, f"{PLAYER}/activity?page={{cursor:activity}}", "own", 422, {"own": TIMELINE_BEFORE}
        ),
        Surface(activity, f"{PLAYER}/activity?page={{cursor:activity as told}}", "others", 422, TOLD_BEFORE),
        Surface("/players/{public_id}/games", f"{PLAYER}/games"),
        Surface("/players/{public_id}/followers", f"{PLAYER}/followers", "own", shows={"own": "admirer"}),
        Surface("/players/{public_id}/following", f"{PLAYER}/following", "own", shows={"own": "hero"}),
        *_merge_operations(),
    ]


def _merge_operations() -> list[Surface]:
    """What staff with the right to merge accounts are told of both, and nobody else."""
    merges, strangers = "/players/{public_id}/merges", {"anonymous": 401, "deactivated": 401}
    return [
        Surface(merges, f"{PLAYER}/merges", "staff", refusals=strangers),
        Surface(
            f"{merges}/{{merged}}/preview",
            f"{PLAYER}/merges/{{rival}}/preview",
            "staff",
            shows={"staff": "casual"},
            refusals=strangers,
        ),
    ]


def _stat_operations() -> list[Surface]:
    one = "/players/{public_id}/stats/{stat}"
    opened = {stat: gate for stat, (gate, _) in ROWS.items()}
    return [
        Surface("/players/{public_id}/stats", f"{PLAYER}/stats"),
        Surface("/players/{public_id}/stats", f"{PLAYER}/stats?as_of=2025-05-01"),
        Surface("/players/{public_id}/stats", f"{PLAYER}/stats?known_at=2025-05-01"),
        *(Surface(one, f"{PLAYER}/stats/{stat}") for stat in ROWS),
        *(
            Surface(one, f"{PLAYER}/stats/{stat}?{past}=2025-05-01", gate)
            for stat, gate in opened.items()
            for past in (("as_of", "known_at") if stat in KINDS else ("as_of",))
        ),
        *(
            Surface(f"{one}/rows", f"{PLAYER}/stats/{stat}/rows", gate, shows=with_times(stat, shows))
            for stat, (gate, shows) in ROWS.items()
        ),
        Surface(
            f"{one}/rows",
            f"{PLAYER}/stats/matches_won/rows?game=valorant",
            "matches",
            shows=with_times("matches_won", WON),
        ),
        Surface(
            f"{one}/rows",
            f"{PLAYER}/stats/total_matches_played/rows?page={{cursor:rows}}",
            "matches",
            shows={"matches": "casual ownside ownscore archived"},
        ),
        Surface(
            f"{one}/rows",
            f"{PLAYER}/stats/achievement_count/rows?page={{cursor:badges}}",
            "own",
            422,
            {"own": "titlefact titletime playfact playtime entryfact entrytime"},
        ),
        Surface(
            f"{one}/rows",
            f"{PLAYER}/stats/achievement_count/rows?page={{cursor:badges as told}}",
            "others",
            422,
            {
                "public": "titlefact titletime",
                "matches": "playfact playtime",
                "tournaments": "entryfact entrytime",
            },
        ),
        *(
            Surface(f"{one}/series", f"{PLAYER}/stats/{stat}/series?by={by}", gate)
            for (stat, gate), by in zip(
                opened.items(), cycle(["day", "week", "month", "season"]), strict=False
            )
        ),
        Surface(f"{one}/series", f"{PLAYER}/stats/achievement_count/series?known_at=2025-05-01"),
        *(
            Surface(
                f"{one}/history",
                f"{PLAYER}/stats/{stat}/history?order={order}",
                opened[stat],
                shows=dated(stat, shows[stat]),
            )
            for order, shows, stats in (("happened", NAMED, CHANGES), ("known", CHANGES, KINDS))
            for stat in stats
        ),
        Surface(
            f"{one}/history",
            f"{PLAYER}/stats/matches_won/history?page={{cursor:history}}",
            "matches",
            shows={"matches": "casual"},
        ),
        Surface(
            f"{one}/history",
            f"{PLAYER}/stats/matches_won/history?order=known&page={{cursor:changes}}",
            "matches",
            shows={**CHANGES["matches_won"], "matches": "casual voided voidreason"},
        ),
        *(
            Surface(
                f"{one}/explanation",
                f"{PLAYER}/stats/{stat}/explanation",
                opened[stat],
                shows=explained(stat),
            )
            for stat in CHANGES
        ),
    ]


def with_times(stat: str, shows: dict[str, str]) -> dict[str, str]:
    """Return what the rows of a number show here: of achievements the times too, of matches their series."""
    if stat in {"matches_won", "total_matches_played", "overall_win_rate"}:
        return {rule: f"{told} series" for rule, told in shows.items()}
    if stat in {"series_won", "series_played", "series_win_rate"}:
        return {rule: f"{told} round" for rule, told in shows.items()}
    if stat != "achievement_count":
        return shows

    return {rule: f"{shows[rule]} {BADGE_TIMES[rule]}" for rule in shows}


def explained(stat: str) -> dict[str, str]:
    """Return what an explanation shows: the changes, and what is not counted, such as lost matches."""
    if stat != "matches_won":
        return dated(stat, CHANGES[stat])

    return CHANGES[stat] | {"matches": CHANGES["total_matches_played"]["matches"]}


def dated(stat: str, shows: dict[str, str]) -> dict[str, str]:
    """Return what a history shows here: of achievements the times too, where both histories are shown."""
    if stat != "achievement_count":
        return shows

    return {"both": " ".join(dict.fromkeys([*shows["both"].split(), *BADGE_TIMES.values()]))}


def _other_operations() -> list[Surface]:
    cup = f"{ROOT}/tournaments/zqcupqz"
    of = "/tournaments/{slug}"
    match = "/matches/{game}/{match_key}"
    return [
        Surface("/seasons", f"{ROOT}/seasons"),
        Surface("/seasons/{slug}", f"{ROOT}/seasons/spring"),
        Surface("/tournaments", f"{ROOT}/tournaments?season=spring", shows={"public": "cup opencup"}),
        Surface("/leaderboards", f"{ROOT}/leaderboards"),
        Surface("/leaderboards/{stat}", f"{ROOT}/leaderboards/matches_won"),
        Surface("/leaderboards/{stat}", f"{ROOT}/leaderboards/overall_win_rate?period=season&game=valorant"),
        Surface("/leaderboards/{stat}", f"{ROOT}/leaderboards/matches_won?as_of=2025-05-01&season=spring"),
        Surface("/leaderboards/{stat}/around/{public_id}", f"{ROOT}/leaderboards/matches_won/around/{{id}}"),
        Surface("/teams/{slug}", f"{ROOT}/teams/zqteamqz", shows={"public": "team"}),
        Surface("/teams/{slug}/numbers", f"{ROOT}/teams/zqteamqz/numbers", shows={"public": "team"}),
        Surface("/teams/{slug}/members", f"{ROOT}/teams/zqteamqz/members"),
        Surface("/teams/{slug}/roster", f"{ROOT}/teams/zqteamqz/roster"),
        Surface("/teams/{slug}/roles", f"{ROOT}/teams/zqteamqz/roles"),
        Surface("/tournaments", f"{ROOT}/tournaments", shows={"public": "cup opencup"}),
        Surface(of, cup, shows={"public": "cup"}),
        Surface(of, f"{ROOT}/tournaments/zqdraftqz", "own", refusal=404, shows={"own": "draft"}),
        Surface(f"{of}/results", f"{cup}/results", shows={"public": "cup"}),
        Surface(f"{of}/entrants", f"{ROOT}/tournaments/zqopencupqz/entrants", shows={"public": "opencup"}),
        Surface(f"{of}/players", f"{cup}/players", shows={"public": "cup"}),
        Surface(f"{of}/matches", f"{cup}/matches", shows={"public": "final round series othermatch"}),
        Surface(f"{of}/series", f"{cup}/series", shows={"public": "cup round series"}),
        Surface(
            f"{of}/series/{{series}}", f"{cup}/series/zqseriesqz", shows={"public": "cup final round series"}
        ),
        Surface(
            match,
            f"{ROOT}/matches/valorant/zqcasualqz",
            shows={"public": "rivalside", "matches": "ownside ownscore"},
        ),
        Surface(match, f"{ROOT}/matches/valorant/zqarchivedqz", "matches", 404, {"matches": "archived"}),
        Surface(match, f"{ROOT}/matches/valorant/zqvoidedqz", "matches", 404, {"matches": "voidreason"}),
        Surface(match, f"{ROOT}/matches/valorant/zqfinalqz", shows={"public": "cup round series"}),
        Surface("/integrity", f"{ROOT}/integrity"),
    ]


def _own_operations() -> list[Surface]:
    """What belongs to the caller."""
    blind, keys = {"key without read": 403}, dict.fromkeys(KEYS, 403)
    strangers = keys | {"anonymous": 401, "deactivated": 401}
    filed = {"own in person": "dispute answer casual"}
    mine = {"self": " ".join(TIMELINE.values())}
    personal = "email firstname bio team asking key dispute answer award badge externalid claimedid"
    facts = "entryfact playfact titlefact handfact withdrawn"
    facts += " playtime entrytime titletime handtime"
    facts += " steptime stepreason"
    everything = {
        "self": f"{personal} banreason {facts} {SERIAL} {TOURNAMENTS} {' '.join(TIMELINE.values())}"
    }
    return [
        Surface(
            "/me", f"{ROOT}/me", "signed in with read", 401, {"with a key of self": "key"}, refusals=blind
        ),
        *_external_ids(strangers, blind),
        Surface(
            "/me/follows", f"{ROOT}/me/follows", "signed in with read", 401, {"self": "hero"}, refusals=blind
        ),
        Surface(
            "/me/blocks", f"{ROOT}/me/blocks", "signed in with read", 401, {"self": "pest"}, refusals=blind
        ),
        Surface("/me/feed", f"{ROOT}/me/feed", "signed in with read", 401, FEED, refusals=blind),
        Surface("/me/privacy", f"{ROOT}/me/privacy", "signed in with read", 401, refusals=blind),
        Surface("/me/activity", f"{ROOT}/me/activity", "signed in with read", 401, mine, refusals=blind),
        Surface("/me/export", f"{ROOT}/me/export", "signed in with read", 401, everything, refusals=blind),
        Surface(
            "/me/export",
            f"{ROOT}/me/export?format=csv",
            "signed in with read",
            401,
            everything,
            refusals=blind,
        ),
        Surface(
            "/tournaments/{slug}/changes",
            f"{ROOT}/tournaments/zqopencupqz/changes",
            "signed in with read",
            401,
            {"own": "steptime stepreason"},
            refusals=blind,
        ),
        Surface(
            "/tournaments/{slug}/pairings",
            f"{ROOT}/tournaments/zqcupqz/pairings",
            "signed in with read",
            401,
            {"own": "pairing"},
            refusals=blind,
        ),
        Surface(
            "/tournaments/{slug}/organisers",
            f"{ROOT}/tournaments/zqdraftqz/organisers",
            "own",
            404,
            # Whether there is such a draft is told to nobody else, to staff in person alone.
            refusals=strangers | {"key of staff": 404, "key without read": 403},
        ),
        Surface(
            "/notifications",
            f"{ROOT}/notifications",
            "signed in with read",
            401,
            {"self": "voided"},
            refusals=blind,
        ),
        Surface("/disputes", f"{ROOT}/disputes", "people signed in", 401, filed, refusals=keys),
        Surface(
            "/disputes/{handle}",
            f"{ROOT}/disputes/{{cursor:dispute}}",
            "own in person",
            404,
            filed,
            refusals=strangers,
        ),
        Surface(
            "/me/api-keys",
            f"{ROOT}/me/api-keys",
            "people signed in",
            401,
            {"self in person": "key"},
            refusals=keys,
        ),
    ]


def _external_ids(strangers: dict[str, int], blind: dict[str, int]) -> list[Surface]:
    """Ids at other providers: the player and staff see them, who records matches finds whose one is."""
    ids, visitors = "externalid claimedid", {"anonymous": 401, "deactivated": 401}
    found = f"{ROOT}/external-ids/players?external_id=esea:"
    return [
        Surface(
            "/me/external-ids",
            f"{ROOT}/me/external-ids",
            "signed in with read",
            401,
            {"self": ids},
            refusals=blind,
        ),
        Surface(
            "/players/{public_id}/external-ids",
            f"{PLAYER}/external-ids",
            "staff",
            403,
            {"staff": ids},
            refusals=strangers,
        ),
        Surface("/external-ids/players", f"{found}zqexternalidqz", "recorders", 403, refusals=visitors),
        # What a player claims finds nobody.
        Surface(
            "/external-ids/players",
            f"{found}zqclaimedidqz",
            "nobody",
            403,
            refusals=visitors | dict.fromkeys(("staff", "key without read"), 404),
        ),
        Surface(
            "/external-ids/teams",
            f"{ROOT}/external-ids/teams?external_id=esea:zqteamidqz",
            "recorders",
            403,
            {"recorders": "team"},
            refusals=visitors,
        ),
    ]
