"""What organisers do: the tournament, who runs it, its entrants, its pairings."""

from __future__ import annotations

from typing import Any

from deltacrown.tournaments.models import Pairing
from deltacrown.tournaments.services import Outcome, add_organiser, check_in, pairings, withdraw
from deltacrown.tournaments.services.pairings import GameOutcome, rule_pairing
from tests.scene import at
from tests.web.undoing.ground import WHY, Deed, Sent, address, as_of, fill, id_of
from tests.web.undoing.players import FOR_GOOD, MARKED, plain

RULED = {
    "tournaments.PairingReport": "the log of what was said and ruled",
    "tournaments.Pairing.revision": "counts what was taken back",
    "tournaments.Pairing.confirmed_at": "when it was confirmed, which is the last time",
    "tournaments.TournamentSeriesResult": "follows from the void match",
    "games.Match": "the match that was recorded stays, void, and counts nowhere",
    "tournaments.TournamentMatchResult": "describes the void match",
    "user_profile.UserActivity": "the timeline marks what became void",
}


STAYS = "It stays on record, and counts among the tournaments entered"


def step(page: str, event: str, do: str, **more: Any) -> Any:
    return plain(page, event, by="org", do=do, **more)


def entrants(do: str, who: str = "anna") -> Any:
    return plain("organise-entrants-do", "open", by="org", one=lambda w: f"{do} {id_of(getattr(w, who))}")


def roster(**given: Any) -> Any:
    def send(w: Any) -> Sent:
        told = {name: id_of(getattr(w, who)) for name, who in given.items()}
        return Sent(as_of(w.org), address("organise-roster", "teams", "north"), {**told, **WHY})

    return send


def edited(**given: Any) -> Any:
    return lambda w: fill(as_of(w.org), address("organise-edit", "open"), "capacity", **given)


def pair(w: Any, **more: Any) -> Pairing:
    return pairings.add_pairing(
        tournament=w.running, first=w.anna, second=w.bea, round="Extra", key="0" * 16, **more
    )


def draw(w: Any) -> None:
    pairings.draw_bracket(tournament=w.running)


def confirm(w: Any) -> None:
    told = Outcome((GameOutcome(1, "", ""),), None)
    rule_pairing(pairing=pair(w), outcome=told, reason="Seen.", by=w.org, now=at(20))


def desk(do: str, **given: Any) -> Any:
    def send(w: Any) -> Sent:
        told = {name: value(w) if callable(value) else value for name, value in given.items()}
        return Sent(as_of(w.org), address("organise-pairings", "running"), {"do": do, **told})

    return send


def one(do: str, **given: Any) -> Any:
    def send(w: Any) -> Sent:
        handle = pairings.write_handle(Pairing.objects.latest("pk"))
        return Sent(as_of(w.org), address("organise-pairing", "running", handle), {"do": do, **given})

    return send


def arrow(way: str) -> Any:
    page = address("organise-pairings", "running")
    return lambda w: fill(as_of(w.org), page, "made_from", move=f"{way} {id_of(w.bea)}")


def numbered(*names: str) -> Any:
    def send(w: Any) -> Sent:
        places = {f"seed-{id_of(getattr(w, name))}": str(place) for place, name in enumerate(names, 1)}
        return Sent(as_of(w.org), address("organise-pairings", "running"), {"do": "seed", **places})

    return send


def seed(w: Any) -> None:
    pairings.set_seeds(tournament=w.running, order=[w.anna, w.bea])


def pairing_page(w: Any) -> str:
    return one("")(w).address


def hand(**more: Any) -> Any:
    def send(w: Any) -> Sent:
        told = {"first": id_of(w.anna), "second": id_of(w.bea), "best_of": "1", "round": "Extra", "do": "add"}
        return fill(as_of(w.org), address("organise-pairings", "running"), "round", **told, **more)

    return send


NEW = {
    "name": "New", "slug": "fresh", "game": "valorant", "entrant_kind": "SOLO",
    "starts_at": "2025-05-01T18:00",
}  # fmt: skip

