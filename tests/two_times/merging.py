"""Accounts that turn out to be one person's, and two again, in the log of a history.

A merge is as if there had been one account from the start, whatever time is asked about; undoing it, as if
there always had been two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from deltacrown.accounts.models import PlayerMerge, User
from deltacrown.user_profile.people.merging import merge_players, undo_merge
from tests.two_times.stage import NOW
from tests.two_times.story import Story
from tests.two_times.truth import Key, Row, read_rows

#: Numbers made of what is recorded. What a player would have held and been awarded as one person is another
#: question, and has tests of its own.
RECORDED = frozenset(
    {
        "total_matches_played",
        "matches_won",
        "overall_win_rate",
        "tournaments_participated",
        "tournaments_won",
        "average_placement",
        "disputes_filed",
        "matches_played",
        "win_rate",
    }
)
#: What happens between a merge and its undo.
MEANWHILE = (
    "record",
    "import_a_file",
    "correct_a_result",
    "correct_a_time",
    "void_a_line",
    "restore_a_match",
    "archive",
    "insert_rows",
    "several_that_are_rolled_back",
)


@dataclass
class Merged:
    """A merge, and what it changed of the log.

    :ivar renamed: row → the places of its states that named the merged account.
    :ivar moved: rows that were the merged account's at the merge → how many states they had then.
    :ivar aside: rows that were set aside, with all that was known of them.
    """

    row: PlayerMerge
    kept: User
    merged: User
    renamed: dict[Key, list[int]] = field(default_factory=dict)
    moved: dict[Key, int] = field(default_factory=dict)
    aside: dict[Key, list[tuple[datetime, Row | None]]] = field(default_factory=dict)


def merge(story: Story, kept: User, merged: User) -> Merged:
    """Merge two accounts, and tell the log of it."""
    before = read_rows()
    row = merge_players(kept=kept, merged=merged, by=None, reason="one", now=NOW, allow_meetings=True)
    pair = {kept.pk, merged.pk}
    done, states = Merged(row, kept, merged), story.log.states
    for key in before.keys() - read_rows().keys():
        done.aside[key] = told = states[key]
        # Whoever else's it was before a correction had it then.
        states[key] = [(at, None if each and each.user in pair else each) for at, each in told]
    for key, told in states.items():
        named = [place for place, (_, each) in enumerate(told) if each and each.user == merged.pk]
        if named:
            done.renamed[key] = named
            _rename(told, named, kept)
        if named and named[-1] == len(told) - 1:
            done.moved[key] = len(told)
    story.out.add(merged.pk)
    story.mark()
    return done


def undo(story: Story, done: Merged) -> None:
    """Undo a merge, and take back what the log was told of it."""
    undo_merge(merge=done.row, by=None, now=NOW)
    states = story.log.states
    for key, named in done.renamed.items():
        _rename(states[key], named, done.merged)
    for key, place in done.moved.items():
        told = states[key]
        since = [n for n in range(place, len(told)) if (row := told[n][1]) and row.user == done.kept.pk]
        _rename(told, since, done.merged)
    states.update(done.aside)
    story.out.discard(done.merged.pk)
    story.mark()


def _rename(told: list[tuple[datetime, Row | None]], places: list[int], owner: User) -> None:
    for place in places:
        at, row = told[place]
        assert row is not None
        told[place] = at, row._replace(user=owner.pk)


def run(story: Story, steps: int) -> Iterator[str]:
    """Let a history happen in which two merge and part again, and two others merge; yield where to look."""
    story.run(steps)
    ann, bob, cleo, dora = story.users
    merged = merge(story, ann, bob)
    for _ in range(12):
        story.take(story.draw.choice(MEANWHILE))
    yield "merged"
    undo(story, merged)
    story.run(10)
    yield "two again"
    merge(story, dora, cleo)
    story.run(6)
    yield "others merged"
