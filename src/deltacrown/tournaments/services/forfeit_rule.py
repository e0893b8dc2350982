"""The rule of a tournament for matches that a forfeit decided."""

from __future__ import annotations

from deltacrown.accounts.models import User
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.deeds import Deed
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services.states import lock_tournament
from django_tally.transactions import atomic_service


@atomic_service
def set_forfeit_rule(*, tournament: Tournament, counts_forfeits: bool | None, by: User | None = None) -> bool:
    """Set, in any state, whether matches count that a forfeit decided, and return whether that is new.

    It applies to matches that are recorded or corrected from now on; recorded ones stay as they are.

    :param counts_forfeits: None for the rule of the game.
    """
    lock_tournament(tournament)
    recorded = Tournament.objects.values_list("counts_forfeits", flat=True).get(pk=tournament.pk)
    tournament.counts_forfeits = counts_forfeits
    if recorded == counts_forfeits:
        return False

    tournament.save(update_fields=["counts_forfeits"])
    told = {"slug": tournament.slug, "before": recorded, "after": counts_forfeits}
    about = write_about("tournament", tournament.slug)
    record_deed(deed=Deed.FORFEIT_RULE_OF_TOURNAMENT, by=by, about=about, told=told)
    return True
