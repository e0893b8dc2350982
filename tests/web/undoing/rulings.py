"""What organisers and staff rule on results and matches."""

from __future__ import annotations

from typing import Any

from deltacrown.games.services import void_match
from deltacrown.moderation.services import write_handle
from deltacrown.tournaments.services import annul_tournament, disqualify_entrant
from tests.scene import at
from tests.web.undoing.ground import WHY, Deed, Sent, address, as_of, fill, id_of, look

TOLD = {
    "tournaments.TournamentDecision": "the log of decisions on a tournament",
    "tournaments.Disqualification": "the log of disqualifications, with the end of each",
}
#: Of a ruling that is made again: when, and why, are those of the last time.
AGAIN = dict.fromkeys(
    [
        "tournaments.TournamentResult.decided_at",
        "tournaments.TournamentResult.uncounted_reason",
        "tournaments.TournamentResult.disqualified_at",
        "tournaments.TournamentResult.disqualified_reason",
        "games.Match.voided_at",
        "games.Match.void_reason",
    ],
    "when and why are those of the last time",
)
PUBLISHED = dict.fromkeys(
    [f"tournaments.TournamentResult.{each}" for each in ("published_placement", "published_placement_to")],
    "the place as it was published is kept once a ruling moved it",
)


RULED = TOLD | AGAIN | PUBLISHED
#: Of results that are given again: the day is that of the last time.
DATED = dict.fromkeys(
    [
        "user_profile.UserAchievement.earned_at",
        "user_profile.UserActivity.created_at",
        "user_profile.ExperienceAward.awarded_at",
    ],
    "the day of the results is that on which they were given last",
)


def decided(name: str, event: str = "completed", **fields: Any) -> Any:
    return lambda w: look(as_of(w.org), address(name, event), {**WHY, **fields})


def placed(w: Any) -> dict[str, str]:
    return {f"place-{id_of(w.anna)}": "1", f"place-{id_of(w.bea)}": "2"}


def completed(event: str) -> Any:
    return lambda w: look(as_of(w.org), address("organise-complete", event), placed(w))


def ruled(do: str, **fields: Any) -> Any:
    def send(w: Any) -> Sent:
        page = address("organise-result", "completed", id_of(w.bea))
        return look(as_of(w.org), page, {"do": do, **WHY, **fields})

    return send


def changed(change: str, **fields: Any) -> Any:
    page = address("organise-match", "running", "final")

    def send(w: Any) -> Sent:
        told = {
            f"{name}-{id_of(getattr(w, who))}": value
            for (name, who), value in fields.get("lines", {}).items()
        }
        return fill(as_of(w.org), page, "made_from", change=change, **WHY, **told)

    return send


def benched(change: str, **fields: Any) -> Any:
    def send(w: Any) -> Sent:
        told = {name: value(w) if callable(value) else value for name, value in fields.items()}
        told = {name.replace("anna", id_of(w.anna)): value for name, value in told.items()}
        page = address("moderate-match", "valorant", "clash")
        return look(as_of(w.boss), page, {"change": change, **WHY, **told}, decision="do")

    return send


def record(w: Any) -> Sent:
    sides = {"entrant-1": id_of(w.anna), "entrant-2": id_of(w.bea), "result-1": "WIN", "result-2": "LOSS"}
    w.recorded = fill(
        as_of(w.org), address("organise-record", "running"), "token", **sides, played_at="2025-03-02T10:00"
    )
    return w.recorded


def void_recorded(w: Any) -> Sent:
    page = address("organise-match", "running", f"by-hand-{w.recorded.fields['token']}")
    return fill(as_of(w.org), page, "made_from", change="void", **WHY)


def review(decision: str, **fields: Any) -> Any:
    return lambda w: Sent(
        as_of(w.boss),
        address("dispute-review", write_handle(w.filed)),
        {"decision": decision, "resolution": "Seen.", **fields},
    )


def void_clash(w: Any) -> None:
    void_match(game=w.clash[0].game, match_key="clash", reason="Lag.", now=at(20), by=w.boss)


DEEDS = [
    Deed(
        "organise-complete",
        "complete",
        completed("running"),
        decided("organise-reopen", "running"),
        leaves={
            **TOLD,
            "tournaments.TournamentResult": "results are set aside until the next end, and count nowhere",
            "user_profile.UserActivity": "the timeline tells of the end",
            "tournaments.Tournament.ends_at": "when it ended, which was noted",
        },
    ),
    Deed(
        "organise-reopen",
        "open again",
        decided("organise-reopen"),
        completed("completed"),
        leaves=RULED | DATED,
    ),
    Deed(
        "organise-annul",
        "annul",
        decided("organise-annul"),
        decided("organise-lift-annulment"),
        leaves=RULED,
    ),
    Deed(
        "organise-lift-annulment",
        "lift the annulment",
        decided("organise-lift-annulment"),
        decided("organise-annul"),
        before=lambda w: annul_tournament(tournament=w.completed, reason="So.", by=w.org, now=at(20)),
        leaves=RULED,
    ),
    Deed(
        "organise-result",
        "correct",
        ruled("correct", placement="1", prize="5"),
        ruled("correct", placement="2", prize="0"),
    ),
    Deed("organise-result", "disqualify", ruled("disqualify"), ruled("lift"), leaves=RULED),
    Deed(
        "organise-result",
        "lift a disqualification",
        ruled("lift"),
        ruled("disqualify"),
        before=lambda w: disqualify_entrant(
            tournament=w.completed, user=w.bea, reason="So.", by=w.org, now=at(20)
        ),
        leaves=RULED,
    ),
    Deed(
        "organise-record",
        "record a match",
        record,
        void_recorded,
        leaves={
            "games.Match": "it stays, void, and counts nowhere",
            "tournaments.TournamentMatchResult": "describes it",
        },
    ),
    Deed("organise-match", "void", changed("void"), changed("restore")),
    Deed("organise-match", "swap the sides", changed("swap"), changed("swap")),
    Deed(
        "organise-match",
        "correct",
        changed("correct", lines={("score", "anna"): "7"}),
        changed("correct", lines={("score", "anna"): "1"}),
    ),
    Deed(
        "organise-match",
        "take out who did not play",
        changed("correct", lines={("absent", "bea"): "on"}),
        says="This cannot be undone here",
    ),
    Deed("moderate-match", "void", benched("void"), benched("restore")),
    Deed("moderate-match", "restore", benched("restore"), benched("void"), before=void_clash, leaves=AGAIN),
    Deed(
        "moderate-match",
        "correct",
        benched("correct", **{"score-anna": "7"}),
        benched("correct", **{"score-anna": ""}),
    ),
    Deed(
        "moderate-match",
        "move a line",
        benched("move", moved=lambda w: id_of(w.bea), to="dora"),
        benched("move", moved=lambda w: id_of(w.dora), to="bea"),
        leaves={
            "games.Match.are_players_settled": "that staff said who played, which they did twice",
            "user_profile.GameStats": "who had the line keeps a row of noughts; the profile has the numbers",
        },
    ),
    Deed("dispute-review", "uphold", review("uphold", remedy="void"), says="The answer cannot be undone"),
    Deed("dispute-review", "reject", review("reject"), says="The answer cannot be undone"),
]
