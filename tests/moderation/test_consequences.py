"""What a ruling changes is found out before it is made, and nothing of the trial stays."""

import pytest
from django.apps import apps

from deltacrown.games import services as games
from deltacrown.games.models import Match
from deltacrown.moderation.services import CorrectResult, file_dispute, uphold_dispute
from deltacrown.pages.consequences import carry_out, preview
from tests import scene
from tests.moderation.scene import SOON

pytestmark = pytest.mark.django_db


def everything():
    """Return every row of every table."""
    models = [each for each in apps.get_models() if each._meta.managed and not each._meta.proxy]
    return {each._meta.label: sorted(map(repr, each._base_manager.values_list())) for each in models}


def told(found):
    """Return public name → the names of the numbers that change."""
    return {
        each.profile.name: {number.name: (number.was, number.now) for number in each.numbers}
        for each in found.players
    }


def void(match, by):
    return lambda: games.void_match(
        game=match.game, match_key=match.match_key, reason="Cheated.", now=SOON, by=by
    )


def test_a_preview_tells_each_number_and_leaves_nothing_behind(
    duel, moderator, django_capture_on_commit_callbacks
):
    before = everything()
    with django_capture_on_commit_callbacks() as callbacks:
        found = preview(void(duel, moderator))

    assert everything() == before
    assert callbacks == []
    numbers = told(found)
    assert numbers["bob"]["matches_won"] == (1, 0)
    assert numbers["ann"]["total_matches_played"] == (1, 0)
    assert found.players[0].games[0].game == duel.game.name
    assert told(carry_out(void(duel, moderator))) == numbers
    assert preview(void(duel, moderator)).is_empty


def test_a_line_that_is_moved_or_added_tells_of_everybody(duel, ann, bob, eve, moderator):
    new = scene.player("new")

    def correct():
        games.correct_match(
            game=duel.game,
            match_key="duel",
            moved={"ann": eve},
            added=[scene.line(new, "LOSS")],
            reason="Another.",
            now=SOON,
            by=moderator,
        )

    numbers = told(preview(correct))
    assert numbers["ann"]["total_matches_played"] == (1, 0)
    assert numbers["eve"]["total_matches_played"] == (0, 1)
    assert numbers["new"]["total_matches_played"] == (0, 1)
    assert set(Match.objects.values_list("user__username", flat=True)) == {"ann", "bob"}


def test_a_result_tells_its_placement(ann, bobs_title, moderator):
    filed = file_dispute(reporter=ann, result=bobs_title, reason="No.", now=SOON)

    def uphold():
        uphold_dispute(dispute=filed, by=moderator, remedy=CorrectResult(3), resolution="So.", now=SOON)

    (moved,) = preview(uphold).placements
    assert (moved.entrant, moved.was, moved.now) == ("bob", "1", "3")
    bobs_title.refresh_from_db()
    assert bobs_title.placement == 1
