"""Follows between a pair of which one would block the other once two accounts are one.

A database trigger deletes such a follow as soon as its row or the block is written, so the follows are set
aside before anything moves, and an undo has them again.
"""

from __future__ import annotations

from django.db.models import Q

from deltacrown.user_profile.models import Block, Follow
from deltacrown.user_profile.people.merging.planned import Clash, Plan


def set_blocked_follows_aside(plan: Plan) -> None:
    """Set aside the follows between either account and whom either blocks or is blocked by."""
    pair = plan.pair
    blocks = Block.objects.filter(Q(blocker__in=pair) | Q(blocked__in=pair))
    others = {user for row in blocks.values_list("blocker", "blocked") for user in row} - set(pair)
    between = Q(follower__in=pair, followed__in=others) | Q(follower__in=others, followed__in=pair)
    for key in Follow.objects.filter(between).order_by("pk").values_list("pk", flat=True):
        plan.set_aside(Follow, key, Clash(0, ("follower", "followed")))
