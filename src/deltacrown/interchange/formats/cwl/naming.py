"""The tournament, game and rounds of a file, from its name, its columns and the ids in it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from deltacrown.interchange.lines import FileRefused

FILE_NAME = re.compile(r"data-(?P<date>(?P<year>\d{4})-\d\d-\d\d)-(?P<event>[a-z0-9-]+)\.csv(\.gz)?\Z")
#: Events whose name is not just the word in the file name.
EVENTS = {
    "neworleans": "New Orleans",
    "fortworth": "Fort Worth",
    "relegation": "Pro League Relegation",
    "proleague1": "Pro League, Stage 1",
    "proleague2": "Pro League, Stage 2",
    "proleague-qual": "Pro League Qualifier",
    "proleague": "Pro League",
    "proleague-finals": "Pro League Finals",
}
#: A column that only one season's game has → that game.
TITLES = {
    "fave rig": ("call-of-duty-infinite-warfare", "Call of Duty: Infinite Warfare"),
    "fave division": ("call-of-duty-wwii", "Call of Duty: WWII"),
    "ekia": ("call-of-duty-black-ops-4", "Call of Duty: Black Ops 4"),
}
POOL = re.compile(r"pool-(?P<pool>[A-Z])(?P<tie>-tie)?-\d+\Z")
BRACKET = re.compile(r"(bracket-)?(?P<bracket>winners|losers)-(?P<round>\d+)-\d+\Z")
FINAL = re.compile(r"(bracket-)?grand-finals-\d+\Z")


@dataclass(frozen=True)
class CwlEvent:
    """A tournament, as the name of its file has it."""

    slug: str
    name: str


def event_of(path: Path) -> CwlEvent:
    """Parse the file's name: ``data-2017-08-13-champs.csv`` is ``cwl-2017-08-13-champs``, “CWL Champs 2017”.

    :raises FileRefused: when the name is not of that form.
    """
    found = FILE_NAME.match(path.name)
    if not found:
        raise FileRefused(
            f"{path}: a CWL file is named like data-2017-08-13-champs.csv, "
            "since its name says which tournament it is; rename it."
        )
    event = found["event"]
    title = EVENTS.get(event) or event.replace("-", " ").title()
    return CwlEvent(slug=f"cwl-{found['date']}-{event}", name=f"CWL {title} {found['year']}")


def title_of(columns: Collection[str]) -> tuple[str, str] | None:
    """Return slug and name of the game by the columns of a file; None when no column is of one game alone."""
    return next((title for column, title in TITLES.items() if column in columns), None)


def round_of(series: str) -> str:
    """Return the name of the round that a series id stands for; the id itself when it is of no known form.

    >>> round_of("champs-bracket-winners-2-3")
    'Winners bracket, round 2'
    """
    _, _, rest = series.partition("-")
    if found := POOL.match(rest):
        return f"Pool {found['pool']}" + (", tie-break" if found["tie"] else "")
    if found := BRACKET.match(rest):
        return f"{found['bracket'].title()} bracket, round {found['round']}"
    return "Grand final" if FINAL.match(rest) else series
