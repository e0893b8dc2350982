"""All tables whose data is shown on a player's pages.

A change to one of them gives the affected players a new content token (``freshness/tokens.py``), so that
no page cached before the change is shown after it. A new table with a foreign key to a user must be added
here: a test compares this list with the models.
"""

from __future__ import annotations

from deltacrown.freshness.tokens import Link, Watch

MATCHES = "tournaments.TournamentMatchResult"
ENTRIES = "tournaments.TournamentParticipation"
RESULTS = "tournaments.TournamentResult"
SERIES = "tournaments.TournamentSeriesResult"

#: Tables of a player's own rows: any change to them can change the player's pages.
OWN_ROWS = (
    Watch("user_profile.UserProfile"),
    Watch("user_profile.GameStats"),
    Watch("user_profile.PrivacySettings"),
    Watch("user_profile.UserActivity"),
    Watch("user_profile.ArchivedUserActivity"),
    Watch("user_profile.UserAchievement"),
    Watch("user_profile.ExperienceAward"),
    Watch("user_profile.KycVerification"),
    Watch("user_profile.StandingChange"),
    Watch("user_profile.Follow", owners=("follower", "followed")),
    Watch("games.Match"),
    Watch("games.ArchivedMatch"),
    Watch("teams.TeamMembership"),
    Watch(ENTRIES),
    Watch(RESULTS),
    Watch(MATCHES),
    Watch(SERIES),
    Watch("moderation.Dispute", owners=("reporter",)),
)

#: Columns of other objects that are shown on a player's pages.
NAMES = (
    Watch(
        "accounts.User",
        owners=("id",),
        # A trigger closes the profile of who is not active, and PostgreSQL would not see that write here.
        columns=("username", "date_joined", "is_active"),
        links=(Link(MATCHES, key="opponent_user"), Link(SERIES, key="opponent_user")),
    ),
    Watch(
        "user_profile.UserProfile",
        columns=("display_name", "public_id"),
        links=(Link(MATCHES, key="opponent_user"), Link(SERIES, key="opponent_user")),
    ),
    Watch("games.Game", owners=(), columns=("slug", "name"), everyone=True),
    Watch(
        "teams.Team",
        owners=(),
        columns=("slug", "name"),
        links=(
            Link("teams.TeamMembership", key="team"),
            Link(ENTRIES, key="team"),
            Link(RESULTS, key="team"),
            Link(MATCHES, key="team"),
            Link(MATCHES, key="opponent_team"),
            Link(SERIES, key="team"),
            Link(SERIES, key="opponent_team"),
        ),
    ),
    Watch(
        "tournaments.Tournament",
        owners=(),
        columns=("slug", "name", "game", "status", "starts_at", "ends_at", "prize_currency"),
        links=(
            Link(ENTRIES, key="tournament"),
            Link(RESULTS, key="tournament"),
            Link(MATCHES, key="tournament"),
            Link(SERIES, key="tournament"),
        ),
    ),
    Watch(
        "user_profile.Achievement",
        owners=(),
        columns=("slug", "name", "description", "tier", "points"),
        links=(Link("user_profile.UserAchievement", key="achievement"),),
    ),
)

WATCHES = OWN_ROWS + NAMES
