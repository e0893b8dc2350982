"""Create teams, rename them, and find them by slug or name.

Names are compared by their stored key (``core.names``), the same on every database. A former name or slug
finds its team as long as no other team has it, now or formerly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext

from deltacrown.core import names as core_names
from deltacrown.core.errors import Conflict, DomainError, InvalidInput
from deltacrown.core.external_ids import names_known_provider
from deltacrown.core.former_names import AmbiguousName, Found, resolve_former_names
from deltacrown.core.inputs import check_text, is_storable
from deltacrown.core.names import make_name_key
from deltacrown.core.namesakes import find_taken
from deltacrown.core.races import find_or_insert
from deltacrown.teams.models import FormerTeamName, Team
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
    check_slug(slug)
    team = find_or_insert(lambda: _find_or_create(slug, name))
    if make_name_key(team.name) != make_name_key(name):
        message = gettext("The slug %(slug)s belongs to the team %(team)s; choose another slug.")
        raise TeamTaken(message % {"slug": repr(slug), "team": repr(team.name)}, field="slug")
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
    :raises TeamTaken: a name looks like that of another team; no team is created.
    :raises AmbiguousName: no team has a name now, and several had it; no team is created.
    """
    clean = {given: clean_name(given) for given in names}
    resolved = _resolve(clean)
    found = resolved.rows
    if resolved.ambiguous:
        raise AmbiguousName(f"{next(iter(resolved.ambiguous.values()))}.", field="name")

    # Another transaction can take a slug or a name between our read and our write: then read again.
    for _ in range(ROUNDS):
        missing = {make_name_key(name): name for given, name in reversed(clean.items()) if given not in found}
        if not missing:
            return {given: found[given] for given in clean}

        wanted = list(reversed(missing.values()))
        taken = find_taken("team", wanted)
        if not taken:
            Team.objects.bulk_create(_build_teams(wanted), ignore_conflicts=True)
        found |= _resolve({given: name for given, name in clean.items() if given not in found}).rows
        if still := taken.keys() & {name for given, name in clean.items() if given not in found}:
            raise TeamTaken(f"{taken[min(still)]}.", field="name")

    message = gettext(
        "The name %(name)s is taken by a team without an up-to-date key; "
        "run backfill_profiles, then try again."
    )
    raise TeamTaken(message % {"name": repr(next(iter(missing.values())))}, field="name")


def find_teams(names_or_slugs: Iterable[str]) -> dict[str, Team]:
    """Return given text → team, found by slug or, when no slug matches, by name; others are left out.

    Where neither matches, by a former name or slug, unless several teams had it.
    """
    return resolve_teams(names_or_slugs).rows


def resolve_teams(names_or_slugs: Iterable[str]) -> Found:
    """Find teams as ``find_teams`` does, and say which texts are former names of several."""
    # Nothing longer is a name, and making the key of it takes time by the square of its length.
    texts = [text for text in dict.fromkeys(names_or_slugs) if text and len(text) <= NAME_LENGTH * 2]
    given = [text for text in texts if is_storable(text)]

    by_slug = {team.slug: team for batch in in_batches(given) for team in Team.objects.filter(slug__in=batch)}
    by_name = _resolve({text: text for text in given if text not in by_slug})
    return Found({**by_slug, **by_name.rows}, by_name.ambiguous)


def find_team_faults(names: Iterable[str]) -> dict[str, str]:
    """Return name → a sentence, for the names of new teams that ``ensure_teams`` would refuse."""
    faults: dict[str, str] = {}
    first: dict[str, str] = {}
    for name in names:
        try:
            cleaned = clean_name(name)
        except DomainError as error:
            faults[name] = error.message.rstrip(".")
        else:
            first.setdefault(make_name_key(name), cleaned)

    taken = {make_name_key(name): fault for name, fault in find_taken("team", list(first.values())).items()}
    keys = {name: make_name_key(name) for name in names if name not in faults}
    return faults | {name: taken[key] for name, key in keys.items() if key in taken}


