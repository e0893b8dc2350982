from deltacrown.user_profile.models.achievement import Achievement, ExperienceAward, UserAchievement
from deltacrown.user_profile.models.activity import (
    ActivityRow,
    ArchivedUserActivity,
    BackfilledPlayer,
    UserActivity,
)
from deltacrown.user_profile.models.farewell import PendingAnonymisation
from deltacrown.user_profile.models.profile import GameStats, PrivacySettings, PublicIdCounter, UserProfile
from deltacrown.user_profile.models.ranks import RankChange, RankCount, RankedPlayer, RankFold
from deltacrown.user_profile.models.search import PlayerSearchTerm
from deltacrown.user_profile.models.social import Block, Follow, KycVerification
from deltacrown.user_profile.models.standing import Standing, StandingChange

__all__ = [
    "Achievement",
    "ActivityRow",
    "ArchivedUserActivity",
    "BackfilledPlayer",
    "Block",
    "ExperienceAward",
    "Follow",
    "GameStats",
    "KycVerification",
    "PendingAnonymisation",
    "PlayerSearchTerm",
    "PrivacySettings",
    "PublicIdCounter",
    "RankChange",
    "RankCount",
    "RankFold",
    "RankedPlayer",
    "Standing",
    "StandingChange",
    "UserAchievement",
    "UserActivity",
    "UserProfile",
]
