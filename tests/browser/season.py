"""People with odd names and in every standing, beside a demo season; run inside the site's own process."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from babel import Locale

from deltacrown.accounts.models import User
from deltacrown.accounts.services import create_players, set_sign_in
from deltacrown.accounts.services.keys import SCOPES
from deltacrown.core import clock
from deltacrown.games.models import Game, Match, Season
from deltacrown.games.services import record_matches
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services import file_dispute, state, write_handle, write_statement_handle
from deltacrown.teams.models import Team, TeamMembership, TeamRole
from deltacrown.teams.services import give_role
from deltacrown.tournaments.models import (
    Tournament,
    TournamentMatchResult,
    TournamentParticipation,
    TournamentSeriesResult,
)
from deltacrown.user_profile.models import StandingChange, UserProfile
from deltacrown.user_profile.people.anonymising import anonymise_player
from deltacrown.user_profile.people.identities import Identity, set_identities
from deltacrown.user_profile.people.privacy_settings import set_privacy
from deltacrown.user_profile.people.standings import close_account, suspend_player
from tests import scene
from tests.browser.addresses import PASSWORD
from tests.browser.bracketed import LANGUAGE

#: Username → display name.
PEOPLE = {
    "newcomer": "New Here",
    "hider": "Hidden Hilda",
    "barred": "Barred Ben",
    "gone": "Gone Gary",
    "left": "Left Lucy",
    "script": "<script>alert(1)</script>",
    "endless": "W" * 60,
    "arabic": "مرحبا (1:0)",
    "emoji": "🏴‍☠️ & 🇹🇷 é̂",
    "plain": "Plain Pat",
}
MATCHES = 12
#: How many pairs of players there are that journeys change.
PAIRS = 36


def fill() -> None:
    """Make the people and their matches, and print where everything is, as JSON."""
    now = clock.now()
    joined = {name: now - timedelta(days=60) for name in PEOPLE}
    users = create_players(usernames=list(PEOPLE), joined_at=joined)
    set_identities(identities=[Identity(users[name], told) for name, told in PEOPLE.items()])
    for user in users.values():
        set_sign_in(user=user, password=PASSWORD)

    _play(users, now)
    set_privacy(user=users["hider"], show_match_history=False, show_tournament_stats=False)
    suspend_player(user=users["barred"], reason="Shouting", by=_get_staff(), until=None, now=now)
    dispute, asked = _dispute(users["plain"], now), _dispute_against(users["plain"], now)
    state(
        handle=write_statement_handle(asked),
        words="I saw it otherwise.\n" + "W" * 200,
        author=users["plain"],
        now=now,
    )
    anonymise_player(user=users["gone"], by=None, now=now, without_export=True)
    users["gone"] = User.objects.get(pk=users["gone"].pk)  # with another public id
    close_account(user=users["left"], by=users["left"], now=now)
    told = {**_tell(users), "pairs": _make_pairs(now), "dispute": write_handle(dispute)}
    told["question"] = write_statement_handle(asked)
    print(json.dumps(told))  # noqa: T201 - the test reads it


def _play(users: dict[str, User], now: Any) -> None:
    """Let everybody but the newcomer play plain, in turns, the last match yesterday."""
    game, plain = Game.objects.order_by("pk")[0], users["plain"]
    rivals = [users[name] for name in PEOPLE if name not in {"newcomer", "plain"}]
    records = []
    for number in range(MATCHES):
        rival = rivals[number % len(rivals)]
        won = number % 3 > 0
        lines = (
            scene.line(plain, "WIN" if won else "LOSS", score="13" if won else "8", stats={"kills": number}),
            scene.line(rival, "LOSS" if won else "WIN", score="8" if won else "13", stats={"kills": 5}),
        )
        played_at = now - timedelta(days=MATCHES - number)
        records.append(scene.record(game, f"odd-{number}", *lines, played_at=played_at))
    outcomes = record_matches(records=records, now=now)
    assert not [each.refusal for each in outcomes if each.refusal]


def _dispute(user: User, now: Any) -> Dispute:
    """Let a player dispute their last match, which nobody rules."""
    row = Match.objects.filter(user=user).latest("played_at")
    return file_dispute(reporter=user, match=row, reason="It was a draw.\n" + "W" * 200, now=now)


def _dispute_against(user: User, now: Any) -> Dispute:
    """Let a rival of a player dispute an older match, about which the player is asked."""
    key = Match.objects.filter(user=user).order_by("-played_at")[2].match_key
    row = Match.objects.filter(match_key=key).exclude(user=user).get()
    return file_dispute(reporter=row.user, match=row, reason="It was a win.", now=now)


def _make_pairs(now: Any) -> list[dict[str, str]]:
    """Let two newcomers at a time play one match, yesterday, and tell who lost it to whom."""
    game = Game.objects.order_by("pk")[0]
    names = [f"{side}-{number}" for number in range(PAIRS) for side in ("loser", "winner")]
    users = create_players(usernames=names, joined_at=dict.fromkeys(names, now - timedelta(days=9)))
    pairs, records = [], []
    for number in range(PAIRS):
        name, rival = f"loser-{number}", f"winner-{number}"
        set_sign_in(user=users[name], password=PASSWORD)
        lines = scene.line(users[rival], "WIN", score="13"), scene.line(users[name], "LOSS", score="8")
        records.append(scene.record(game, f"pair-{number}", *lines, played_at=now - timedelta(days=1)))
        profiles = users[name].profile, users[rival].profile
        pairs.append({"name": name, "id": profiles[0].public_id, "rival_id": profiles[1].public_id})
        pairs[-1]["match"] = f"pair-{number}"
    outcomes = record_matches(records=records, now=now)
    assert not [each.refusal for each in outcomes if each.refusal]
    return pairs


def _get_staff() -> User:
    return User.objects.get(username="demo-staff")


def _tell(users: dict[str, User]) -> dict[str, Any]:
    series = TournamentSeriesResult.objects.select_related("tournament").first()
    events = {each.status: each.slug for each in Tournament.objects.order_by("starts_at")}
    member = TournamentParticipation.objects.filter(team__isnull=False).first()
    captain = TeamMembership.objects.present_at(clock.now()).earliest("pk")
    give_role(team=captain.team, user=captain.user, role=TeamRole.Role.CAPTAIN, by=None, now=clock.now())
    set_sign_in(user=captain.user, password=PASSWORD)
    return {
        "names": list_names(),
        "people": {name: user.profile.public_id for name, user in users.items()},
        "hero": User.objects.get(username="RapidFalcon").profile.public_id,
        "game": Game.objects.order_by("pk")[0].slug,
        "events": events,
        "team": Team.objects.order_by("pk")[0].slug if member is None else member.team.slug,
        "captain": captain.user.username,
        "captained": captain.team.slug,
        "season": Season.objects.order_by("-starts_at")[0].slug,
        "series": series and f"{series.tournament.slug}/series/{quote(series.series)}",
    }


def list_names() -> list[str]:
    """Return what people named and wrote themselves, which no language changes."""
    columns = [
        (Game, "name"),
        (Season, "name"),
        (Tournament, "name"),
        (Tournament, "rules"),
        (Team, "name"),
        (User, "username"),
        (UserProfile, "display_name"),
        (UserProfile, "bio"),
        (UserProfile, "public_id"),
        (Match, "side"),
        (Match, "match_key"),
        (TournamentMatchResult, "round"),
        (TournamentMatchResult, "series"),
        (TournamentMatchResult, "map_name"),
        (Dispute, "reason"),
        (StandingChange, "reason"),
    ]
    found = {value for model, column in columns for value in model.objects.values_list(column, flat=True)}
    for stats in Match.objects.values_list("stats", flat=True):
        found |= {value for value in stats.values() if isinstance(value, str)}
    found |= {"https://", *SCOPES, *Locale.parse(LANGUAGE).territories.values()}
    return sorted({line for value in found for line in value.splitlines() if line})
