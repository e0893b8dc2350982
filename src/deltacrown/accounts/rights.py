"""What a member of staff may do: every right is one of Django's permissions, and being staff alone is none.

This is the one list of rights. Services, pages, API and admin ask ``has_right``; nothing else reads
``is_staff``, except to show whether somebody may open the admin.
"""

from __future__ import annotations

from enum import StrEnum

from django.contrib.auth.models import AnonymousUser

from deltacrown.accounts.models import User


class Right(StrEnum):
    """A right of staff, by the name of the permission that grants it."""

    VIEW_HIDDEN = "user_profile.view_hidden"
    VIEW_VERIFICATIONS = "user_profile.view_kycverification"
    DECIDE_VERIFICATIONS = "user_profile.change_kycverification"
    VIEW_DISPUTES = "moderation.view_dispute"
    RESOLVE_DISPUTES = "moderation.change_dispute"
    MANAGE_TOURNAMENTS = "tournaments.manage_any"
    MANAGE_TEAMS = "teams.manage_any"
    RECORD_MATCHES = "games.add_match"
    CHANGE_MATCHES = "games.change_match"
    ACT_FOR_PLAYERS = "accounts.act_for_player"
    GRANT_RECORDING = "accounts.grant_recording"
    CREATE_PLAYERS = "accounts.create_players"
    SUSPEND_PLAYERS = "user_profile.suspend_players"
    REMOVE_PICTURES = "user_profile.remove_pictures"
    MERGE_PLAYERS = "user_profile.merge_players"
    ANONYMISE_PLAYERS = "user_profile.anonymise_players"
    VIEW_AUDIT = "core.view_auditentry"
    MANAGE_WEBHOOKS = "webhooks.change_webhookendpoint"


#: Group → its rights. ``migrate`` makes the groups; who is in them, and what they may, is kept afterwards.
GROUPS: dict[str, tuple[Right, ...]] = {
    "Moderators": (
        Right.VIEW_HIDDEN,
        Right.VIEW_DISPUTES,
        Right.RESOLVE_DISPUTES,
        Right.VIEW_VERIFICATIONS,
        Right.DECIDE_VERIFICATIONS,
        Right.SUSPEND_PLAYERS,
        Right.REMOVE_PICTURES,
        Right.VIEW_AUDIT,
    ),
    "Organisers": (Right.MANAGE_TOURNAMENTS, Right.MANAGE_TEAMS),
    "Recorders": (Right.RECORD_MATCHES, Right.CHANGE_MATCHES),
    "Operators": (
        Right.ACT_FOR_PLAYERS,
        Right.GRANT_RECORDING,
        Right.CREATE_PLAYERS,
        Right.MERGE_PLAYERS,
        Right.ANONYMISE_PLAYERS,
        Right.VIEW_AUDIT,
        Right.MANAGE_WEBHOOKS,
    ),
}


def has_right(user: User | AnonymousUser | None, right: Right) -> bool:
    """Return whether ``user`` is an active member of staff with this permission; superusers have all.

    The permission alone is not enough, as in the admin: a key acts as its owner without being staff, and so
    has no right.
    """
    return user is not None and user.is_active and user.is_staff and user.has_perm(right)
