"""What happens to matches by services."""

from __future__ import annotations

import csv
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.games.services import (
    archive_matches,
    correct_match,
    record_matches,
    restore_match,
    void_match,
)
from tests import scene
from tests.interchange.files import run_import
from tests.two_times.stage import NOW, RESULTS, Stage, step

OPPOSITE = {"WIN": "LOSS", "LOSS": "WIN", "DRAW": "DRAW"}


class MatchSteps(Stage):
    """Matches, by services."""

    @step
    def record(self) -> None:
        """Several matches of any time, in no order; of some only the day is known."""
        records = []
        for _ in range(self.draw.randint(1, 5)):
            (one, other), result = self.two(), self.draw.choice(RESULTS)
            is_time_known = self.draw.random() < 0.7
            at = self.time() if is_time_known else self.day()
            lines = [scene.line(one, result), scene.line(other, OPPOSITE[result])]
            fields = {"played_at": at, "is_time_known": is_time_known}
            records.append(scene.record(self.game(), f"m{next(self.numbers)}", *lines, **fields))
        outcomes = record_matches(records=records, now=NOW)
        assert {*scene.statuses(outcomes)} == {"created"}

    def game(self) -> Any:
        return self.draw.choice(self.games)

    @step
    def record_what_counts_nowhere(self) -> None:
        (one, other), key = self.two(), f"m{next(self.numbers)}"
        how = self.draw.choice(
            [{"ended_by": "BYE"}, {"uncounted_reason": "a friendly"}, {"void_reason": "cheat"}]
        )
        lines = [scene.line(one, "WIN", **how), scene.line(other, "LOSS")]
        [outcome] = record_matches(
            records=[scene.record(self.game(), key, *lines, played_at=self.time())], now=NOW
        )
        assert outcome.refusal is None

    @step
    def import_a_file(self) -> None:
        """The lines of matches of any time, mixed."""
        lines = []
        for _ in range(self.draw.randint(2, 6)):
            (one, other), key, game = self.two(), f"f{next(self.numbers)}", self.game().slug
            at = self.time().isoformat() if self.draw.random() < 0.7 else f"{self.day():%Y-%m-%d}".zfill(10)
            lines += [[key, game, one.username, "win", at], [key, game, other.username, "loss", at]]
        self.draw.shuffle(lines)
        file = self.folder / f"matches{next(self.numbers)}.csv"
        with file.open("w", newline="") as stream:
            csv.writer(stream).writerows([["match_key", "game", "player", "result", "played_at"], *lines])
        outcome = run_import("import_matches", file)
        assert (outcome.exit_code, outcome.rejected) == (0, []), outcome

    @step
    def correct_a_result(self) -> bool | None:
        line = self.match(voided_at=None)
        return bool(line) and self.correct(line, results={line.user.username: self.draw.choice(RESULTS)})

    @step
    def correct_a_time(self) -> bool | None:
        line = self.match(voided_at=None)
        return bool(line) and self.correct(line, played_at=self.time(), is_time_known=True)

    @step
    def correct_to_a_day(self) -> bool | None:
        line = self.match(voided_at=None)
        return bool(line) and self.correct(line, is_time_known=False)

    @step
    def move_a_line(self) -> bool | None:
        line = self.match(voided_at=None)
        other = line and self.stranger(line)
        return bool(other) and self.correct(line, moved={line.user.username: other})

    @step
    def add_a_line(self) -> bool | None:
        line = self.match(voided_at=None)
        other = line and self.stranger(line)
        return bool(other) and self.correct(line, added=[scene.line(other, self.draw.choice(RESULTS))])

    @step
    def remove_a_line(self) -> bool | None:
        line = self.match(voided_at=None)
        return bool(line) and self.correct(line, removed=[line.user.username])

    def stranger(self, line: Any) -> User | None:
        """Return somebody who is not in the match of a line."""
        same = {"game": line.game, "match_key": line.match_key}
        known = {
            pk
            for table in (Match, ArchivedMatch)
            for pk in table.objects.filter(**same).values_list("user", flat=True)
        }
        found = [user for user in self.users if user.pk not in known | self.out]
        return self.draw.choice(found) if found else None

    def correct(self, line: Any, **correction: Any) -> None:
        correct_match(game=line.game, match_key=line.match_key, **self.say(), **correction)

    @step
    def void_a_match(self) -> bool | None:
        line = self.match(voided_at=None)
        return bool(line) and bool(void_match(game=line.game, match_key=line.match_key, **self.say()))

    @step
    def void_a_line(self) -> bool | None:
        line = self.match(voided_at=None)
        about = {"game": line.game, "match_key": line.match_key, "user": line.user} if line else {}
        return bool(line) and bool(void_match(**about, **self.say()))

    @step
    def restore_a_match(self) -> bool | None:
        line = self.match(voided_at__isnull=False)
        return bool(line) and bool(restore_match(game=line.game, match_key=line.match_key, **self.say()))

    @step
    def archive(self) -> bool:
        return archive_matches(before=self.time(), now=NOW).rows > 0
