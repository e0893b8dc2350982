"""The shapes of verifications."""

from __future__ import annotations

from deltacrown.api.shapes import DateTime, PageOf, Shown, Word


class RepairedStat(Shown):
    """How many numbers of one kind a verification repaired."""

    stat: str
    label: str
    is_per_game: bool
    count: int


class Verification(Shown):
    """One verification of everybody's numbers."""

    state: Word
    started_at: DateTime
    finished_at: DateTime | None
    is_dry_run: bool
    numbers_checked: int
    numbers_drifted: int
    numbers_repaired: int
    repaired: list[RepairedStat]
    faults: list[str]


class Integrity(PageOf[Verification]):
    """How the latest verification stands, and a page of all of them, newest first."""

    state: Word
    latest: Verification | None
    finished: Verification | None
