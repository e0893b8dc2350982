"""What becomes of profiles, timelines and awards when accounts are merged, or a player is anonymised."""

from deltacrown.accounts.belongings import Belonging, OnAnonymise, OnMerge
from deltacrown.accounts.texts import describe
from deltacrown.user_profile.models import (
    Achievement,
    ArchivedUserActivity,
    BackfilledPlayer,
    Block,
    ExperienceAward,
    Follow,
    GameStats,
    KycVerification,
    PendingAnonymisation,
    PlayerSearchTerm,
    PrivacySettings,
    RankCount,
    RankedPlayer,
    RankFold,
    StandingChange,
    UserAchievement,
    UserActivity,
    UserProfile,
)

BELONGINGS = [
    Belonging(UserProfile, "user", OnMerge.KEEP, OnAnonymise.KEEP),
    Belonging(PrivacySettings, "user", OnMerge.KEEP, OnAnonymise.KEEP),
    Belonging(GameStats, "user", OnMerge.SYNC, OnAnonymise.KEEP),
    # It follows from names, which triggers keep it in step with.
    Belonging(PlayerSearchTerm, "owner", OnMerge.KEEP, OnAnonymise.KEEP),
    Belonging(StandingChange, "user", OnMerge.KEEP, OnAnonymise.KEEP),
    Belonging(StandingChange, "decided_by", OnMerge.MOVE, OnAnonymise.KEEP),
    Belonging(UserAchievement, "user", OnMerge.SYNC, OnAnonymise.KEEP),
    Belonging(ExperienceAward, "user", OnMerge.SYNC, OnAnonymise.KEEP),
    Belonging(UserActivity, "user", OnMerge.SYNC, OnAnonymise.DELETE),
    Belonging(ArchivedUserActivity, "user", OnMerge.SYNC, OnAnonymise.DELETE),
    Belonging(Follow, "follower", OnMerge.MOVE, OnAnonymise.DELETE),
    Belonging(Follow, "followed", OnMerge.MOVE, OnAnonymise.DELETE),
    Belonging(Block, "blocker", OnMerge.MOVE, OnAnonymise.DELETE),
    Belonging(Block, "blocked", OnMerge.MOVE, OnAnonymise.DELETE),
    Belonging(KycVerification, "user", OnMerge.MOVE, OnAnonymise.DELETE),
    Belonging(KycVerification, "reviewed_by", OnMerge.MOVE, OnAnonymise.KEEP),
]

_ENTRY = {"nameless": "activity_type visibility", "free": "description metadata", "fact": "dedupe_key"}

TEXTS = [
    describe(
        UserProfile,
        owner="user",
        name="public_id display_name",
        free="bio links",
        nameless="country standing",
        gone="display_skeleton search_key avatar",
    ),
    describe(StandingChange, nameless="standing", free="reason"),
    describe(Achievement, title="slug name description", nameless="tier"),
    describe(UserAchievement, free="fact"),
    describe(ExperienceAward, free="reason", fact="dedupe_key"),
    describe(UserActivity, **_ENTRY),
    describe(ArchivedUserActivity, **_ENTRY),
    describe(BackfilledPlayer, nameless="rules"),
    describe(KycVerification, nameless="status"),
    describe(PlayerSearchTerm, owner="owner", gone="term former_name"),
    describe(PendingAnonymisation, nameless="names stage"),
    describe(RankedPlayer, nameless="counted"),
    describe(RankCount, nameless="board"),
    describe(RankFold, nameless="fingerprint"),
]
