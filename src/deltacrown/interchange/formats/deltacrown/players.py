"""The columns about a player that both kinds of files have."""

from __future__ import annotations

from deltacrown.interchange.drafts import NO_TEXTS, PlayerTexts
from deltacrown.interchange.fields import Fields

#: Longer than any display name. One that is too long for us is left out with a warning, not refused.
LONGEST_NAME, LONGEST_COUNTRY = 240, 60


def read_player_texts(fields: Fields) -> PlayerTexts:
    """Read ``player_name`` and ``country``."""
    name = fields.text("player_name", longest=LONGEST_NAME)
    country = fields.text("country", longest=LONGEST_COUNTRY)
    return PlayerTexts(name, country) if name or country else NO_TEXTS
