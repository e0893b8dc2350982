"""Matches from files, a batch in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from deltacrown.accounts.models import User
from deltacrown.core.external_ids import is_address
from deltacrown.core.names import make_name_key
from deltacrown.core.origins import IMPORT
from deltacrown.games.services import LineRecord, MatchRecord, RecordOutcome, RecordStatus, record_matches
from deltacrown.interchange.directory import Directory, Names
from deltacrown.interchange.drafts import LineDraft, MatchDraft, PlayerTexts
from deltacrown.interchange.entering import Refused, admit, create_tournaments
from deltacrown.interchange.run import Recorded
from deltacrown.tournaments.services import TournamentMatchRecord, record_tournament_matches
from django_tally.context import attributed
from django_tally.transactions import atomic_service

#: Players kept in memory from one batch to the next.
PLAYERS_REMEMBERED = 50_000


class MatchRecorder:
    """Records the matches of one file."""

    def __init__(self, *, create_missing: bool, update_players: bool = False) -> None:
        self.create_missing = create_missing
        self.update_players = update_players
        self._players: dict[str, User] = {}

    def record(self, drafts: list[MatchDraft], *, now: datetime) -> Recorded[MatchDraft]:
        """Record a batch of matches."""
        recorded, directory = record_match_drafts(
            drafts=drafts,
            create_missing=self.create_missing,
            update_players=self.update_players,
            known_players=self._players,
            now=now,
        )
        # Committed by now, so that whoever was created stays.
        self._players = directory.players if len(directory.players) <= PLAYERS_REMEMBERED else {}
        return recorded


@atomic_service
@attributed(actor="", reason=IMPORT)
def record_match_drafts(
    *,
    drafts: Sequence[MatchDraft],
    create_missing: bool,
    known_players: Mapping[str, User],
    now: datetime,
    update_players: bool = False,
) -> tuple[Recorded[MatchDraft], Directory]:
    """Record matches from a file in one transaction, each whole or refused, in a constant number of queries.

    :param create_missing: create what is unknown, and enter in its tournament who is not; nothing is created
        for a match that is refused.
    :param known_players: players who need not be looked up.
    :param update_players: change the display names and countries of players who have others.
    :return: what became of the matches, and everything they name.
    """
    refused: Refused = []
    while True:
        directory = Directory(players=dict(known_players))
        savepoint = transaction.savepoint()
        recorded = record_what_can_be(drafts, directory, create_missing=create_missing, now=now)
        refused += recorded.refused
        if not (directory.has_created and recorded.refused):
            transaction.savepoint_commit(savepoint)
            directory.complete_players(list_player_texts(drafts, recorded.refused), replace=update_players)
            recorded.refused = refused
            recorded.warned += list_player_warnings(drafts, directory)
            return recorded, directory
        # Something may have been created for a refused match alone: once more, without those.
        transaction.savepoint_rollback(savepoint)
        without = {draft for draft, _ in recorded.refused}
        drafts = [draft for draft in drafts if draft not in without]


def record_what_can_be(
    drafts: Sequence[MatchDraft],
    directory: Directory,
    *,
    create_missing: bool,
    now: datetime,
) -> Recorded[MatchDraft]:
    """Record the matches that can be; look up, and create if asked to, what they name in ``directory``."""
    recorded: Recorded[MatchDraft] = Recorded()
    names = list_match_names(drafts)
    directory.find(names)
    if create_missing:
        directory.create_missing(names)
        create_tournaments(drafts, directory)

    known = [draft for draft in drafts if not refuse_unknown(draft, directory, recorded.refused)]
    casual = [draft for draft in known if not draft.tournament]
    official = [draft for draft in known if draft.tournament]
    admitted = admit(official, directory, recorded.refused, enter=create_missing, now=now)

    record_casual(casual, directory, recorded, now)
    record_official(admitted, directory, recorded, now)
    return recorded


def list_match_names(drafts: Iterable[MatchDraft]) -> Names:
    """Return everything the matches name."""
    # In the order of the file, so that what is created does not depend on the size of a batch.
    games: dict[str, None] = {}
    players: dict[str, None] = {}
    teams: dict[str, None] = {}
    tournaments: dict[str, None] = {}
    texts: dict[str, PlayerTexts] = {}
    for draft in drafts:
        games[draft.game] = None
        players |= dict.fromkeys(line.player for line in draft.lines)
        for line in draft.lines:
            if line.about:
                texts.setdefault(line.player, line.about)
        teams |= dict.fromkeys(line.team for line in draft.lines if line.team)
        tournaments |= {draft.tournament: None} if draft.tournament else {}
    return Names(games=games, players=players, teams=teams, tournaments=tournaments, texts=texts)


def list_player_texts(drafts: Iterable[MatchDraft], refused: Refused) -> Iterator[tuple[str, PlayerTexts]]:
    """Yield what the matches that were taken say of their players."""
    not_taken = {draft for draft, _ in refused}
    for draft in drafts:
        if draft not in not_taken:
            yield from ((line.player, line.about) for line in draft.lines if line.about)


def list_player_warnings(
    drafts: Iterable[MatchDraft], directory: Directory
) -> Iterator[tuple[MatchDraft, str]]:
    """Yield what is said of a player and not kept, with the first match that names them."""
    left = dict(directory.warnings)
    for draft in drafts:
        for line in draft.lines:
            if warning := left.pop(line.player, ""):
                yield draft, f"{line.player}: {warning}"


def refuse_unknown(draft: MatchDraft, directory: Directory, refused: Refused) -> bool:
    """Refuse a match that names something unknown; return whether it does."""
    if names_known(draft, directory):
        return False
    unknown = directory.describe_unknown(list_match_names([draft]))
    if unknown:
        faulty = [line.line for line in draft.lines if {line.player, line.team} & directory.faults.keys()]
        refused.append((draft, f"line {(faulty or [draft.rows[0].line])[0]}: {unknown}"))
    return bool(unknown)


def names_known(draft: MatchDraft, directory: Directory) -> bool:
    """Return whether everything is known that a match names."""
    players = {line.player for line in draft.lines}
    teams = {line.team for line in draft.lines if line.team}
    is_known = draft.game in directory.games and directory.players.keys() >= players
    is_official = not draft.tournament or draft.tournament in directory.tournaments
    return is_known and is_official and directory.teams.keys() >= teams


def record_casual(
    drafts: Sequence[MatchDraft], directory: Directory, recorded: Recorded[MatchDraft], now: datetime
) -> None:
    """Record matches outside tournaments."""
    records = [build_match_record(draft, directory) for draft in drafts]
    if records:
        add_outcomes(record_matches(records=records, now=now), drafts, recorded)


def record_official(
    drafts: Sequence[MatchDraft], directory: Directory, recorded: Recorded[MatchDraft], now: datetime
) -> None:
    """Record matches of tournaments."""
    records = [build_tournament_record(draft, directory) for draft in drafts]
    if records:
        add_outcomes(record_tournament_matches(records=records, now=now), drafts, recorded)


def build_tournament_record(draft: MatchDraft, directory: Directory) -> TournamentMatchRecord:
    """Convert a draft into what the tournaments' services take."""
    with_team = [line for line in draft.lines if line.team]
    return TournamentMatchRecord(
        tournament=directory.tournaments[draft.tournament],
        match=build_match_record(draft, directory),
        round=draft.round,
        series=draft.series,
        best_of=draft.best_of,
        map_name=draft.map_name,
        stats=draft.facts,
        teams={directory.players[line.player].pk: directory.teams[line.team] for line in with_team},
    )


def build_match_record(draft: MatchDraft, directory: Directory) -> MatchRecord:
    """Convert a draft into what the games' services take."""
    lines = [
        LineRecord(
            user=directory.players[line.player],
            result=line.result,
            side=write_side(line, directory),
            side_words=() if draft.tournament else list_side_words(line, directory),
            score=line.score,
            placement=line.placement,
            ended_by=line.ended_by,
            uncounted_reason=line.uncounted_reason,
            void_reason=line.void_reason,
            stats=line.stats,
        )
        for line in draft.lines
    ]
    return MatchRecord(
        game=directory.games[draft.game],
        match_key=draft.key,
        played_at=draft.played_at,
        lines=tuple(lines),
        is_time_known=draft.is_time_known,
        sequence=draft.sequence,
        kind=draft.kind,
        void_reason=draft.void_reason,
    )


def write_side(line: LineDraft, directory: Directory) -> str:
    """Return the side of a line: the name of the team, where the team is named by external id."""
    is_id = line.team and line.side == line.team and is_address(line.team)
    return directory.teams[line.team].name if is_id else line.side


def list_side_words(line: LineDraft, directory: Directory) -> Collection[str]:
    """Return what else the side of a line is or was called, where the side is the line's team.

    In a tournament, the tournaments' services know the team.
    """
    if not line.team:
        return ()
    words = directory.team_words.get(directory.teams[line.team].pk, set())
    return words if make_name_key(write_side(line, directory)) in words else ()


def add_outcomes(
    outcomes: Sequence[RecordOutcome], drafts: Sequence[MatchDraft], recorded: Recorded[MatchDraft]
) -> None:
    """Add the outcomes of records, made of ``drafts`` in that order, to ``recorded``."""
    for draft, outcome in zip(drafts, outcomes, strict=True):
        if outcome.refusal:
            reason = outcome.refusal.message.rstrip(".")
            recorded.refused.append((draft, f"line {draft.rows[0].line}: {reason}"))
        recorded.warned += [(draft, warning) for warning in outcome.warnings]
        recorded.created += outcome.status == RecordStatus.CREATED
        recorded.updated += outcome.status == RecordStatus.COMPLETED
        recorded.unchanged += outcome.status == RecordStatus.UNCHANGED
