"""What happens to match rows behind the services' backs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from deltacrown.games.models import ArchivedMatch, Match
from tests.two_times.stage import NOW, RESULTS, Stage, step


class RowSteps(Stage):
    """Rows, behind the services' backs."""

    @step
    def insert_rows(self) -> None:
        """In one statement, of this millennium's end and of a time to come."""
        values = [
            (
                self.user().pk,
                self.game().pk,
                f"r{next(self.numbers)}",
                self.draw.choice(RESULTS),
                self.time(2030),
            )
            for _ in range(3)
        ]
        adapt = connection.ops.adapt_datetimefield_value
        params = [each for *told, at in values for each in (*told, adapt(at))]
        places = ", ".join(["(%s, %s, %s, %s, %s)"] * len(values))
        columns = "user_id, game_id, match_key, result, played_at"
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO games_match ({columns}) VALUES {places}", params)

    @step
    def update_one_behind_their_backs(self) -> bool | None:
        return self.update(self.match())

    @step
    def update_in_the_archive(self) -> bool | None:
        return self.update(self.pick(ArchivedMatch))

    def update(self, line: Any) -> bool | None:
        if line is None:
            return False
        told = self.draw.choice(
            [
                {"result": self.draw.choice(RESULTS)},
                {"played_at": self.time(2030)},
                {"played_at": self.time(2030), "result": self.draw.choice(RESULTS)},
                {"game": self.draw.choice(self.games)},
                {"user": self.user()},
                {"uncounted_reason": self.draw.choice(["", "a friendly"])},
                {"voided_at": NOW, "void_reason": "x"},
            ]
        )
        # Where it went there may be such a line.
        same = {"game": line.game, "match_key": line.match_key, "user": line.user, **told}
        twin = {name: same[name] for name in ("game", "match_key", "user")}
        if {"game", "user"} & told.keys() and any(
            t.objects.filter(**twin).exists() for t in (Match, ArchivedMatch)
        ):
            return False
        type(line).objects.filter(pk=line.pk).update(**told)
        return None

    @step
    def update_many_behind_their_backs(self) -> None:
        """One statement moves all matches of a player by a year."""
        late = Match.objects.filter(user=self.user(), played_at__gt=NOW - timedelta(days=900))
        late.update(result=self.draw.choice(RESULTS), played_at=self.time(2030))

    @step
    def delete_one(self) -> bool | None:
        line = self.pick(Match, disputes=None, tournament_result=None)
        return bool(line) and bool(Match.objects.filter(pk=line.pk)._raw_delete("default"))

    @step
    def copy_and_delete(self) -> bool | None:
        """The archive by hand, in one transaction, in either order."""
        line = self.pick(Match)
        if line is None or ArchivedMatch.objects.filter(pk=line.pk).exists():
            return False
        values = Match.objects.filter(pk=line.pk).values().get()
        acts: list[Callable[[], object]] = [
            lambda: ArchivedMatch.objects.create(**values),
            lambda: Match.objects.filter(pk=line.pk)._raw_delete("default"),
        ]
        with transaction.atomic():
            for act in acts if self.draw.random() < 0.5 else acts[::-1]:
                act()
        return None

    @step
    def delete_and_put_back(self) -> bool | None:
        """A row is gone for a while."""
        line = self.pick(Match, disputes=None, tournament_result=None)
        if line is None:
            return False
        values = Match.objects.filter(pk=line.pk).values().get()
        Match.objects.filter(pk=line.pk)._raw_delete("default")
        self.mark()
        Match.objects.create(**values)
        return None
