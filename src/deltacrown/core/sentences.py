"""Sentences that end with a name."""

from __future__ import annotations

#: What ends a sentence by itself, as names such as ``Kerem Ç.`` do.
ENDS = (".", "!", "?", "…")


def end_sentence(text: str) -> str:
    """Return ``text`` with a full stop, unless the name at its end brings one."""
    return text if text.endswith(ENDS) else f"{text}."
