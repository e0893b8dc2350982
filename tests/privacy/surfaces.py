"""Every page and every operation that reads, with what it shows by which rule. One not listed fails a test.

An address that is refused to a viewer answers with ``refusal`` and shows nothing. What a viewer
may open shows exactly the secrets of the rules that admit them, and no other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

#: What the rows of each history hold.
MATCHES = "casual ownside ownscore archived voided voidreason final cup round"
TOURNAMENTS = "cup opencup"
#: The official record: everybody, whatever the owner hides.
OFFICIAL = "cup"


@dataclass(frozen=True)
class Surface:
    """One address.

    :param name: the URL's name, or the path in the OpenAPI description.
    :param address: ``{id}`` and ``{rival}`` stand for the public ids of the owner and of the opponent,
        ``{cursor:x}`` for the cursor of list x that the owner was given.
    :param gate: the rule that opens it.
    :param refusal: the status of those it does not admit; ``refusals`` of some of them, by viewer.
    :param shows: rule → the secrets it lets through here, apart by spaces.
    :param status: of those it admits.
    """

    name: str
    address: str
    gate: str = "public"
    refusal: int = 403
    shows: dict[str, str] = field(default_factory=dict)
    status: int = 200
    refusals: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.address


#: What is called a time is the exact one. Those of a podium and a title are on the official record.
TIMELINE = {
    "public": "everyone podium podiumtime old",
    "both": "everyonetime oldtime",
    "followers": "followers oldfollowers",
    "followers, where both are shown": "followerstime",
    "own": "private verified oldprivate",
    "tournaments": "registered",
    "registrations for followers": "registeredfollowers",
}
#: What follows the first entry, to the player and staff, and to others.
TIMELINE_BEFORE = (
    "everyone podium old followers oldfollowers private oldprivate registered registeredfollowers "
    "everyonetime podiumtime oldtime followerstime"
)
TOLD_BEFORE = {
    name: TIMELINE[name] for name in ("public", "both", "followers", "followers, where both are shown")
}
#: Of the live timeline alone.
FEED = {
    "in a feed": "everyone podium podiumtime followers",
    "in a feed, where both are shown": "everyonetime followerstime",
    "in a feed, where tournaments are shown": "registered registeredfollowers",
    "staff": "private verified",
}
PROFILE = {"public": "bio team badge badgetext", "matches": MATCHES, "tournaments": TOURNAMENTS}
#: The title on the shelf is on the official record.
OVERVIEW = {**PROFILE, "public": "bio team badge badgetext cup"}
IN_GAME = {"public": "bio team cup", "matches": MATCHES}
RESULTS = {"public": OFFICIAL}
BADGES = {
    "public": "badge badgetext titlefact",
    "matches": "playfact",
    "tournaments": "entryfact",
    "both": "handfact",
}
#: Pages tell the days of achievements, the API their times.
BADGE_TIMES = {"public": "titletime", "matches": "playtime", "tournaments": "entrytime", "both": "handtime"}
SERIES = {"matches": "cup series"}
PLAYED = {"matches": "casual ownside ownscore archived final cup round"}
CASUAL = "casual ownside ownscore"
#: Against the rival: the series they played, too.
DUEL = f"{CASUAL} final cup round series"
WON = {"matches": "casual ownside ownscore final cup round"}
ENTERED = {"tournaments": TOURNAMENTS}
AWARDS = {"own": "award"}
DISPUTES = {"own": "dispute answer"}

#: stat → the rule that opens its rows, and what they show.
ROWS = {
    "total_matches_played": ("matches", PLAYED),
    "matches_won": ("matches", WON),
    "overall_win_rate": ("matches", PLAYED),
    "series_played": ("matches", SERIES),
    "series_won": ("matches", SERIES),
    "series_win_rate": ("matches", SERIES),
    "tournaments_participated": ("tournaments", ENTERED),
    "tournaments_won": ("public", RESULTS),
    "average_placement": ("public", RESULTS),
    "achievement_count": ("public", BADGES),
    "disputes_filed": ("own", DISPUTES),
    "experience_points": ("own", AWARDS),
    "level": ("own", AWARDS),
}
#: stat → what its history in the order of knowledge shows, by the same gates.
VOIDED = {"matches": "casual archived voided voidreason final", "staff": "moderator"}
CHANGES = {
    "total_matches_played": VOIDED,
    "matches_won": {"matches": "casual voided voidreason final", "staff": "moderator"},
    "overall_win_rate": VOIDED,
    "series_played": SERIES,
    "series_won": SERIES,
    "series_win_rate": SERIES,
    "tournaments_participated": ENTERED,
    "tournaments_won": RESULTS,
    "average_placement": RESULTS,
    # By the day, and without causes, where a history is hidden.
    "achievement_count": {"both": "badge revoked"},
    "disputes_filed": {},
    "experience_points": AWARDS,
    "level": AWARDS,
}


def _join(*told: dict[str, str]) -> dict[str, str]:
    """Return what several parts of a page show together."""
    rules = dict.fromkeys(rule for each in told for rule in each)
    return {
        rule: " ".join(dict.fromkeys(word for each in told for word in each.get(rule, "").split()))
        for rule in rules
    }


#: One number of each kind of rows: by its gate the others of the kind are shown and refused.
KINDS = (
    "total_matches_played",
    "series_played",
    "tournaments_participated",
    "tournaments_won",
    "achievement_count",
    "disputes_filed",
    "experience_points",
)
#: What is told of what became known later, and of nothing that counts now.
TAKEN_BACK = {"voided", "voidreason", "revoked"}
#: stat → what its history shows in order of happening.
HAPPENINGS = {
    stat: {
        rule: " ".join(word for word in told.split() if word not in TAKEN_BACK)
        for rule, told in shows.items()
        if rule != "staff"
    }
    for stat, shows in CHANGES.items()
} | {"achievement_count": {"both": f"badge {' '.join(BADGE_TIMES.values())}"}}


def list_pages() -> list[Surface]:
    """Every page, by the name of its URL."""
    player = "/players/{id}/"
    cup, open_cup, draft, final = (
        "/tournaments/zqcupqz/",
        "/tournaments/zqopencupqz/",
        "/tournaments/zqdraftqz/",
        "/matches/valorant/zqfinalqz/",
    )
    official = {"public": "cup final round series"}
    match = {"public": "casual rivalside", "matches": "ownside ownscore"}
    lonely = "/matches/valorant/{}/"
    return [
        Surface("home", "/", shows={**FEED, "public": "cup"}),
        Surface("leaderboard", "/leaderboards/matches_won/"),
        Surface("leaderboard", "/leaderboards/overall_win_rate/?game=valorant"),
        Surface("leaderboard", "/leaderboards/matches_won/?as_of=2025-05-01"),
        Surface("leaderboard", "/leaderboards/achievement_count/?season=spring"),
        Surface("leaderboard", "/leaderboards/matches_won/?around={id}", status=302),
        Surface("leaderboard", "/leaderboards/matches_won/?around={id}&as_of=2025-05-01", status=302),
        Surface("leaderboard", "/leaderboards/matches_won/?following=1", "people signed in", 400),
        Surface(
            "leaderboard", "/leaderboards/matches_won/?following=1&as_of=2025-05-01", "people signed in", 400
        ),
        Surface("seasons", "/seasons/"),
        Surface("season", "/seasons/spring/", shows={"public": "cup opencup"}),
        Surface("player-search", "/players/?q=owner"),
        Surface("search", "/search/?q=owner"),
        Surface("search", "/search/?q=zqcup", shows={"public": "cup"}),
        Surface("search", "/search/?q=zqcup&kind=tournaments", shows={"public": "cup"}),
        Surface("search-suggest", "/search/suggest/?q=owner"),
        Surface("search-suggest", "/search/suggest/?q=zqcup", shows={"public": "cup"}),
        Surface("player", player, shows=OVERVIEW),
        Surface("player", player + "?game=valorant", shows=IN_GAME),
        *_history_pages(player),
        *(
            Surface("player-stat", f"{player}stats/{stat}/", gate, shows=_join(shows, CHANGES[stat]))
            for stat, (gate, shows) in ROWS.items()
        ),
        Surface("player-stat", player + "stats/matches_won/?game=valorant&result=WIN", "matches", shows=WON),
        Surface(
            "player-stat",
            player + "stats/overall_win_rate/?by=day&until=2025-06-30&rolling=20m",
            "matches",
            shows=_join(PLAYED, VOIDED),
        ),
        # As this site knew it: the days on which it learnt, and the rulings of then.
        Surface(
            "player-stat",
            player + "stats/overall_win_rate/?chart=known&by=day",
            "matches",
            shows=_join(PLAYED, VOIDED),
        ),
        Surface(
            "player-stat",
            player + "stats/achievement_count/?chart=known&by=month",
            shows=_join(BADGES, CHANGES["achievement_count"]),
        ),
        Surface(
            "player-stat-history",
            player + "stats/matches_won/history/?chart=known",
            "matches",
            shows=_join(HAPPENINGS["matches_won"], {"matches": "voided voidreason"}),
        ),
        Surface(
            "player-stat",
            player + "stats/matches_won/?game=valorant&result=WIN&match=zqcasualqz",
            "matches",
            shows=WON,
        ),
        Surface(
            "player-stat",
            player + "stats/achievement_count/?by=day&until=2025-06-30",
            shows=_join(BADGES, CHANGES["achievement_count"]),
        ),
        Surface(
            "player-stat",
            player + "stats/total_matches_played/?page={cursor:rows}",
            "matches",
            shows={"matches": "casual ownside ownscore archived"},
        ),
        Surface(
            "player-stat",
            player + "stats/tournaments_participated/?page={cursor:entries}",
            "tournaments",
            shows={"tournaments": "cup"},
        ),
        *(
            Surface(
                "player-stat-history", f"{player}stats/{stat}/history/{query}", ROWS[stat][0], shows=shows
            )
            for query, told in (
                ("?order=known&as_of=2025-05-01", {stat: CHANGES[stat] for stat in KINDS}),
                ("?as_of=2025-05-01&known_at=2025-06-01&by=day&until=2025-06-30", HAPPENINGS),
            )
            for stat, shows in told.items()
        ),
        Surface(
            "player-stat-history",
            player + "stats/matches_won/history/?game=valorant",
            "matches",
            # The chart marks where a ruling moved the number.
            shows={
                **HAPPENINGS["matches_won"],
                "matches": f"{HAPPENINGS['matches_won'].get('matches', '')} voided voidreason",
            },
        ),
        Surface(
            "player-stat-history",
            player + "stats/matches_won/history/?page={cursor:history}",
            "matches",
            shows={"matches": "casual"},
        ),
        Surface(
            "player-stat-history",
            player + "stats/matches_won/history/?order=known&page={cursor:changes}",
            "matches",
            shows={**CHANGES["matches_won"], "matches": "casual voided voidreason"},
        ),
        Surface("tournaments", "/tournaments/", shows={"public": "cup opencup"}),
        Surface("tournaments", "/tournaments/?season=spring", shows={"public": "cup opencup"}),
        Surface("tournament", cup, shows={"public": "cup round series othermatch"}),
        Surface("tournament", open_cup, shows={"public": "opencup"}),
        Surface("tournament", draft, "own", refusal=404, shows={"own": "draft"}),
        Surface("tournament-results", cup + "results/", shows={"public": "cup"}),
        Surface(
            "tournament-matches", cup + "matches/", shows={"public": "cup final round series othermatch"}
        ),
        Surface("tournament-series", cup + "series/zqseriesqz/", shows={"public": "cup final round"}),
        Surface("tournament-entrants", open_cup + "entrants/", shows={"public": "opencup"}),
        Surface("tournament-players", cup + "players/", shows={"public": "cup"}),
        Surface(
            "tournament-changes",
            open_cup + "changes/",
            "people signed in",
            302,
            {"people signed in": "opencup", "own in person": "steptime stepreason"},
        ),
        Surface("team", "/teams/zqteamqz/", shows={"public": "team"}),
        Surface("team-matches", "/teams/zqteamqz/matches/", shows={"public": "team"}),
        Surface("team-results", "/teams/zqteamqz/results/", shows={"public": "team"}),
        Surface("team-roster", "/teams/zqteamqz/roster/", shows={"public": "team"}),
        Surface("team-roles", "/teams/zqteamqz/roles/", shows={"public": "team"}),
        Surface("match", "/matches/valorant/zqcasualqz/", shows=match),
        *(
            Surface("match", lonely.format(f"zq{name}qz"), "matches", refusal=404, shows={"matches": name})
            for name in ("archived",)
        ),
        Surface(
            "match",
            lonely.format("zqvoidedqz"),
            "matches",
            refusal=404,
            shows={"matches": "voided voidreason"},
        ),
        Surface("match", final, shows=official),
        Surface("integrity", "/integrity/"),
        *_shared_pages(player, cup, open_cup, draft),
        *_own_pages(),
        Surface("settings", "/settings/", status=302),
        Surface("picture", "/settings/picture/", "people signed in", refusal=302),
        Surface("avatar", f"/avatars/{'0' * 32}.webp", status=404),
        Surface("display", "/settings/display/"),
        *_entrance(),
        Surface("reopen", "/sign-in/reopen/", "nobody", refusal=302),
        Surface("account-closed", "/sign-out/closed/"),
        Surface("logout", "/sign-out/", status=405),
        Surface("icon", "/favicon.ico", status=302),
        Surface("healthz", "/healthz"),
        Surface("readyz", "/readyz"),
    ]


def _entrance() -> list[Surface]:
    """The pages on the way in, and those of how one signs in: nothing of anybody else."""
    outside = ("login", "account_login", "account_signup")
    on_the_way = {
        "account_email_verification_sent": "/sign-up/confirm/",
        "account_confirm_password_reset_code": "/sign-in/forgotten/code/",
        "account_complete_password_reset": "/sign-in/forgotten/password/",
        "account_password_reset_completed": "/sign-in/forgotten/done/",
        "account_inactive": "/sign-in/inactive/",
        "mfa_authenticate": "/sign-in/code/",
    }
    # The password is asked for again before.
    asked_again = {
        "account_email": "email/",
        "account_set_password": "password/first/",
        "mfa_activate_totp": "second-factor/app/",
        "mfa_generate_recovery_codes": "second-factor/codes/new/",
    }
    signed_in = "people signed in"
    return [
        *(
            Surface(name, "/sign-up/" if "up" in name else "/sign-in/", "not signed in", 302)
            for name in outside
        ),
        *(Surface(name, address, "nobody", 302) for name, address in on_the_way.items()),
        *(Surface(name, f"/settings/{at}", signed_in, 302, status=302) for name, at in asked_again.items()),
        Surface("account_change_password", "/settings/password/", signed_in, 302),
        Surface("account_reauthenticate", "/sign-in/again/", signed_in, 302),
        Surface("mfa_reauthenticate", "/sign-in/again/code/", signed_in, 302, status=302),
        Surface("mfa_deactivate_totp", "/settings/second-factor/app/remove/", signed_in, 302, status=404),
        Surface("mfa_view_recovery_codes", "/settings/second-factor/codes/", signed_in, 302, status=404),
        Surface("mfa_index", "/settings/second-factor/", signed_in, 302),
        Surface("usersessions_list", "/settings/sessions/", signed_in, 302),
        Surface("account_reset_password", "/sign-in/forgotten/"),
        # No provider is on; ``tests/accounts/test_providers.py`` asks for them with both.
        Surface("provider", "/sign-in/with/steam/", status=404),
        Surface("provider-back", "/sign-in/with/steam/back/", status=404),
        Surface("provider-sign-up", "/sign-up/with/", status=404),
        Surface("provider-again", "/sign-in/again/with/", status=404),
        Surface("provider-accounts", "/settings/sign-in/", status=404),
    ]


def _shared_pages(player: str, cup: str, open_cup: str, draft: str) -> list[Surface]:
    """What is passed on, and so the same for everybody."""
    told = {
        "public": TIMELINE["public"],
        "everybody, where both are shown": TIMELINE["both"],
        "everybody, where tournaments are shown": TIMELINE["tournaments"],
    }
    return [
        Surface("player-card", player + "card.png"),
        Surface("player-badge", player + "badge/"),
        Surface("player-badge-picture", player + "badge.svg"),
        Surface("player-feed", player + "activity.atom", shows=told),
        Surface("tournament-card", cup + "card.png"),
        Surface("tournament-card", draft + "card.png", "nobody", refusal=404),
        Surface("tournament-calendar", open_cup + "calendar.ics", shows={"public": "opencup"}),
        Surface("tournament-calendar", draft + "calendar.ics", "nobody", refusal=404),
        Surface("calendar", "/tournaments/calendar.ics"),
        Surface("result-feed", "/tournaments/results.atom", shows={"public": "cup"}),
        Surface("sitemap", "/sitemap.xml"),
        Surface("sitemap-section", "/sitemap-players.xml"),
        Surface("sitemap-section", "/sitemap-tournaments.xml", shows={"public": "cup opencup"}),
        Surface("sitemap-section", "/sitemap-teams.xml", shows={"public": "team asking"}),
        Surface("robots", "/robots.txt"),
    ]


def _history_pages(player: str) -> list[Surface]:
    against = "/players/{rival}/matches/?opponent={id}"
    return [
        Surface("player-matches", player + "matches/", "matches", shows={"matches": MATCHES}),
        Surface(
            "player-matches",
            player + "matches/?game=valorant&kind=CASUAL",
            "matches",
            shows={"matches": "casual ownside ownscore archived voided voidreason"},
        ),
        Surface(
            "player-matches",
            player + "matches/?tournament=zqcupqz",
            "matches",
            shows={"matches": "final cup round"},
        ),
        Surface("player-matches", player + "matches/?result=DRAW", "matches"),
        Surface(
            "player-matches",
            player + "matches/?page={cursor:matches}",
            "matches",
            shows={"matches": "casual ownside ownscore archived voided voidreason"},
        ),
        Surface(
            "player-matches",
            player + "matches/?opponent={rival}",
            "matches",
            shows={"matches": "casual ownside ownscore final cup round"},
        ),
        # Whom the rival met: that the owner was in a casual match is the owner's to show.
        Surface("player-matches", against, shows={"public": "othermatch cup", "matches": "casual rivalside"}),
        Surface("versus", player + "versus/{rival}/", "matches", shows={"matches": DUEL}),
        Surface(
            "versus",
            player + "versus/{rival}/?kind=CASUAL",
            "matches",
            shows={"matches": f"{CASUAL} cup series"},
        ),
        Surface(
            "versus", player + "versus/{rival}/?sides=together", "matches", shows={"matches": "cup series"}
        ),
        Surface(
            "versus",
            "/players/{rival}/versus/{id}/",
            "matches",
            shows={"matches": "casual rivalside othermatch cup"},
        ),
        Surface("player-company", player + "company/", "matches"),
        Surface("player-company", player + "company/?game=valorant", "matches"),
        Surface("player-bests", player + "bests/", "matches", shows={"matches": "casual"}),
        Surface("player-bests", player + "bests/?game=valorant", "matches", shows={"matches": "casual"}),
        # Counters are public, and so are places by them.
        Surface("player-places", player + "places/"),
        Surface("player-places", player + "places/?game=valorant"),
        Surface("player-matches", player + "matches/?reported=agent:Jett", "matches"),
        Surface("versus-choice", player + "versus/?q=owner"),
        Surface("player-series", player + "series/", "matches", shows=SERIES),
        Surface("player-series", player + "series/?opponent={rival}", "matches", shows=SERIES),
        Surface("player-series", player + "series/?result=LOSS", "matches"),
        Surface("player-tournaments", player + "tournaments/", "tournaments", shows=ENTERED),
        Surface(
            "player-tournaments",
            player + "tournaments/?placement=1",
            "tournaments",
            shows={"tournaments": "cup"},
        ),
        Surface(
            "player-tournaments",
            player + "tournaments/?page={cursor:tournaments}",
            "tournaments",
            shows={"tournaments": "cup"},
        ),
        Surface("player-activity", player + "activity/", shows=TIMELINE),
        # In the order of times, which others may not know.
        Surface(
            "player-activity",
            player + "activity/?page={cursor:activity}",
            "own",
            400,
            {"own": TIMELINE_BEFORE},
        ),
        Surface(
            "player-activity",
            player + "activity/?page={cursor:activity as told}",
            "others",
            400,
            TOLD_BEFORE,
        ),
    ]


def _list_bench(visitors: dict[str, int]) -> list[Surface]:
    """The moderators' pages: each is for staff alone."""
    bench = "/moderation/"
    told = {"staff": "answer casual claimedid externalid voided voidreason"}
    logged = {"staff": "moderator voided voidreason"}
    return [
        Surface(name, bench + address, "staff", 403, shows, refusals=visitors)
        for name, address, shows in [
            ("audit-log", "log/?kind=RULING", logged),
            ("repairs", "repairs/", {}),
            ("moderate-players", "players/?q=owner", {}),
            ("moderate-player", "players/{id}/", told),
            ("moderate-picture", "players/{id}/picture/", {}),
            ("moderate-anonymise", "players/{id}/anonymise/", {}),
            ("moderate-match", "matches/valorant/zqarchivedqz/", {"staff": "archived"}),
            ("merges", "merges/", {}),
            ("merge", "merges/new/", {}),
        ]
    ]


