"""What staff decide about players, merges and disputes."""

from __future__ import annotations

from typing import Any

from deltacrown.core import clock
from deltacrown.moderation.services import write_handle
from deltacrown.user_profile.people import merging, standings
from tests.scene import at
from tests.web.undoing.ground import WHY, Deed, Sent, address, as_of, fill, id_of
from tests.web.undoing.players import FOR_GOOD, has_picture, plain

CLOSED = {"accounts.User.closings": "counts how often it was closed, so that no old sign-in holds"}
MERGED = {"accounts.PlayerMerge": "the log of merges, with the end of each", **CLOSED}


def standing(do: str, **fields: Any) -> Any:
    return plain("player-standing", "dora", by="boss", do=do, **WHY, **fields)


def hand(do: str, by: str = "boss", **fields: Any) -> Any:
    def send(w: Any) -> Sent:
        told = {name: id_of(getattr(w, who)) for name, who in fields.items()}
        return Sent(
            as_of(getattr(w, by)), address("dispute-hands", write_handle(w.filed)), {"do": do, **told}
        )

    return send


def merge(w: Any) -> Sent:
    page = f"{address('merge')}?kept={id_of(w.bea)}&merged={id_of(w.dora)}"
    return Sent(as_of(w.boss), page, {**WHY, "confirmation": id_of(w.dora)})


def undo_merge(w: Any) -> Sent:
    sent = fill(as_of(w.boss), address("merges"), "merge")
    return Sent(sent.client, address("merge-undo"), sent.fields)


def make_merge(w: Any) -> None:
    merging.merge_players(kept=w.bea, merged=w.dora, by=w.boss, reason="One.", now=clock.now())


def suspend(w: Any) -> None:
    standings.suspend_player(user=w.dora, until=None, reason="So.", by=w.boss, now=at(20))


def close(w: Any) -> None:
    standings.close_account(user=w.dora, by=w.boss, now=at(20))


DEEDS = [
    Deed("player-standing", "suspend", standing("suspend"), standing("lift")),
    Deed("player-standing", "lift a suspension", standing("lift"), standing("suspend"), before=suspend),
    Deed("player-standing", "close", standing("close"), standing("reopen"), leaves=CLOSED),
    Deed("player-standing", "reopen", standing("reopen"), standing("close"), before=close, leaves=CLOSED),
    Deed(
        "moderate-picture",
        "remove a picture",
        plain("moderate-picture", "anna", by="boss", sure="on", **WHY),
        says=FOR_GOOD,
        before=has_picture,
    ),
    Deed(
        "moderate-anonymise",
        "anonymise",
        plain(
            "moderate-anonymise",
            "dora",
            by="boss",
            confirmation=lambda w: id_of(w.dora),
            without_export="on",
            **WHY,
        ),
        says=FOR_GOOD,
    ),
    Deed("merge", "merge", merge, undo_merge, leaves=MERGED),
    Deed("merge-undo", "undo a merge", undo_merge, merge, before=make_merge, leaves=MERGED),
    Deed("dispute-hands", "take on", hand("claim"), hand("release")),
    Deed(
        "dispute-hands", "give back", hand("release"), hand("claim"), before=lambda w: hand("claim")(w).post()
    ),
    Deed(
        "dispute-hands",
        "give to somebody",
        hand("assign", to="second"),
        hand("assign", to="boss"),
        before=lambda w: hand("claim")(w).post(),
    ),
]