DEEDS = [
    Deed("organise-create", "create", plain("organise-create", by="org", **NEW), says=FOR_GOOD),
    Deed(
        "organise-edit",
        "change the details",
        edited(name="Other", capacity="9"),
        edited(name="Open", capacity=""),
        leaves={
            "tournaments.FormerTournamentName": "a tournament is found by the name that it had",
            "tournaments.TournamentSearchTerm": "and so is searched by it",
        },
    ),
    Deed(
        "organise-tournament",
        "open registration",
        step("organise-tournament", "draft", "open"),
        says="It does not go back to a draft",
    ),
    Deed(
        "organise-tournament",
        "start",
        step("organise-tournament", "open", "start"),
        says="This cannot be taken back",
    ),
    Deed(
        "organise-tournament", "cancel", step("organise-tournament", "open", "cancel", **WHY), says=FOR_GOOD
    ),
    Deed(
        "organise-people",
        "add somebody",
        step("organise-people", "open", "add", player="cleo"),
        step("organise-people", "open", "remove", player=lambda w: id_of(w.cleo)),
    ),
    Deed(
        "organise-people",
        "remove somebody",
        step("organise-people", "open", "remove", player=lambda w: id_of(w.cleo)),
        step("organise-people", "open", "add", player="cleo"),
        before=lambda w: add_organiser(tournament=w.open, user=w.cleo, by=w.org),
        leaves={"tournaments.TournamentOrganiser.added_at": "since when it is, which is since the last time"},
    ),
    Deed(
        "organise-people",
        "hand it over",
        step("organise-people", "open", "hand-over", player=lambda w: id_of(w.cleo), is_sure="on"),
        says="Only they, and staff, can hand it back",
        before=lambda w: add_organiser(tournament=w.open, user=w.cleo, by=w.org),
    ),
    Deed(
        "organise-people",
        "leave",
        plain("organise-people", "open", by="cleo", do="remove", player=lambda w: id_of(w.cleo)),
        says="Only the organiser can add you again",
        before=lambda w: add_organiser(tournament=w.open, user=w.cleo, by=w.org),
    ),
    Deed(
        "organise-entrants",
        "enter somebody",
        plain("organise-entrants", "open", by="org", entrant="cleo", **WHY),
        entrants("withdraw", "cleo"),
        says=STAYS,
        leaves=MARKED,
    ),
    Deed(
        "organise-import",
        "enter a list",
        plain("organise-import", "open", by="org", text="cleo", is_confirmed="on"),
        entrants("withdraw", "cleo"),
        says=STAYS,
        leaves=MARKED,
    ),
    Deed("organise-entrants-do", "check in", entrants("check-in"), entrants("take-back-check-in")),
    Deed(
        "organise-entrants-do",
        "take a check-in back",
        entrants("take-back-check-in"),
        entrants("check-in"),
        before=lambda w: check_in(tournament=w.open, user=w.anna),
    ),
    Deed("organise-entrants-do", "withdraw", entrants("withdraw"), entrants("take-back")),
    Deed(
        "organise-entrants-do",
        "let in again",
        entrants("take-back"),
        entrants("withdraw"),
        before=lambda w: withdraw(tournament=w.open, user=w.anna),
    ),
    Deed("organise-roster", "let somebody join", roster(joins="cleo"), roster(leaves="cleo"), leaves=MARKED),
    Deed("organise-roster", "let somebody leave", roster(leaves="bea"), roster(joins="bea"), leaves=MARKED),
    Deed(
        "organise-roster",
        "a substitute",
        roster(leaves="bea", joins="cleo"),
        roster(leaves="cleo", joins="bea"),
        leaves=MARKED,
    ),
    Deed(
        "organise-pairings", "number the seeds", numbered("bea", "anna"), numbered("anna", "bea"), before=seed
    ),
    Deed("organise-pairings", "move a seed", arrow("up"), arrow("down"), before=seed),
    Deed(
        "organise-pairings",
        "shuffle the seeds",
        desk("shuffle", shuffle="4"),
        says="Shuffling replaces the whole order, which is kept nowhere",
        before=seed,
    ),
    Deed("organise-pairings", "draw", desk("draw", best_of="1"), desk("undraw", is_sure="on")),
    Deed(
        "organise-pairings",
        "draw again",
        desk("draw", best_of="3", is_sure="on"),
        says="reports and times of the present bracket are dropped",
        before=draw,
    ),
    Deed(
        "organise-pairings",
        "remove the draw",
        desk("undraw", is_sure="on"),
        says="reports and times of the present bracket are dropped",
        before=draw,
    ),
    Deed("organise-pairings", "pair by hand", hand(), one("remove", is_sure="on")),
    Deed(
        "organise-pairing",
        "remove a pairing",
        lambda w: w.removal,
        says="does not come back",
        before=lambda w: (pair(w), setattr(w, "removal", one("remove", is_sure="on")(w))),
    ),
    Deed(
        "organise-pairing",
        "set a time",
        one("schedule", scheduled_at="2025-06-01T18:00"),
        one("schedule", scheduled_at=""),
        before=pair,
    ),
    Deed(
        "organise-pairing",
        "rule",
        one("rule", **{"winner-1": "1"}),
        one("take-back", **WHY),
        before=pair,
        leaves=RULED,
    ),
    Deed(
        "organise-pairing",
        "take a result back",
        one("take-back", **WHY),
        one("rule", **{"winner-1": "1"}, **WHY),
        before=confirm,
        leaves=RULED,
    ),
]