#: The desk of a tournament's results, by page below ``/results/``.
DESKS = (
    ("organise-results", ""),
    ("organise-complete", "complete/"),
    ("organise-annul", "annul/"),
    ("organise-reopen", "reopen/"),
    ("organise-lift-annulment", "lift-annulment/"),
    ("organise-record", "record/"),
)


def _own_pages() -> list[Surface]:
    """What belongs to the one who is signed in, and what to staff."""
    visitors = {"anonymous": 302, "deactivated": 302}
    strangers = {
        "self, as others": "bio team badge badgetext everyone podium podiumtime old",
        "self, where both are shown": "everyonetime oldtime",
        "self, where matches are shown": MATCHES,
        "self, where tournaments are shown": f"{TOURNAMENTS} registered",
    }
    followers = {
        "self, as others": f"{strangers['self, as others']} followers oldfollowers",
        "self, where both are shown": "everyonetime oldtime followerstime",
        "self, where matches are shown": MATCHES,
        "self, where tournaments are shown": f"{TOURNAMENTS} registered registeredfollowers",
    }
    entered = f"{TOURNAMENTS} registered"
    # The short form: no bio, no teams, no achievements.
    previewed = {**strangers, "self, as others": "everyone podium podiumtime old"}
    filed = "dispute answer casual"
    queue, desk = "/moderation/disputes/", "/organise/zqdraftqz/"
    return [
        Surface("feed", "/feed/", "people signed in", 302, FEED),
        Surface("player-followers", "/players/{id}/followers/", "own", shows={"own": "admirer"}),
        Surface("player-following", "/players/{id}/following/", "own", shows={"own": "hero"}),
        Surface("blocked", "/settings/blocked/", "people signed in", 302, {"self": "pest"}),
        Surface("verification", "/settings/verification/", "people signed in", 302),
        Surface("username", "/settings/name/", "people signed in", 302),
        Surface("own-teams", "/settings/teams/", "people signed in", 302, {"self": "team asking"}),
        Surface("found-team", "/settings/teams/new/", "people signed in", 302),
        Surface(
            "own-invitations", "/settings/teams/invitations/", "people signed in", 302, {"self": "asking"}
        ),
        *(
            Surface(name, f"/teams/zqteamqz/{page}", "own in person", 403, shows, refusals=visitors)
            for name, page, shows in (
                ("team-manage", "manage/", {"own in person": "team asked"}),
                ("team-name", "name/", {"own in person": "team"}),
            )
        ),
        Surface("account", "/settings/account/", "people signed in", 302),
        Surface("notifications", "/notifications/", "people signed in", 302),
        Surface("notification-settings", "/settings/notifications/", "people signed in", 302),
        Surface("api-keys", "/settings/keys/", "people signed in", 302, {"self": "key"}),
        Surface("api-key", "/settings/keys/abcdef/", "nobody", 404, refusals=visitors),
        Surface(
            "player-standing",
            "/players/{id}/standing/",
            "staff",
            403,
            {"staff": "banreason liftreason decider"},
            refusals=visitors,
        ),
        Surface(
            "privacy-preview", "/settings/privacy/preview/?as=stranger", "people signed in", 302, strangers
        ),
        Surface(
            "privacy-preview", "/settings/privacy/preview/?as=follower", "people signed in", 302, followers
        ),
        Surface(
            "privacy-preview",
            "/settings/privacy/preview/?as=opponent&ticks=1&show_tournament_stats=on",
            "people signed in",
            302,
            {"self, as others": f"{strangers['self, as others']} {entered}"},
        ),
        Surface("privacy", "/settings/privacy/", "people signed in", 302, previewed),
        Surface("profile-settings", "/settings/profile/", "people signed in", 302, {"self": "bio"}),
        Surface(
            "hidden-entries", "/settings/hidden/", "people signed in", 302, {"self": "private oldprivate"}
        ),
        Surface("linked-ids", "/settings/ids/", "people signed in", 302, {"self": "externalid claimedid"}),
        Surface("disputes", "/disputes/", "people signed in", 302, {"self in person": filed}),
        Surface(
            "dispute-match",
            "/disputes/match/valorant/zqarchivedqz/",
            "self in person",
            404,
            refusals=visitors,
        ),
        Surface("dispute-result", "/disputes/result/zqcupqz/", "people signed in", 302),
        *(
            Surface(name, f"/organise/zqcupqz/results/{page}", "staff", 403, refusals=visitors)
            for name, page in DESKS
        ),
        # Both are made of what is there: to staff what is not is not found, to all others it is not theirs.
        Surface(
            "organise-result", "/organise/zqnonezq/results/entrant/none/", "nobody", 404, refusals=visitors
        ),
        Surface(
            "organise-match", "/organise/zqnonezq/results/matches/none/", "nobody", 404, refusals=visitors
        ),
        Surface(
            "dispute-queue", f"{queue}?status=REJECTED", "staff", 403, {"staff": filed}, refusals=visitors
        ),
        Surface("organise-disputes", "/organise/zqcupqz/disputes/", "staff", 403, refusals=visitors),
        Surface("moderation", "/moderation/", "staff", 403, refusals=visitors),
        Surface("dispute-queue", queue, "staff", 403, refusals=visitors),
        Surface("organise", "/organise/", "people signed in", 302, {"own": "draft", "staff": "cup opencup"}),
        Surface("organise-create", "/organise/new/", "people signed in", 302),
        *(
            Surface(name, f"{desk}{more}", "own", 404, {"own": "draft"}, refusals=visitors)
            for name, more in (
                ("organise-tournament", ""),
                ("organise-edit", "edit/"),
                ("organise-people", "organisers/"),
                ("organise-entrants", "entrants/"),
                ("organise-import", "entrants/import/"),
            )
        ),
        Surface(
            "organise-invitations",
            f"{desk}entrants/invitations/",
            "own",
            404,
            {"own": "draft invitee"},
            refusals=visitors,
        ),
        Surface("invitations", "/invitations/", "people signed in", 302, {"self": "opencup inviter"}),
        Surface(
            "organise-pairings",
            "/organise/zqcupqz/pairings/",
            "staff",
            403,
            {"staff": "pairing"},
            refusals=visitors,
        ),
        Surface(
            "organise-pairing",
            "/organise/zqcupqz/pairings/none/",
            "staff",
            403,
            refusals=visitors,
            status=404,
        ),
        Surface("pairing", "/tournaments/zqcupqz/pairings/none/", "nobody", 404, refusals=visitors),
        Surface("organise-roster", f"{desk}entrants/teams/zqteamqz/", "nobody", 404, refusals=visitors),
        Surface(
            "dispute-review", queue + "{cursor:dispute}/", "staff", 403, {"staff": filed}, refusals=visitors
        ),
        # Not even staff are asked what a party has to say.
        Surface(
            "dispute-statement", "/disputes/{cursor:dispute}/statement/", "nobody", 404, refusals=visitors
        ),
        Surface(
            "dispute-statements", queue + "{cursor:dispute}/statements/", "staff", 403, refusals=visitors
        ),
        Surface("dispute-rulings", queue + "{cursor:dispute}/rulings/", "staff", 403, refusals=visitors),
        Surface(
            "match-rulings",
            "/moderation/rulings/valorant/zqarchivedqz/",
            "staff",
            403,
            {"staff": "archived"},
            refusals=visitors,
        ),
        *_list_bench(visitors),
    ]
