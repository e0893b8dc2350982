"""Every page of the site, by who reads it. The words in braces are told by ``tests.browser.season``."""

from __future__ import annotations

from typing import Any

VISITOR = [
    "/",
    "/leaderboards/matches_won/",
    "/seasons/",
    "/seasons/{season}/",
    "/search/?q=cup",
    "/search/?q=nobody-of-this-name",
    "/players/",
    "/players/?q=ww",
    "/players/{hero}/",
    "/players/{hero}/matches/",
    "/players/{hero}/series/",
    "/players/{hero}/tournaments/",
    "/players/{hero}/activity/",
    "/players/{hero}/company/",
    "/players/{hero}/bests/",
    "/players/{hero}/places/",
    "/players/{hero}/stats/overall_win_rate/",
    "/players/{hero}/stats/overall_win_rate/?chart=known",
    "/players/{hero}/stats/overall_win_rate/history/",
    "/players/{plain}/versus/",
    "/players/{plain}/versus/{script}/",
    "/players/{plain}/versus/{endless}/",
    "/players/{newcomer}/",
    "/players/{newcomer}/matches/",
    "/players/{newcomer}/company/",
    "/players/{newcomer}/bests/",
    "/players/{newcomer}/places/",
    "/players/{newcomer}/stats/matches_won/",
    "/players/{hider}/",
    "/players/{script}/",
    "/players/{endless}/",
    "/players/{endless}/matches/",
    "/players/{endless}/stats/matches_won/",
    "/players/{arabic}/",
    "/players/{emoji}/",
    "/players/{plain}/",
    "/players/{plain}/matches/",
    "/players/{plain}/company/",
    "/players/{plain}/bests/",
    "/players/{barred}/",
    "/players/{plain}/badge/",
    "/players/{endless}/badge/",
    "/matches/{game}/odd-2/",
    "/matches/{game}/odd-4/",
    "/matches/{game}/odd-5/",
    "/tournaments/",
    "/tournaments/{COMPLETED}/",
    "/tournaments/{COMPLETED}/results/",
    "/tournaments/{COMPLETED}/matches/",
    "/tournaments/{COMPLETED}/entrants/",
    "/tournaments/{COMPLETED}/players/",
    "/tournaments/{series}/",
    "/tournaments/{RUNNING}/",
    "/tournaments/{OPEN}/",
    "/teams/{team}/",
    "/teams/{team}/roster/",
    "/teams/{team}/matches/",
    "/teams/{team}/results/",
    "/teams/{team}/roles/",
    "/settings/display/",
    "/integrity/",
    "/sign-in/",
    "/sign-in/forgotten/",
    "/sign-up/",
    "/sign-out/closed/",
    "/api/v1/docs",
]
#: What a visitor is refused, with the status.
REFUSED = {
    "/players/?q=w": 400,
    "/players/{hider}/matches/": 403,
    "/players/{hero}/followers/": 403,
    "/players/{left}/": 410,
    "/players/{gone}/": 410,
    "/players/DC-24-999999/": 404,
    "/nowhere/": 404,
    "/suspicious/": 400,
    "/broken/": 500,
    "/away/": 503,
}
#: What a player reads of their own.
OWN = [
    "/",
    "/players/{plain}/",
    "/players/{hero}/",
    "/players/{plain}/stats/experience_points/",
    "/players/{plain}/followers/",
    "/players/{plain}/following/",
    "/feed/",
    "/disputes/",
    "/disputes/match/{game}/odd-9/",
    "/disputes/{question}/statement/",
    "/disputes/result/{COMPLETED}/",
    "/settings/profile/",
    "/settings/name/",
    "/settings/teams/",
    "/settings/teams/new/",
    "/settings/teams/invitations/",
    "/settings/hidden/",
    "/settings/ids/",
    "/settings/privacy/",
    "/settings/privacy/preview/",
    "/settings/privacy/preview/?as=opponent&ticks=1",
    "/settings/account/",
    "/settings/picture/",
    "/settings/password/",
    "/settings/second-factor/",
    "/settings/sessions/",
    "/sign-in/again/",
    "/settings/verification/",
    "/settings/blocked/",
    "/settings/keys/",
    "/settings/notifications/",
    "/notifications/",
    "/invitations/",
    "/settings/display/",
    "/leaderboards/matches_won/?following=1",
    "/players/{plain}/versus/{hero}/",
    "/tournaments/{OPEN}/",
    "/tournaments/{OPEN}/entrants/",
    "/tournaments/{OPEN}/changes/",
    "/organise/",
    "/organise/new/",
]
#: What a captain reads besides.
LED = [
    "/teams/{captained}/manage/",
    "/teams/{captained}/name/",
    "/teams/{captained}/",
    "/teams/{captained}/roles/",
    "/tournaments/{OPEN}/",
]
#: What a suspended player reads.
BARRED = ["/", "/players/{barred}/"]
#: What staff read besides.
DESK = [
    "/players/{barred}/",
    "/players/{barred}/standing/",
    "/players/{gone}/",
    "/players/{hider}/",
    "/moderation/",
    "/moderation/disputes/",
    "/moderation/disputes/{dispute}/",
    "/moderation/disputes/{dispute}/statements/",
    "/moderation/disputes/{dispute}/rulings/",
    "/moderation/rulings/{game}/odd-9/",
    "/organise/",
    "/organise/{OPEN}/",
    "/organise/{OPEN}/edit/",
    "/organise/{RUNNING}/disputes/",
    "/organise/{OPEN}/organisers/",
    "/organise/{OPEN}/entrants/",
    "/organise/{RUNNING}/entrants/",
    "/organise/{OPEN}/entrants/import/",
    "/organise/{OPEN}/entrants/invitations/",
    "/moderation/log/",
    "/moderation/matches/{game}/odd-9/",
    "/moderation/merges/",
    "/moderation/merges/new/",
    "/moderation/players/",
    "/moderation/players/{barred}/",
    "/moderation/players/{barred}/anonymise/",
    "/moderation/players/{barred}/picture/",
    "/moderation/repairs/",
    "/organise/{RUNNING}/pairings/",
    "/organise/{RUNNING}/results/",
    "/organise/{RUNNING}/results/complete/?suggest=table",
    "/organise/{RUNNING}/results/record/",
    "/organise/{COMPLETED}/results/annul/",
    "/organise/{COMPLETED}/results/reopen/",
    "/organise/{COMPLETED}/results/lift-annulment/",
]
#: Who closed their account, gave the right password, and has not decided yet.
LEFT = ["/sign-in/reopen/"]

