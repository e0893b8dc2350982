"""The games that matches are played in."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.translation import gettext

from deltacrown.accounts.models import User
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import Conflict, InvalidInput
from deltacrown.core.former_names import find_by_slug
from deltacrown.core.inputs import check_text, is_storable
from deltacrown.core.names import clean_name, make_name_key
from deltacrown.core.races import find_or_insert
from deltacrown.games import signals
from deltacrown.games.models import FormerGameName, Game
from django_tally.transactions import atomic_service


class GameTaken(Conflict):
    """The slug belongs to a game of another name."""


@atomic_service
def create_game(*, slug: str, name: str) -> Game:
    """Create a game; the same slug and name again are the same game.

    :raises InvalidInput: the slug is no slug of at most 60 characters, or the name is empty or over 120.
    :raises GameTaken: the slug belongs to a game of another name.
    """
    check_text(slug, field="slug", limit=60, required=True)
    name = clean_name(name, field="name", limit=120)
    try:
        validate_slug(slug)
    except ValidationError as error:
        message = gettext("%(slug)s is no slug: letters, digits, hyphens and underscores only.")
        raise InvalidInput(message % {"slug": repr(slug)}, field="slug") from error
    game, created = find_or_insert(lambda: _find_or_create(slug, name))
    if make_name_key(game.name) != make_name_key(name):
        words = {"slug": slug, "game": repr(game.name), "name": repr(name)}
        message = gettext("The slug %(slug)s belongs to the game %(game)s; choose another for %(name)s.")
        raise GameTaken(message % words, field="slug")
    if created:
        signals.game_created.send(Game, game=game)
    return game


@atomic_service
def set_forfeit_rule(*, game: Game, counts_forfeits: bool, by: User | None = None) -> bool:
    """Set whether matches of a game count that a forfeit decided, and return whether that is new.

    It applies to what is recorded or corrected from now on; what is recorded stays as it is. A tournament
    with a rule of its own keeps it.
    """
    before = Game.objects.select_for_update(no_key=True).get(pk=game.pk).counts_forfeits
    game.counts_forfeits = counts_forfeits
    if before == counts_forfeits:
        return False

    game.save(update_fields=["counts_forfeits"])
    told = {"rule": "count" if counts_forfeits else "do not count", "slug": game.slug}
    record_deed(deed=Deed.FORFEIT_RULE_OF_GAME, by=by, about=write_about("game", game.slug), told=told)
    return True


def find_games(slugs: Iterable[str]) -> dict[str, Game]:
    """Return slug → game, for those there are; a former slug finds its game too."""
    asked = {slug for slug in slugs if len(slug) <= 60 and is_storable(slug)}
    return find_by_slug(Game.objects.all(), FormerGameName, asked)


def _find_or_create(slug: str, name: str) -> tuple[Game, bool]:
    existing = Game.objects.filter(slug=slug).first()
    return (existing, False) if existing else (Game.objects.create(slug=slug, name=name), True)
