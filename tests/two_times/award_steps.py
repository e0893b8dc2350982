"""What happens to disputes, achievements and experience."""

from __future__ import annotations

from deltacrown.games.models import Match
from deltacrown.moderation.services import file_dispute
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult
from deltacrown.user_profile.achievements.awards import award_achievement, revoke_achievement
from deltacrown.user_profile.models import ExperienceAward, UserAchievement
from tests.two_times.stage import Stage, step


class AwardSteps(Stage):
    """What else numbers count, and times that are changed behind the services' backs."""

    @step
    def dispute(self) -> bool | None:
        line = self.pick(Match, voided_at=None, disputes=None)
        return bool(line) and bool(
            file_dispute(reporter=line.user, match=line, reason="hm", now=line.played_at)
        )

    @step
    def award(self) -> None:
        award_achievement(user=self.user(), achievement=self.badge, fact="the final", earned_at=self.time())

    @step
    def revoke(self) -> bool:
        row = self.pick(UserAchievement, achievement=self.badge)
        return bool(row) and revoke_achievement(user=row.user, achievement=self.badge, reason="no")

    @step
    def award_experience_behind_their_backs(self) -> None:
        told = {"points": self.draw.randint(1, 400), "reason": "x", "awarded_at": self.time()}
        ExperienceAward.objects.create(user=self.user(), dedupe_key=f"e{next(self.numbers)}", **told)

    @step
    def redate_behind_their_backs(self) -> bool | None:
        """What happened at one time happened at another, where nothing else is told of it."""
        table, column = self.draw.choice(
            [
                (TournamentParticipation, "registered_at"),
                (TournamentResult, "decided_at"),
                (UserAchievement, "earned_at"),
                (ExperienceAward, "awarded_at"),
            ]
        )
        row = self.pick(table)
        return bool(row) and bool(table.objects.filter(pk=row.pk).update(**{column: self.time()}))

    @step
    def change_points_behind_their_backs(self) -> bool:
        row = self.pick(ExperienceAward)
        rows = ExperienceAward.objects.filter(pk=row and row.pk)
        return bool(rows.update(points=self.draw.randint(1, 400)))
