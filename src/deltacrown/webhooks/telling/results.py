"""What is told of an official result, which shows everyone, whatever they hide on their profiles."""

from __future__ import annotations

from deltacrown.api.answers import Writer
from deltacrown.api.shapes.players import OfficialResult, PlayerLine
from deltacrown.tournaments.models import Tournament, TournamentResult
from deltacrown.user_profile.histories.tournaments import describe_results
from deltacrown.user_profile.privacy import filter_tournaments_by_visibility
from deltacrown.user_profile.standing import SHOWN
from deltacrown.webhooks.models import WebhookEvent


class ResultEvent(OfficialResult):
    """An official result and whose it is."""

    player: PlayerLine


_RESULT = Writer(ResultEvent)


def tell_result(event: WebhookEvent) -> bytes | None:
    """Return the result as it is now; a player whose pages are gone is not told of."""
    rows = TournamentResult.objects.filter(pk=event.facts["result"], user__profile__standing__in=SHOWN)
    seen = filter_tournaments_by_visibility(Tournament.objects.all(), None)
    row = rows.filter(tournament__in=seen).select_related("tournament__game", "team", "user__profile").first()
    if row is None or row.user is None:
        return None
    [result] = describe_results([row])
    return _RESULT.write({**vars(result), "player": row.user.profile})
