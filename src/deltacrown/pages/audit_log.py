"""The audit log as staff read it: who read, decided or changed what, of whom and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.apps import apps
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.audit import record_deed
from deltacrown.core.deeds import DEEDS, Deed
from deltacrown.core.errors import InvalidInput
from deltacrown.core.models import AuditEntry
from deltacrown.core.pagination import Order, Page, paginate
from deltacrown.games.models import Game, MatchRow, Season, list_match_sources
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services import write_handle
from deltacrown.pages.bench import find_person, may_open_players, name_people, require_right
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile import privacy
from deltacrown.user_profile.histories.filters import read_datetime
from deltacrown.user_profile.models import Standing, UserProfile

LATEST_FIRST: Order = ("-at", "-id")
ENTRIES_SHOWN = 50


@dataclass(frozen=True)
class About:
    """What an entry is about, as far as the viewer may know; ``label`` where nothing can be opened."""

    label: str = ""
    match: MatchRow | None = None
    tournament: Tournament | None = None
    season: Season | None = None
    dispute: str = ""
    person: UserProfile | None = None


@dataclass(frozen=True)
class LoggedDeed:
    """An entry of the log in words.

    :param actor: who did it; None for a command or a job, and for somebody who is gone.
    :param subject: the player it is about, if the viewer may know.
    :param is_hidden: whether it is about a player whom the viewer may not see.
    :param reason: why; empty where it may tell of a match that the viewer may not see.
    """

    entry: AuditEntry
    what: str
    reason: str
    actor: UserProfile | None
    subject: UserProfile | None
    is_hidden: bool
    about: About


@dataclass(frozen=True)
class AuditPage:
    """A page of the log.

    :param opens_players: whether the viewer may open the moderators' pages of players.
    """

    found: Page[LoggedDeed]
    opens_players: bool


def get_audit_page(
    filters: Mapping[str, str],
    page: str | None = None,
    *,
    viewer: privacy.Viewer,
    limit: int = ENTRIES_SHOWN,
) -> AuditPage:
    """Return a page of the log, the latest first.

    :param filters: ``kind``, ``deed``, ``by``, ``player``, ``since``, ``until``; none for everything.
    :raises MayNotModerate: the viewer may not read the log.
    :raises InvalidInput: a filter or the cursor cannot be taken.
    """
    reader = require_right(viewer, Right.VIEW_AUDIT)
    record_deed(deed=Deed.READ_AUDIT, by=reader)
    rows = _filter(AuditEntry.objects.all(), filters)
    told = "/".join(f"{name}={filters[name]}" for name in sorted(filters))
    found = paginate(rows, listing=f"audit/{told}", order=LATEST_FIRST, cursor=page, limit=limit)
    return AuditPage(found.with_items(lambda rows: describe_entries(rows, reader)), may_open_players(reader))


def list_latest_of(user: User, *, viewer: User, limit: int) -> list[LoggedDeed]:
    """Return the latest rulings and changes about a player, for who may read the log."""
    if not has_right(viewer, Right.VIEW_AUDIT):
        return []
    rows = AuditEntry.objects.filter(subject=user).exclude(kind=AuditEntry.Kind.READ)
    return describe_entries(rows.order_by(*LATEST_FIRST)[:limit], viewer)


def describe_entries(entries: Sequence[AuditEntry] | QuerySet[AuditEntry], viewer: User) -> list[LoggedDeed]:
    """Say in words what entries tell, and lead to what the viewer may see: a query for each kind of thing."""
    rows = list(entries)
    abouts = {row.about: row.about.partition(":")[::2] for row in rows if row.about}
    keys: dict[str, set[str]] = {}
    for kind, key in abouts.values():
        keys.setdefault(kind, set()).add(key)
    wanted = {int(key) for key in keys.get("user", ()) if key.isdigit()}
    people = name_people(
        [*(row.actor_id for row in rows), *(row.subject_id for row in rows), *wanted], viewer=viewer
    )
    found = {kind: _FINDERS[kind](named, viewer) for kind, named in keys.items() if kind in _FINDERS}
    found["user"] = {str(key): About(person=profile) for key, profile in people.items()}
    return [_describe(row, people, found) for row in rows]


def _describe(
    row: AuditEntry, people: Mapping[int, UserProfile], found: Mapping[str, Mapping[str, About]]
) -> LoggedDeed:
    kind, _colon, key = row.about.partition(":")
    subject = people.get(row.subject_id) if row.subject_id else None
    deed = Deed._value2member_map_.get(row.deed)
    about = found.get(kind, {}).get(key)
    return LoggedDeed(
        entry=row,
        reason=row.reason if about or kind != "match" else "",
        what=str(DEEDS[Deed(row.deed)].words) if deed else row.deed,
        actor=people.get(row.actor_id) if row.actor_id else None,
        subject=subject,
        is_hidden=row.subject_id is not None and subject is None,
        about=about or About(label=_name_kind(kind)),
    )


def _name_kind(kind: str) -> str:
    """Return what a thing is called that is gone, or that the viewer may not see."""
    return {
        "match": _("a match"),
        "tournament": _("a tournament"),
        "season": _("a season that was deleted"),
        "dispute": _("a dispute"),
        "key": _("an API key"),
        "user": _("an account"),
    }.get(kind, "")


def _filter(rows: QuerySet[AuditEntry], filters: Mapping[str, str]) -> QuerySet[AuditEntry]:
    if kind := filters.get("kind"):
        _check_choice(kind, AuditEntry.Kind.values, field="kind")
        rows = rows.filter(kind=kind)
    if deed := filters.get("deed"):
        _check_choice(deed, [str(each) for each in Deed], field="deed")
        rows = rows.filter(deed=deed)
    if by := filters.get("by"):
        rows = rows.filter(actor=find_person(by, field="by"))
    if player := filters.get("player"):
        rows = rows.filter(subject=find_person(player, field="player"))
    if since := read_datetime(filters.get("since"), "since"):
        rows = rows.filter(at__gte=since)
    if until := read_datetime(filters.get("until"), "until", ends=True):
        rows = rows.filter(at__lt=until)
    return rows


def _check_choice(value: str, choices: Sequence[str], *, field: str) -> None:
    if value not in choices:
        message = _("%(value)s is none of these: %(choices)s.")
        told = {"value": repr(value[:40]), "choices": ", ".join(choices)}
        raise InvalidInput(message % told, field=field)


def _find_matches(keys: set[str], viewer: User) -> dict[str, About]:
    """Find the matches of which the viewer may see the line that is named.

    Who may change matches opens any by its key on the bench, one at a time, which is logged; that is no right
    to be told here which matches somebody hides.
    """
    asked = [int(key) for key in keys if key.isdigit()]
    found: dict[str, About] = {}
    for source in list_match_sources(pk__in=asked):
        rows = privacy.filter_match_by_visibility(source, viewer)
        found |= {str(row.pk): About(match=row) for row in rows.select_related("game")}
    return found


def _find_tournaments(slugs: set[str], viewer: User) -> dict[str, About]:
    rows = privacy.filter_tournaments_by_visibility(Tournament.objects.filter(slug__in=slugs), viewer)
    return {row.slug: About(tournament=row) for row in rows.only("slug", "name")}


def _find_seasons(slugs: set[str], _viewer: User) -> dict[str, About]:
    return {row.slug: About(season=row) for row in Season.objects.filter(slug__in=slugs)}


def _find_games(slugs: set[str], _viewer: User) -> dict[str, About]:
    return {row.slug: About(label=row.name) for row in Game.objects.filter(slug__in=slugs)}


def _find_disputes(keys: set[str], viewer: User) -> dict[str, About]:
    if not has_right(viewer, Right.VIEW_DISPUTES):
        return {}
    rows = Dispute.objects.filter(pk__in=[int(key) for key in keys if key.isdigit()]).only("pk")
    return {str(row.pk): About(dispute=write_handle(row)) for row in rows}


def _name_standings(values: set[str], _viewer: User) -> dict[str, About]:
    return {str(each): About(label=str(each.label)) for each in Standing if each.value in values}


def _name_hidden(whats: set[str], _viewer: User) -> dict[str, About]:
    words = {
        privacy.MATCHES: _("match history"),
        privacy.TOURNAMENTS: _("tournament history"),
        privacy.DISPUTES: _("disputes"),
        privacy.EXPERIENCE: _("experience awards"),
        privacy.FOLLOWS: _("follows"),
        privacy.VERIFICATION: _("verification"),
    }
    return {what: About(label=words.get(what, "")) for what in whats}


def _name_tables(tables: set[str], _viewer: User) -> dict[str, About]:
    """Name what was looked at in the admin, without keys."""
    named = {}
    for table in tables:
        label, _colon, row = table.partition(":")
        model = apps.get_model(label)
        name = model._meta.verbose_name if row else model._meta.verbose_name_plural
        named[table] = About(label=str(name))
    return named


_FINDERS = {
    "match": _find_matches,
    "tournament": _find_tournaments,
    "season": _find_seasons,
    "game": _find_games,
    "dispute": _find_disputes,
    "standing": _name_standings,
    "hidden": _name_hidden,
    "admin": _name_tables,
}
