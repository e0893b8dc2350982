"""Create teams, rename them, and find them by slug or name.

Names are compared case-insensitively, and several spaces count as one. Letters outside ASCII are
folded as far as the database folds them; the exact spelling and the slug made from it always match.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from operator import attrgetter

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils.text import slugify

from deltacrown.core.errors import Conflict, InvalidInput
from deltacrown.core.inputs import check_text, is_storable
from deltacrown.core.races import find_or_insert
from deltacrown.teams.models import Team
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

NAME_LENGTH = 120
SLUG_LENGTH = 80
#: Room kept for "-2", "-3" … when a slug made from a name is taken.
SLUG_STEM_LENGTH = SLUG_LENGTH - 8
#: How often ``ensure_teams`` looks up and inserts names before it stops assuming a race.
ROUNDS = 10


class TeamTaken(Conflict):
    """The slug or the name belongs to another team."""


@atomic_service
def create_team(*, slug: str, name: str) -> Team:
    """Create a team, or return the existing team with this slug and name.

    :param slug: letters, digits, hyphens and underscores, at most 80 characters.
    :raises InvalidInput: the slug or the name is not valid.
    :raises TeamTaken: the slug or the name belongs to another team.
    """
    name = clean_name(name)
    _check_slug(slug)
    team = find_or_insert(lambda: _find_or_create(slug, name))
    if name_key(team.name) != name_key(name):
        raise TeamTaken(
            f"The slug {slug!r} belongs to the team {team.name!r}; choose another slug.", field="slug"
        )
    return team


@atomic_service
def rename_team(*, team: Team, name: str) -> Team:
    """Change a team's name. Its slug, and with it its URL, stays the same.

    :raises InvalidInput: the name is not valid.
    :raises TeamTaken: the name belongs to another team.
    """
    name = clean_name(name)
    find_or_insert(lambda: _rename(team, name))
    return team


@atomic_service
def ensure_teams(*, names: Sequence[str]) -> dict[str, Team]:
    """Return a team for every name; create the teams that do not exist yet.

    A new team's slug is its name in ASCII letters, digits and hyphens (``team`` when none are left),
    followed by ``-2``, ``-3`` and so on when a team of another name has that slug.

    :return: given name → team. A new team given in two spellings gets the first one.
    :raises InvalidInput: a name is not valid; no team is created.
    :raises TeamTaken: the database folds a name to that of another team; no team is created.
    """
    clean = {given: clean_name(given) for given in names}
    found = _find_by_key(clean.values())

    # Another transaction can take a slug or a name between our read and our write: then read again.
    for _ in range(ROUNDS):
        missing = {name_key(name): name for name in reversed(clean.values()) if name_key(name) not in found}
        if not missing:
            return {given: found[name_key(name)] for given, name in clean.items()}

        new = _build_teams(list(reversed(missing.values())))
        Team.objects.bulk_create(new, ignore_conflicts=True)
        found |= _find_by_key(missing.values())

    raise TeamTaken(
        f"The database treats {next(iter(missing.values()))!r} as the name of another team; use that name.",
        field="name",
    )


def find_teams(names_or_slugs: Iterable[str]) -> dict[str, Team]:
    """Return given text → team, found by slug or, when no slug matches, by name; others are left out."""
    given = [text for text in names_or_slugs if is_storable(text)]

    by_slug = {team.slug: team for batch in in_batches(given) for team in Team.objects.filter(slug__in=batch)}
    by_name = _find_by_key(text for text in given if text not in by_slug)

    found = {text: by_slug.get(text) or by_name.get(name_key(text)) for text in given}
    return {text: team for text, team in found.items() if team is not None}


def clean_name(name: str) -> str:
    """Return ``name`` trimmed, with every run of white space replaced by one space.

    :raises InvalidInput: it is empty, longer than 120 characters, or holds control characters.
    """
    check_text(name, field="name", limit=NAME_LENGTH * 2, required=True, multiline=True)
    name = " ".join(name.split())
    check_text(name, field="name", limit=NAME_LENGTH)
    return name


def name_key(name: str) -> str:
    """Return the key under which names are compared: trimmed, single-spaced, case-folded."""
    return " ".join(name.split()).casefold()


def _find_or_create(slug: str, name: str) -> Team:
    _refuse_namesake(name, slug)
    return Team.objects.get_or_create(slug=slug, defaults={"name": name})[0]


def _rename(team: Team, name: str) -> None:
    _refuse_namesake(name, team.slug)
    team.name = name
    team.save(update_fields=["name"])


def _refuse_namesake(name: str, slug: str) -> None:
    """Raise ``TeamTaken`` when a team with another slug has this name."""
    namesake = _find_by_key([name]).get(name_key(name))
    if namesake is not None and namesake.slug != slug:
        raise TeamTaken(
            f"The name {name!r} belongs to the team {namesake.slug!r}; choose another name.", field="name"
        )


def _check_slug(slug: str) -> None:
    check_text(slug, field="slug", limit=SLUG_LENGTH, required=True)
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise InvalidInput(
            f"{slug!r} is not a valid slug: use letters, digits, hyphens and underscores only.", field="slug"
        ) from error


def _find_by_key(names: Iterable[str]) -> dict[str, Team]:
    """Return name key → team; of several teams with one key, the oldest."""
    keys = {name_key(name): " ".join(name.split()) for name in names}
    found: dict[str, Team] = {}

    for batch in in_batches(list(keys.values())):
        # The database folds both sides, as in its unique index, so that this index can find the rows.
        by_name = Q(folded__in=[Lower(Value(name)) for name in batch])
        by_slug = Q(slug__in=[_stem(name) for name in batch])
        for team in Team.objects.alias(folded=Lower("name")).filter(by_name | by_slug).order_by("-id"):
            found[name_key(team.name)] = team

    return {key: team for key, team in found.items() if key in keys}


def _stem(name: str) -> str:
    return slugify(name)[:SLUG_STEM_LENGTH].strip("-_") or "team"


def _build_teams(names: Sequence[str]) -> list[Team]:
    """Build an unsaved team with a free slug for each name.

    Sorted by slug, so that two writers insert in the same order and cannot deadlock.
    """
    taken = _list_taken_slugs([_stem(name) for name in names])
    teams = []
    for name in names:
        slug = _find_free_slug(_stem(name), taken)
        taken.add(slug)
        teams.append(Team(slug=slug, name=name))
    return sorted(teams, key=attrgetter("slug"))


def _list_taken_slugs(stems: Sequence[str]) -> set[str]:
    """Return which of ``stems`` are in use as slugs, and the numbered slugs of those that need a number."""
    wanted = Counter(stems)

    taken: set[str] = set()
    for batch in in_batches(list(wanted)):
        taken.update(Team.objects.filter(slug__in=batch).values_list("slug", flat=True))

    repeated = {stem for stem, times in wanted.items() if times > 1}
    for stem in taken | repeated:
        taken.update(Team.objects.filter(slug__startswith=f"{stem}-").values_list("slug", flat=True))
    return taken


def _find_free_slug(stem: str, taken: Collection[str]) -> str:
    number, slug = 1, stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug
