"""What must be so after every step, each compared with the truth."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection, models
from django.test import Client

from deltacrown.accounts.models import User
from deltacrown.accounts.services import find_players
from deltacrown.pages.oneself import get_home_feed
from deltacrown.pages.search import search_players
from deltacrown.user_profile.models import GameStats, UserActivity, UserProfile
from deltacrown.user_profile.people.follows import list_followers, list_following
from django_tally.as_of import get_as_of
from django_tally.feeds import get_stats, list_holders
from django_tally.history import list_changes
from django_tally.rows import rows_of
from django_tally.stat_sql import StatOf
from django_tally.verification import find_drift
from tests.people.ground import GAMES, Ground
from tests.people.truth import ACTIVE, ANONYMISED, SUSPENDED, rate

#: The numbers of these are made of nothing here.
UNUSED = {"series_won", "series_played", "disputes_filed"}
#: Counted from what is recorded, so that their past is the past of the facts.
RECORDED = (
    "total_matches_played",
    "matches_won",
    "overall_win_rate",
    "tournaments_participated",
    "tournaments_won",
    "average_placement",
)
#: The name of a number in one game.
TWINS = {
    "matches_played": "total_matches_played",
    "matches_won": "matches_won",
    "win_rate": "overall_win_rate",
}


def check_standings(ground: Ground) -> None:
    """Profiles and accounts have the standings that they should have."""
    told = dict(UserProfile.objects.values_list("user", "standing"))
    active = dict(User.objects.values_list("pk", "is_active"))
    for user, account in zip(ground.users, ground.truth.accounts, strict=True):
        assert told[user.pk] == account.standing, account
        assert active[user.pk] == (account.standing in {ACTIVE, SUSPENDED}), account


def check_numbers(ground: Ground) -> None:
    """Every number is what the truth says, over all and in each game; nothing has drifted."""
    assert [drift for holder in list_holders() for drift in find_drift(holder)] == []
    for owner in ground.truth.list_owners():
        expected = {**ground.truth.count(owner), **ground.truth.reward(owner)}
        profile = UserProfile.objects.select_related("user").get(user=ground.users[owner])
        assert {name: getattr(profile, name) for name in expected} == expected, profile.user.username
        for game in GAMES:
            in_game = rate(ground.truth.list_results(owner, game=game))
            held = GameStats.objects.filter(user=profile.user, game__slug=game).first() or GameStats()
            told = {TWINS[name]: getattr(held, name) or 0 for name in TWINS}
            assert told == in_game, (profile.user.username, game)


def check_evidence(ground: Ground) -> None:
    """Every number is the sum of its rows, and of the changes in its history."""
    for user in ground.users:
        profile = UserProfile.objects.get(user=user)
        for stat in get_stats(UserProfile):
            if stat.name in UNUSED:
                continue
            shown, value = getattr(profile, stat.name), stat.contributions[0].value
            rows = [row for table in rows_of(UserProfile, stat.name, user=user.pk) for row in table]
            changes = list_changes(StatOf(UserProfile, stat, {"user": user.pk}), limit=10_000)
            assert shown == sum(1 if value == 1 else getattr(row, str(value)) for row in rows), stat.name
            assert shown == sum(change.delta for change in changes), (user.username, stat.name)


def check_the_past(ground: Ground) -> None:
    """Every number was, at two earlier times, what the truth was then, for whoever it belongs to now."""
    past = ground.truth.past
    for at, facts in (past[-1], past[len(past) // 3]):
        for owner in ground.truth.list_owners():
            then = ground.truth.count(owner, facts)
            keys = {"user": ground.users[owner].pk}
            told = {name: get_as_of(UserProfile, name, keys, known_at=at) for name in RECORDED}
            assert told == {name: then[name] for name in RECORDED}, (ground.truth.accounts[owner].name, at)


def check_names(ground: Ground) -> None:
    """Every name that a person has or had, in any account, finds them; who is anonymised is not found."""
    truth = ground.truth
    for owner in truth.list_owners():
        names = truth.list_names(owner)
        is_gone = truth.accounts[owner].standing == ANONYMISED
        found = {name: user.pk for name, user in find_players(names).items()}
        assert found == ({} if is_gone else dict.fromkeys(names, ground.users[owner].pk))


def check_search(ground: Ground) -> None:
    """A search for a name finds who is listed and has it or had it; one for all, all who are listed."""
    truth = ground.truth
    ids = ground.list_public_ids()
    listed = truth.list_listed()
    assert _search("zq") == {ids[number] for number in listed}
    for number in set(truth.list_owners()) - set(listed):
        assert _search(truth.accounts[number].name) == set(), truth.accounts[number]
        assert _search(ids[number]) == set()


def _search(query: str) -> set[str]:
    return {found.item.public_id for found in search_players(query, limit=50).items}


def check_follows(ground: Ground) -> None:
    """Lists of followers and of the followed name exactly the listed; feeds tell of nobody else."""
    truth = ground.truth
    ids = ground.list_public_ids()
    listed, pairs = truth.list_listed(), truth.list_followed()
    followed = {ids[number] for number in listed}
    assert {each.profile.public_id for each in list_following(ground.fan, ground.fan).items} == followed
    for owner in listed:
        user = ground.fresh(owner)
        followers = {entry.profile.public_id for entry in list_followers(user, user).items}
        assert followers - {ground.fan.profile.public_id} == {
            ids[one] for one, other in pairs if other == owner
        }
        following = {entry.profile.public_id for entry in list_following(user, user).items}
        assert following == {ids[other] for one, other in pairs if one == owner}
        _check_feed(user, following)
    _check_feed(ground.fan, followed)


def _check_feed(reader: User, followed: set[str]) -> None:
    """Check that a feed tells of everybody followed who did something, and of nobody else."""
    told, page = set(), None
    while True:
        found = get_home_feed(reader, page, limit=50)
        told |= {entry.profile.public_id for entry in found.items}
        if not found.has_next:
            break
        page = found.next_cursor
    public = UserActivity.objects.filter(visibility="PUBLIC", is_withdrawn=False)
    active = public.filter(user__profile__public_id__in=followed)
    assert told == {*active.values_list("user__profile__public_id", flat=True)}


def check_names_are_gone(ground: Ground) -> None:
    """No table and no public page says any name of a player who is anonymised."""
    truth = ground.truth
    gone = [number for number in truth.list_owners() if truth.accounts[number].standing == ANONYMISED]
    names = {name for number in gone for name in truth.list_names(number)}
    if names:
        assert find_in_database(names) == []
        assert find_on_pages(ground, names) == []


def find_in_database(names: set[str]) -> list[str]:
    """Return where any of the names stands, as table.column: name, in whatever case."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        columns = [field.column for field in model._meta.concrete_fields if _holds_text(field)]
        for column in columns:
            found += [f"{model._meta.db_table}.{column}: {name}" for name in _find_in(model, column, names)]
    return found


def _holds_text(field: models.Field[Any, Any]) -> bool:
    return isinstance(field, models.CharField | models.TextField | models.JSONField | models.FileField)


def _find_in(model: type[models.Model], column: str, names: set[str]) -> set[str]:
    quote = connection.ops.quote_name
    text = f"LOWER(CAST({quote(column)} AS text))"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {text} FROM {quote(model._meta.db_table)} WHERE {text} LIKE '%%zq%%'", [])
        texts = [text for (text,) in cursor.fetchall()]
    return {name for name in names for text in texts if name in text}


def find_on_pages(ground: Ground, names: set[str]) -> list[str]:
    """Return which public pages say any of the names."""
    cups, matches = ground.truth.facts.cups, ground.truth.facts.matches
    pages = ["/", "/leaderboards/matches_won/", "/players/?q=former", "/api/v1/leaderboards/matches_won"]
    pages += [f"/tournaments/{slug}/results/" for slug in [*cups][-1:]]
    for key, match in [*matches.items()][-2:]:
        pages += [f"/matches/{match.game}/{key}/", f"/api/v1/matches/{match.game}/{key}"]
    ids = ground.list_public_ids()
    pages += [f"/players/{ids[number]}/matches/" for number in ground.truth.list_listed()[:1]]
    reader = Client()
    shown = {page: reader.get(page).content.decode().lower() for page in pages}
    return [f"{page}: {name}" for page, text in shown.items() for name in names if name in text]