PASSWORD = "crown-test-password"  # noqa: S105 - of a site that is gone a minute later
#: What an opponent writes in a journey.
REASON = "The server lost my last round."
#: Reader → username, password, paths, statuses that are not 200. No username: not signed in.
READERS: dict[str, tuple[str, str, list[str], dict[str, int]]] = {
    "visitor": ("", "", [*VISITOR, *REFUSED], REFUSED),
    "player": ("plain", PASSWORD, OWN, {}),
    "captain": ("{captain}", PASSWORD, LED, {}),
    "suspended": ("barred", PASSWORD, BARRED, {}),
    "closed": ("left", PASSWORD, LEFT, {}),
    "staff": ("demo-staff", "crown-demo-staff", DESK, {}),
}

#: Addresses that no browser shows as a page: name → an example. They answer a GET with 405, or with no HTML.
NO_PAGES = {
    "follow": "/players/{hero}/follow/",
    "unfollow": "/players/{hero}/unfollow/",
    "block": "/players/{hero}/block/",
    "unblock": "/players/{hero}/unblock/",
    "remove-follower": "/players/{hero}/remove-follower/",
    "team-members": "/teams/{team}/members/",
    "team-invitations": "/teams/{team}/invitations/",
    "tournament-entry": "/tournaments/{OPEN}/entry/",
    "tournament-team": "/tournaments/{OPEN}/team/",
    "organise-entrants-do": "/organise/{OPEN}/entrants/do/",
    "timeline-entry": "/settings/timeline/",
    "dispute-hands": "/moderation/disputes/{dispute}/hands/",
    "merge-undo": "/moderation/merges/undo/",
    "notification": "/notifications/open/",
    "notifications-read": "/notifications/read/",
    "logout": "/sign-out/",
    "player-feed": "/players/{hero}/activity.atom",
    "player-card": "/players/{hero}/card.png",
    "player-badge-picture": "/players/{hero}/badge.svg",
    "result-feed": "/tournaments/results.atom",
    "calendar": "/tournaments/calendar.ics",
    "tournament-card": "/tournaments/{COMPLETED}/card.png",
    "tournament-calendar": "/tournaments/{COMPLETED}/calendar.ics",
    "sitemap": "/sitemap.xml",
    "sitemap-section": "/sitemap-players.xml",
    "robots": "/robots.txt",
    "icon": "/favicon.ico",
    "healthz": "/healthz",
    "readyz": "/readyz",
}
#: Neither pages nor easily asked for: name → why.
APART = {
    **dict.fromkeys(
        ["pairing", "organise-pairing"], "needs a bracket that is drawn; ``test_pairings`` looks at it"
    ),
    "organise-result": "a desk about one entrant, like those of the results; its own test looks at it",
    "organise-match": "a desk about one match, like those of the results; its own test looks at it",
    "search-suggest": "a fragment that a script puts below a search field; a journey looks at it there",
    "api-key": "asks before a key of one's own is revoked; ``tests/web/test_keys.py`` looks at it",
    "settings": "leads to the settings of the profile",
    "avatar": "a picture, of which the season has none",
    **dict.fromkeys(
        [
            "account_email",
            "account_email_verification_sent",
            "account_confirm_password_reset_code",
            "account_complete_password_reset",
            "mfa_activate_totp",
            "mfa_authenticate",
            "mfa_deactivate_totp",
            "mfa_generate_recovery_codes",
            "mfa_view_recovery_codes",
        ],
        "a step on the way in; ``test_entrance`` looks at it there",
    ),
    **dict.fromkeys(
        ["provider", "provider-back", "provider-sign-up", "provider-again", "provider-accounts"],
        "not there where no provider is on; ``test_providers`` looks at them with both",
    ),
    "mfa_reauthenticate": "who has a second factor is asked as at the sign-in, whose page is looked at",
    "account_set_password": "leads who has a password to the page where it is changed",
    "organise-roster": "needs a team that is registered; ``test_organise`` looks at it",
    **dict.fromkeys(
        ["account_login", "account_inactive", "account_password_reset_completed"], "lead to the sign-in"
    ),
}


#: Pages that are the same in every language: of the API, for any site's frame, and of a failure (in both).
OF_ONE_LANGUAGE = ["/api/v1/docs", "/players/{plain}/badge/", "/players/{endless}/badge/", "/broken/"]


def fill(path: str, site: Any) -> str:
    """The path with what it names in braces."""
    return path.format(**{**vars(site), **site.people, **site.events})
