"""Ids of teams at providers such as FACEIT: add and remove them, find teams by them. Staff and imports do."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.utils.translation import gettext_noop

from deltacrown.core.external_ids import IdTable, Refusals, find_rows, parse_address
from deltacrown.core.races import find_or_insert
from deltacrown.teams.models import Team, TeamExternalId
from deltacrown.teams.services.naming import ensure_teams
from django_tally.transactions import atomic_service

TABLE = IdTable(
    TeamExternalId,
    "team",
    Refusals(
        unknown=gettext_noop("The team has no id %(id)s."),
        taken=gettext_noop("%(id)s is another team's: check the id, or remove it there first."),
        too_many=gettext_noop("A team has at most %(most)s external ids: remove one first."),
    ),
)
#: How much of an id is part of a name made of it.
LONGEST_PART = 80


@atomic_service
def add_team_id(*, team: Team, external_id: str) -> TeamExternalId:
    """Add an id to a team; one that is there already changes nothing.

    :param external_id: as ``provider:id``.
    :raises InvalidExternalId: it is not written as an id of its provider.
    :raises ExternalIdTaken: it is another team's.
    :raises TooManyExternalIds: the team has 50.
    """
    row: TeamExternalId = TABLE.attach(team, parse_address(external_id), confirmed=True)
    return row


@atomic_service
def remove_team_id(*, team: Team, external_id: str) -> None:
    """Remove an id from a team: from now on it finds none.

    :raises InvalidExternalId: it is not written as an id of its provider.
    :raises ExternalIdNotFound: the team has no such id.
    """
    TABLE.detach(team, parse_address(external_id))


def list_team_ids(team: Team) -> list[TeamExternalId]:
    """Return the ids of a team, by provider."""
    return list(TeamExternalId.objects.filter(team=team).order_by("provider", "value"))


def find_teams_by_id(external_ids: Iterable[str]) -> dict[str, Team]:
    """Return id as given → the team it is of; others are left out. One query for every 500."""
    found = find_rows(TeamExternalId.objects.select_related("team"), external_ids)
    return {text: row.team for text, row in found.items()}


@atomic_service
def ensure_teams_by_id(*, external_ids: Collection[str]) -> dict[str, Team]:
    """Return a team for every external id; create those that no team has, with the id.

    A team that is created is called by its id, ``faceit 5ea07280``, until somebody renames it.

    :raises InvalidExternalId: an id is not written as one of its provider; no team is created.
    :raises TeamTaken: a name made of an id looks like that of another team; no team is created.
    """
    return find_or_insert(lambda: _ensure(external_ids))


def _ensure(external_ids: Collection[str]) -> dict[str, Team]:
    addresses = {text: parse_address(text, field="team") for text in external_ids}
    found = find_teams_by_id(addresses)
    missing = {address.identity: address for text, address in addresses.items() if text not in found}
    names = {
        identity: f"{each.provider} {each.value[:LONGEST_PART].replace('/', ' ')}"
        for identity, each in missing.items()
    }
    teams = ensure_teams(names=list(names.values()))
    made = {identity: teams[name] for identity, name in names.items()}
    TeamExternalId.objects.bulk_create(
        [
            TeamExternalId(team=made[identity], provider=each.provider, value=each.value, key=each.key)
            for identity, each in sorted(missing.items())
        ]
    )
    return found | {text: made[address.identity] for text, address in addresses.items() if text not in found}
