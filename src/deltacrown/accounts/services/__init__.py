"""The services that write users, API keys and answered requests; nothing else writes these tables."""

from deltacrown.accounts.services.answers import Answer, InvalidIdempotencyKey, KeyReused, answer_once
from deltacrown.accounts.services.keys import (
    SCOPES,
    InvalidKey,
    KeyNotFound,
    MayNotGrant,
    NewKey,
    TooManyKeys,
    authenticate_key,
    create_key,
    list_keys,
    revoke_key,
)
from deltacrown.accounts.services.players import (
    InvalidUsername,
    create_players,
    find_players,
    find_username_faults,
    rename_player,
    resolve_usernames,
    set_sign_in,
)

__all__ = [
    "SCOPES",
    "Answer",
    "InvalidIdempotencyKey",
    "InvalidKey",
    "InvalidUsername",
    "KeyNotFound",
    "KeyReused",
    "MayNotGrant",
    "NewKey",
    "TooManyKeys",
    "answer_once",
    "authenticate_key",
    "create_key",
    "create_players",
    "find_players",
    "find_username_faults",
    "list_keys",
    "rename_player",
    "resolve_usernames",
    "revoke_key",
    "set_sign_in",
]