def list_team_words(teams: Iterable[int]) -> dict[int, set[str]]:
    """Return team's id → the keys of everything it is or was called: names and slugs. One query for 500."""
    words: dict[int, set[str]] = {}
    for batch in in_batches(sorted(set(teams))):
        present = Team.objects.filter(pk__in=batch).order_by()
        former = FormerTeamName.objects.filter(owner__in=batch).order_by()
        slugs, names = present.values_list("pk", "slug"), present.values_list("pk", "name")
        for pk, word in slugs.union(names, former.values_list("owner_id", "name"), all=True):
            words.setdefault(pk, set()).add(make_name_key(word))
    return words


def list_words_of_renamed(teams: Collection[int]) -> dict[int, set[str]]:
    """Return as ``list_team_words``, for those of ``teams`` with a former name. One query if none has."""
    renamed: set[int] = set()
    for batch in in_batches(sorted(teams)):
        renamed.update(FormerTeamName.objects.filter(owner__in=batch).values_list("owner_id", flat=True))
    return list_team_words(renamed) if renamed else {}


def clean_name(name: str) -> str:
    """Return ``name`` as it is stored: in normal form, trimmed, every run of white space as one space.

    :raises InvalidInput: it is empty, longer than 120 characters, or holds what no name may hold.
    """
    check_text(name, field="name", limit=NAME_LENGTH * 4, required=True, multiline=True)
    if names_known_provider(name):
        message = gettext("%(name)s is written like an id of a provider: write it without the colon.")
        raise InvalidInput(message % {"name": f"{name!r:.60}"}, field="name")
    return core_names.clean_name(" ".join(name.split()), field="name", limit=NAME_LENGTH)


def _find_or_create(slug: str, name: str) -> Team:
    refuse_namesake(name, owner=_find_key(slug))
    return Team.objects.get_or_create(slug=slug, defaults={"name": name})[0]


def _rename(team: Team, name: str) -> None:
    refuse_namesake(name, owner=team.pk)
    team.name = name
    team.save(update_fields=["name"])


def refuse_namesake(name: str, *, owner: int | None) -> None:
    """Refuse a name that another team has, or one that looks like it.

    :param owner: the key of the team that is to have it; None for a new one.
    :raises TeamTaken: another team has it.
    """
    namesake = Team.objects.filter(name_key=make_name_key(name)).exclude(pk=owner).first()
    if namesake is not None:
        message = gettext("The name %(name)s belongs to the team %(team)s; choose another name.")
        raise TeamTaken(message % {"name": repr(name), "team": repr(namesake.slug)}, field="name")
    if taken := find_taken("team", [name], owners={name: owner}):
        raise TeamTaken(f"{taken[name]}.", field="name")


def find_slug_for(name: str) -> str:
    """Return a slug made of a name that no team has: ``red``, ``red-2``; ``team`` where no letter is left."""
    stem = _stem(name)
    return _find_free_slug(stem, _list_taken_slugs([stem]))


def _find_key(slug: str) -> int | None:
    return Team.objects.filter(slug=slug).values_list("pk", flat=True).first()


def check_slug(slug: str) -> None:
    """Refuse what is no slug of a team.

    :raises InvalidInput: it is empty, too long, or has other signs than letters, digits, ``-`` and ``_``.
    """
    check_text(slug, field="slug", limit=SLUG_LENGTH, required=True)
    try:
        validate_slug(slug)
    except ValidationError as error:
        message = gettext("%(slug)s is not a valid slug: use letters, digits, hyphens and underscores only.")
        raise InvalidInput(message % {"slug": repr(slug)}, field="slug") from error


def _resolve(names: Mapping[str, str]) -> Found:
    """Return text as given → the team of that name, now or formerly. One query for 500, or two."""
    keys = {given: make_name_key(name) for given, name in names.items()}
    teams: dict[str, Team] = {}
    for batch in in_batches(sorted({*names.values(), *keys.values()})):
        # Also by the exact name: raw SQL writes no key.
        for team in Team.objects.filter(Q(name_key__in=batch) | Q(name_key=None, name__in=batch)):
            teams[make_name_key(team.name)] = team

    present = {given: teams[key] for given, key in keys.items() if key in teams}
    unknown = {given: key for given, key in keys.items() if given not in present}
    former = resolve_former_names(FormerTeamName, unknown, describe=_describe)
    return Found({**present, **former.rows}, former.ambiguous)


def _describe(team: Team) -> str:
    return f"{team.name} ({team.slug})"


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
