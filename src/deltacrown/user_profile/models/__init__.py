from deltacrown.user_profile.models.achievement import Achievement, ExperienceAward, UserAchievement
from deltacrown.user_profile.models.activity import UserActivity
from deltacrown.user_profile.models.profile import GameStats, PrivacySettings, PublicIdCounter, UserProfile
from deltacrown.user_profile.models.social import Follow, KycVerification

__all__ = [
    "Achievement",
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
