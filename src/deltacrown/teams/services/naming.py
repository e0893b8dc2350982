"""Teams by slug and by name.

Names are compared without regard to case and runs of spaces. Letters outside ASCII are folded as far
as the database folds them; the exact spelling and the slug made from it always match.
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
#: How often names are looked up and made before it is no race any more.
ROUNDS = 10


class TeamTaken(Conflict):
    """The slug or the name belongs to another team."""


@atomic_service
def create_team(*, slug: str, name: str) -> Team:
    """Make a team, or return it when a team of this slug and name exists already.

    :param slug: lower-case letters, digits, hyphens and underscores, at most 80.
    :raises InvalidInput: the slug or the name cannot be one.
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
    """Give a team another name; its slug, and so its address, stays.

    :raises InvalidInput: the name cannot be one.
    :raises TeamTaken: the name belongs to another team.
    """
    name = clean_name(name)
    find_or_insert(lambda: _rename(team, name))
    return team


@atomic_service
def ensure_teams(*, names: Sequence[str]) -> dict[str, Team]:
    """Find the teams of these names and make those that do not exist.

    A new team's slug is its name in ASCII letters, digits and hyphens (``team`` when none are left),
    followed by ``-2``, ``-3`` … when a team of another name has it.

    :return: the team of every name, under the name as it was given. Of two spellings of one new name the first is kept.
    :raises InvalidInput: one of the names cannot be one; no team is made.
    :raises TeamTaken: the database folds a name into another team's; no team is made.
    """
    clean = {given: clean_name(given) for given in names}
    found = _teams_by_key(clean.values())
    # A slug or a name can be lost to another transaction between reading and writing: read again, and go on.
    for _ in range(ROUNDS):
        missing = {name_key(name): name for name in reversed(clean.values()) if name_key(name) not in found}
        if not missing:
            return {given: found[name_key(name)] for given, name in clean.items()}
        Team.objects.bulk_create(_new_teams(list(reversed(missing.values()))), ignore_conflicts=True)
        found |= _teams_by_key(missing.values())
    raise TeamTaken(
        f"The database takes {next(iter(missing.values()))!r} for another team's name; use that name.",
        field="name",
    )


def find_teams(names_or_slugs: Iterable[str]) -> dict[str, Team]:
    """Find teams by slug or, where no slug matches, by name.

    :return: the team of every text that means one, under the text as it was given; the others are left out.
    """
    given = [text for text in names_or_slugs if is_storable(text)]
    by_slug = {team.slug: team for batch in in_batches(given) for team in Team.objects.filter(slug__in=batch)}
    by_name = _teams_by_key(text for text in given if text not in by_slug)
    found = {text: by_slug.get(text) or by_name.get(name_key(text)) for text in given}
    return {text: team for text, team in found.items() if team is not None}


def clean_name(name: str) -> str:
    """Return ``name`` with single spaces and none at the ends, or refuse it."""
    check_text(name, field="name", limit=NAME_LENGTH * 2, required=True, multiline=True)
    name = " ".join(name.split())
    check_text(name, field="name", limit=NAME_LENGTH)
    return name


def name_key(name: str) -> str:
    """Return what two spellings of one name have in common."""
    return " ".join(name.split()).casefold()


def _find_or_create(slug: str, name: str) -> Team:
    _refuse_namesake(name, slug)
    return Team.objects.get_or_create(slug=slug, defaults={"name": name})[0]


def _rename(team: Team, name: str) -> None:
    _refuse_namesake(name, team.slug)
    team.name = name
    team.save(update_fields=["name"])


def _refuse_namesake(name: str, slug: str) -> None:
    """Refuse a name that belongs to a team of another slug."""
    namesake = _teams_by_key([name]).get(name_key(name))
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
            f"{slug!r} is no slug: letters, digits, hyphens and underscores only.", field="slug"
        ) from error


def _teams_by_key(names: Iterable[str]) -> dict[str, Team]:
    """Return the teams of these names under their keys; of several namesakes the oldest."""
    keys = {name_key(name): " ".join(name.split()) for name in names}
    found: dict[str, Team] = {}
    for batch in in_batches(list(keys.values())):
        # Folded by the database on both sides, as in its unique key, so that the index of that key finds the rows.
        spelled = Q(folded__in=[Lower(Value(name)) for name in batch]) | Q(
            slug__in=[_stem(name) for name in batch]
        )
        for team in Team.objects.alias(folded=Lower("name")).filter(spelled).order_by("-id"):
            found[name_key(team.name)] = team
    return {key: team for key, team in found.items() if key in keys}


def _stem(name: str) -> str:
    return slugify(name)[:SLUG_STEM_LENGTH].strip("-_") or "team"


def _new_teams(names: Sequence[str]) -> list[Team]:
    """Build, unsaved, a team for each name, with a slug no other team has; by slug, one order for all writers."""
    taken = _taken_slugs([_stem(name) for name in names])
    teams = []
    for name in names:
        slug = _free_slug(_stem(name), taken)
        taken.add(slug)
        teams.append(Team(slug=slug, name=name))
    return sorted(teams, key=attrgetter("slug"))


def _taken_slugs(stems: Sequence[str]) -> set[str]:
    """Return the slugs in use that are one of ``stems`` or, where a number will be needed, a numbered one of them."""
    wanted = Counter(stems)
    taken = {
        slug
        for batch in in_batches(list(wanted))
        for slug in Team.objects.filter(slug__in=batch).values_list("slug", flat=True)
    }
    for stem in taken | {stem for stem, times in wanted.items() if times > 1}:
        taken.update(Team.objects.filter(slug__startswith=f"{stem}-").values_list("slug", flat=True))
    return taken


def _free_slug(stem: str, taken: Collection[str]) -> str:
    number, slug = 1, stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug
