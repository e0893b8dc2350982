"""What becomes of matches when a player's accounts are merged, or the player is anonymised."""

from deltacrown.accounts.belongings import Belonging, OnAnonymise, OnMerge
from deltacrown.accounts.texts import describe
from deltacrown.games.models import MATCH_TABLES, ArchivedMatch, FormerGameName, Game, Match, Season

BELONGINGS = [
    Belonging(Match, "user", OnMerge.MOVE, OnAnonymise.KEEP),
    Belonging(ArchivedMatch, "user", OnMerge.MOVE, OnAnonymise.KEEP),
]

TEXTS = [
    describe(Game, title="slug name"),
    describe(FormerGameName, title="key name search_key"),
    describe(Season, title="slug name"),
    *(
        describe(
            table,
            nameless="kind result ended_by",
            key="match_key",
            fact="side score stats",
            free="uncounted_reason void_reason",
        )
        for table in MATCH_TABLES
    ),
]
