from deltacrown.user_profile.models.achievement import Achievement, ExperienceAward, UserAchievement
from deltacrown.user_profile.models.activity import (
    ActivityRow,
    ArchivedUserActivity,
    BackfilledPlayer,
    UserActivity,
)
from deltacrown.user_profile.models.profile import GameStats, PrivacySettings, PublicIdCounter, UserProfile
from deltacrown.user_profile.models.social import Follow, KycVerification

__all__ = [
    "Achievement",
    "ActivityRow",
    "ArchivedUserActivity",
    "BackfilledPlayer",
    "ExperienceAward",
    "Follow",
    "GameStats",
    "KycVerification",
    "PrivacySettings",
    "PublicIdCounter",
    "UserAchievement",
    "UserActivity",
    "UserProfile",
]
