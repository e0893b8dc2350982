"""After any sequence of writes, by services or not: cached = recount = rows = history, now and earlier."""

from __future__ import annotations

from itertools import count

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from deltacrown.accounts.models import User
from deltacrown.games.models import ArchivedMatch, Game, Match
from deltacrown.games.services import (
    LineRecord,
    MatchRecord,
    correct_match,
    record_match,
    restore_match,
    void_match,
)
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.user_profile.models import (
    Achievement,
    ExperienceAward,
    GameStats,
    UserAchievement,
    UserProfile,
)
from django_tally.as_of import get_as_of
from django_tally.context import attributed
from django_tally.feeds import get_derived, get_stats, list_holders
from django_tally.history import list_changes
from django_tally.rows import rows_of
from django_tally.stat_sql import StatOf
from django_tally.verification import find_drift
from tests.conftest import NOON
from tests.removal import remove
from tests.tally.times import database_now

LIVE_OR_ARCHIVED = (Match, ArchivedMatch)
some = st.integers(0, 1_000)
results = st.sampled_from(["WIN", "LOSS", "DRAW"])


class Season(RuleBasedStateMachine):
    """Three players, two games; ``seen`` keeps what every number was at earlier times."""

    def __init__(self):
        super().__init__()
        self.numbers, self.seen = count(), []
        self.block = transaction.atomic()
        self.block.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @initialize()
    def players_and_games(self):
        self.users = [User.objects.create(username=f"u{n}", date_joined=NOON) for n in range(3)]
        self.games = [Game.objects.create(slug=f"g{n}", name=f"G{n}") for n in range(2)]

    def pick(self, model, number):
        rows = model.objects.order_by("pk")
        return rows[number % rows.count()]

    def has_matches(self):
        return Match.objects.exists()

    @rule(one=some, other=some, game=some, result=results)
    def record_through_the_service(self, one, other, game, result):
        opposite = {"WIN": "LOSS", "LOSS": "WIN", "DRAW": "DRAW"}[result]
        pair = [(self.users[one % 3], result, "a"), (self.users[other % 3], opposite, "b")]
        lines = tuple(
            LineRecord(user=user, result=outcome, side=side)
            for user, outcome, side in {p[0].pk: p for p in pair}.values()
        )
        key = f"s{next(self.numbers)}"
        record_match(
            record=MatchRecord(game=self.games[game % 2], match_key=key, played_at=NOON, lines=lines),
            now=NOON,
        )

    @rule(owner=some, game=some, result=results)
    def insert_behind_its_back(self, owner, game, result):
        key = f"r{next(self.numbers)}"
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO games_match (user_id, game_id, match_key, result, played_at) "
                "VALUES (%s, %s, %s, %s, %s)",
                [self.users[owner % 3].pk, self.games[game % 2].pk, key, result, NOON],
            )

    @rule(owner=some, game=some, result=results)
    def insert_with_a_past(self, owner, game, result):
        key = f"p{next(self.numbers)}"
        user, title = self.users[owner % 3], self.games[game % 2]
        Match.objects.create(
            user=user, game=title, match_key=key, result=result, played_at=NOON, recorded_at=NOON
        )

    @precondition(has_matches)
    @rule(which=some)
    def void_through_the_service(self, which):
        match = self.pick(Match, which)
        void_match(game=match.game, match_key=match.match_key, reason="void", now=NOON)

    @precondition(has_matches)
    @rule(which=some)
    def restore_through_the_service(self, which):
        match = self.pick(Match, which)
        restore_match(game=match.game, match_key=match.match_key, reason="restore", now=NOON)

    @precondition(lambda self: Match.objects.filter(voided_at=None, match_key__startswith="r").exists())
    @rule(which=some, result=results)
    def correct_through_the_service(self, which, result):
        rows = Match.objects.filter(voided_at=None, match_key__startswith="r").order_by("pk")
        match = rows[which % rows.count()]
        correct_match(
            game=match.game,
            match_key=match.match_key,
            results={match.user.username: result},
            reason="correct",
            now=NOON,
        )

    @precondition(has_matches)
    @rule(which=some, result=results)
    def flip_behind_its_back(self, which, result):
        with attributed(actor="machine", reason="flip"):
            Match.objects.filter(pk=self.pick(Match, which).pk).update(result=result)

    @precondition(has_matches)
    @rule(which=some, owner=some)
    def move_to_another_player(self, which, owner):
        match, user = self.pick(Match, which), self.users[owner % 3]
        if not Match.objects.filter(game=match.game, match_key=match.match_key, user=user).exists():
            Match.objects.filter(pk=match.pk).update(user=user)

    @precondition(has_matches)
    @rule(which=some, game=some)
    def move_to_another_game(self, which, game):
        Match.objects.filter(pk=self.pick(Match, which).pk).update(game=self.games[game % 2])

    @precondition(has_matches)
    @rule(which=some)
    def delete(self, which):
        remove(self.pick(Match, which))

    @precondition(has_matches)
    @rule(which=some, backwards=st.booleans())
    def archive(self, which, backwards):
        match = self.pick(Match, which)
        values = Match.objects.filter(pk=match.pk).values().get()
        steps = [
            lambda: ArchivedMatch.objects.create(**values),
            lambda: Match.objects.filter(pk=match.pk)._raw_delete("default"),
        ]
        for step in reversed(steps) if backwards else steps:
            step()

    @precondition(lambda self: ArchivedMatch.objects.exists())
    @rule(which=some, result=results)
    def correct_in_the_archive(self, which, result):
        ArchivedMatch.objects.filter(pk=self.pick(ArchivedMatch, which).pk).update(result=result)

    @rule(owner=some, points=st.integers(1, 500))
    def award_points(self, owner, points):
        user, key = self.users[owner % 3], f"a{next(self.numbers)}"
        ExperienceAward.objects.create(user=user, points=points, reason="r", dedupe_key=key, awarded_at=NOON)

    @precondition(lambda self: ExperienceAward.objects.exists())
    @rule(which=some, points=st.integers(1, 500))
    def change_points(self, which, points):
        ExperienceAward.objects.filter(pk=self.pick(ExperienceAward, which).pk).update(points=points)

    @rule(owner=some, placement=st.integers(1, 12))
    def play_a_tournament(self, owner, placement):
        user, number = self.users[owner % 3], next(self.numbers)
        cup = Tournament.objects.create(
            slug=f"c{number}", name="C", game=self.games[0], status="COMPLETED", starts_at=NOON
        )
        badge = Achievement.objects.create(slug=f"b{number}", name="B", description="Well done.")
        TournamentParticipation.objects.create(tournament=cup, user=user, registered_at=NOON)
        result = TournamentResult.objects.create(
            tournament=cup, user=user, placement=placement, decided_at=NOON
        )
        UserAchievement.objects.create(user=user, achievement=badge, earned_at=NOON)
        Dispute.objects.create(reporter=user, result=result, reason="not so", filed_at=NOON)

    @precondition(lambda self: TournamentResult.objects.exists())
    @rule(which=some, placement=st.none() | st.integers(1, 12))
    def place_anew_or_disqualify(self, which, placement):
        out = {} if placement else {"disqualified_at": NOON, "disqualified_reason": "late"}
        kept = {"disqualified_at": None, "disqualified_reason": "", **out}
        TournamentResult.objects.filter(pk=self.pick(TournamentResult, which).pk).update(
            placement=placement, **kept
        )

    @precondition(lambda self: Tournament.objects.exists())
    @rule(
        which=some,
        owner=some,
        source=st.sampled_from([TournamentParticipation, TournamentResult, UserAchievement, Dispute]),
    )
    def give_a_row_to_another_player(self, which, owner, source):
        if source.objects.exists():
            user = {"reporter" if source is Dispute else "user": self.users[owner % 3]}
            source.objects.filter(pk=self.pick(source, which).pk).update(**user)

    @precondition(lambda self: Tournament.objects.exists())
    @rule(which=some, source=st.sampled_from([Tournament, TournamentParticipation, UserAchievement, Dispute]))
    def delete_with_all_that_hangs_on_it(self, which, source):
        if source.objects.exists():
            remove(self.pick(source, which))

    @rule(owner=some)
    def everything_in_a_savepoint_is_rolled_back(self, owner):
        with transaction.atomic():
            Match.objects.filter(user=self.users[owner % 3]).update(result="WIN")
            self.users[owner % 3].match_rows.filter(disputes=None).delete()
            transaction.set_rollback(True)

    @invariant()
    def nothing_has_drifted(self):
        assert [drift for holder in list_holders() for drift in find_drift(holder)] == []

    @invariant()
    def profiles_say_what_a_plain_recount_says(self):
        for user in getattr(self, "users", []):
            rows = [
                row for model in LIVE_OR_ARCHIVED for row in model.objects.filter(user=user, voided_at=None)
            ]
            profile = UserProfile.objects.get(user=user)
            assert profile.total_matches_played == len(rows)
            assert profile.matches_won == sum(row.result == "WIN" for row in rows)
            assert profile.experience_points == sum(award.points for award in user.experience_awards.all())

    @invariant()
    def rows_and_history_add_up_to_every_number(self):
        for number, shown in self.list_numbers():
            behind = [row for rows in rows_of(number.holder, number.stat.name, **number.keys) for row in rows]
            value = number.stat.contributions[0].value
            assert shown == sum(1 if value == 1 else getattr(row, value) for row in behind), number.stat.name
            assert shown == sum(change.delta for change in list_changes(number, limit=10_000)), (
                number.stat.name
            )

    @invariant()
    def the_past_is_as_it_was_seen(self):
        """Check every number, of the catalogue and per game, at the last time and at one long ago."""
        for time, seen in [self.seen[len(self.seen) // 3], self.seen[-1]] if self.seen else ():
            for (holder, name, keys), value in seen.items():
                assert get_as_of(holder, name, dict(keys), known_at=time) == value, (holder, name, time)
        self.seen.append((database_now(), self.read_everything()))

    def read_everything(self):
        """(Holder, number, keys) → what it is."""
        rows = [
            (row, {"user": row.user_id})
            for row in UserProfile.objects.filter(user__in=getattr(self, "users", []))
        ]
        rows += [(row, {"user": row.user_id, "game": row.game_id}) for row in GameStats.objects.all()]
        return {
            (type(row), field.name, tuple(keys.items())): getattr(row, field.name)
            for row, keys in rows
            for field in (*get_stats(type(row)), *get_derived(type(row)))
        }

    def list_numbers(self):
        for user in getattr(self, "users", []):
            profile = UserProfile.objects.get(user=user)
            for stat in get_stats(UserProfile):
                yield StatOf(UserProfile, stat, {"user": user.pk}), getattr(profile, stat.name)
            for held in GameStats.objects.filter(user=user):
                for stat in get_stats(GameStats):
                    yield (
                        StatOf(GameStats, stat, {"user": user.pk, "game": held.game_id}),
                        getattr(held, stat.name),
                    )


@pytest.mark.django_db
def test_no_sequence_of_writes_makes_a_number_wrong():
    run_state_machine_as_test(
        Season,
        settings=settings(
            max_examples=8, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
