"""Make two accounts of one person one, and undo it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from deltacrown.accounts.models import PlayerMerge, User
from deltacrown.accounts.services import keep_record, lock_accounts, record_merge, record_undo
from deltacrown.core.audit import not_logged, record_deed, write_about
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.core.inputs import check_past, check_text
from deltacrown.core.words import declare_stored
from deltacrown.games.services import take_back_lines
from deltacrown.tournaments.services import lock_standings, take_back_results
from deltacrown.user_profile.models import Standing, StandingChange, UserProfile
from deltacrown.user_profile.people.addresses import get_account
from deltacrown.user_profile.people.merging import refusals
from deltacrown.user_profile.people.merging.entries import give_back_rulings, keep_lost_standings
from deltacrown.user_profile.people.merging.following import (
    Followed,
    drop_made,
    follow_facts,
    list_shared_series,
    read_first_held,
    sync_both,
)
from deltacrown.user_profile.people.merging.moving import (
    Moves,
    carry_out,
    list_lines_aside,
    move_back,
    put_back,
)
from deltacrown.user_profile.people.merging.plan import make_plan
from deltacrown.user_profile.people.merging.preview import MergePreview, describe_plan
from deltacrown.user_profile.people.merging.suspensions import bring_along, restore, take_back
from deltacrown.user_profile.people.merging.timelines import (
    JoinedTimelines,
    join_timelines,
    part_timelines,
)
from deltacrown.user_profile.people.standings import record_standing
from deltacrown.user_profile.signals import players_merged, players_parted
from django_tally.context import attributed
from django_tally.transactions import atomic_service

Told = TypeVar("Told")

REASON_LENGTH = 500
MERGES_SHOWN = 100
UNDONE_BECAUSE = declare_stored(gettext_noop("Merge undone: %(reason)s"))


def preview_merge(*, kept: User, merged: User) -> MergePreview:
    """Return what a merge would do. Writes nothing.

    :raises InvalidInput: both are one account.
    :raises CannotMerge: these accounts cannot be merged; the message says what to do instead.
    """
    refusals.check_accounts(kept, merged)
    return describe_plan(make_plan(kept=kept, merged=merged))


@atomic_service
def merge_players(
    *,
    kept: User,
    merged: User,
    by: User | None,
    reason: str,
    now: datetime,
    allow_meetings: bool = False,
) -> PlayerMerge:
    """Merge an account into another of the same person: it is as if there had been one from the start.

    What both have, one has afterwards; the other row is set aside, whole, for an undo within
    ``settings.MERGE_UNDO_DAYS``. A suspension of either holds for both, the one that ends later. Names and
    addresses of the merged account find the kept one.

    :param by: who decides; None for whoever runs commands.
    :param allow_meetings: merge although both have a line in one match.
    :raises MayNotMerge: ``by`` has not the right.
    :raises InvalidInput: both are one account, there is no reason, or ``now`` is in the future.
    :raises CannotMerge: these accounts cannot be merged; the message says what to do instead.
    :raises PlayersMet: both have a line in one match.
    """
    refusals.check_right(by)
    check_past(now, field="now")
    check_text(reason, field="reason", limit=REASON_LENGTH, required=True, multiline=True)
    lock_accounts(users=(kept, merged))
    for user in (kept, merged):
        user.refresh_from_db(fields=["merged_into", "is_active", "is_staff", "is_superuser"])
    refusals.check_accounts(kept, merged)

    plan = make_plan(kept=kept, merged=merged)
    refusals.check_meetings(plan, allowed=allow_meetings)
    was_active = merged.is_active
    with attributed(actor=by.get_username() if by else "", reason=reason):
        series, held = list_shared_series(plan), read_first_held(plan)
        standings = keep_lost_standings(plan)
        moves = carry_out(plan)
        followed = follow_facts(plan, series, held)
        timelines = join_timelines(kept=kept.pk, merged=merged.pk)
    until = now + timedelta(days=settings.MERGE_UNDO_DAYS)
    suspension = bring_along(kept=kept, merged=merged, by=by, now=now)
    # Before the account is inactive, which closes one that has a standing of its own.
    standing = _change_standing(merged, by, reason, now)
    merge = record_merge(kept=kept, merged=merged, by=by, reason=reason, now=now, undo_until=until)
    record = {
        "is_active": was_active,
        "standing": standing,
        "suspension": suspension,
        "standings": standings,
        "moves": {name: value for name, value in asdict(moves).items() if name not in {"aside", "moved"}},
        "followed": asdict(followed),
        "timelines": asdict(timelines),
    }
    keep_record(merge=merge, moved=moves.moved, set_aside=moves.aside, record=record)
    about = write_about("user", kept.pk)
    record_deed(deed=Deed.MERGED, by=by, of=merged, about=about, reason=reason, told={"kept": kept.pk})
    players_merged.send(PlayerMerge, kept=kept, merged=merged, now=now)
    return merge


def rehearse_merge(
    *, kept: User, merged: User, by: User | None, now: datetime, read: Callable[[User], Told]
) -> Told:
    """Return what ``read`` tells of the kept account after a merge, which is rolled back and logged nowhere.

    Refusals are those of ``merge_players``; that both met in a match is none here.
    """
    # not atomic: nothing of it is kept
    accounts = {each.pk: each for each in User.objects.filter(pk__in=(kept.pk, merged.pk))}
    stays = accounts[kept.pk]
    with not_logged(), transaction.atomic():
        merge_players(kept=stays, merged=accounts[merged.pk], by=by, reason="-", now=now, allow_meetings=True)
        told = read(stays)
        transaction.set_rollback(True)
    return told


@atomic_service
def undo_merge(*, merge: PlayerMerge, by: User | None, now: datetime) -> PlayerMerge:
    """Undo a merge: both accounts have again what they had, as it is by now.

    What was recorded of the kept account since stays with it.

    :raises MayNotMerge: ``by`` has not the right.
    :raises InvalidInput: ``now`` is in the future.
    :raises CannotUndoMerge: it was undone, it is too late, or something that it takes is gone.
    """
    refusals.check_right(by)
    check_past(now, field="now")
    merge = PlayerMerge.objects.select_related("kept", "merged").get(pk=merge.pk)
    # Whoever rules on an entrant locks the tournament first, too.
    lock_standings(merge.record.get("standings", ()))
    lock_accounts(users=(merge.kept, merge.merged))
    merge.refresh_from_db()
    refusals.check_undo(merge, now=now)
    try:
        with transaction.atomic():
            _undo(merge, by, now)
    except IntegrityError as error:
        message = _("What was set aside has been recorded anew since; the merge stays.")
        raise refusals.CannotUndoMerge(message, field="merge") from error
    standing, was_active = merge.record["standing"], merge.record["is_active"]
    take_back(merge.record.get("suspension"), kept=merge.kept, by=by, now=now)
    _restore_standing(merge.merged, standing, by, now)
    record_undo(merge=merge, by=by, was_active=was_active, now=now)
    about = write_about("user", merge.kept_id)
    record_deed(deed=Deed.PARTED, by=by, of=merge.merged_id, about=about, told={"kept": merge.kept_id})
    players_parted.send(PlayerMerge, kept=merge.kept, merged=merge.merged, now=now)
    return merge


def find_account(public_id: str, *, field: str) -> User:
    """Return the account with this public id itself, also one that was merged into another.

    :raises InvalidInput: there is none.
    """
    try:
        user: User = get_account(public_id).user
    except NotFound as error:
        raise InvalidInput(error.message, field=field) from error
    return user


def get_merge(*, merged: User) -> PlayerMerge:
    """Return the merge by which an account ended, or the latest that was undone.

    :raises NotFound: it never was merged into another.
    """
    rows = PlayerMerge.objects.filter(merged=merged).select_related("kept__profile", "merged__profile")
    merge = rows.order_by("-pk").first()
    if merge is None:
        message = _("%(name)s was never merged into another account.") % {"name": merged.username}
        raise NotFound(message, field="merged")
    return merge


def list_merges(user: User) -> list[PlayerMerge]:
    """Return the latest merges into an account and of it, at most ``MERGES_SHOWN``."""
    rows = PlayerMerge.objects.filter(kept=user) | PlayerMerge.objects.filter(merged=user)
    named = rows.select_related("kept__profile", "merged__profile", "decided_by__profile")
    return list(named.defer("moved", "set_aside", "record").order_by("-merged_at", "-pk")[:MERGES_SHOWN])


def _undo(merge: PlayerMerge, by: User | None, now: datetime) -> None:
    kept, merged = merge.kept_id, merge.merged_id
    record: dict[str, Any] = merge.record
    standings = record.get("standings", [])
    followed = Followed(**record["followed"])
    moves = Moves(aside=merge.set_aside, moved=merge.moved, **record["moves"])
    reason = UNDONE_BECAUSE % {"reason": merge.reason}
    with attributed(actor=by.get_username() if by else "", reason=reason):
        drop_made(followed)
        put_back(followed.aside)
        give_back_rulings(standings, kept=kept, merged=merged)
        move_back(moves, kept=kept, merged=merged)
        for each in standings:
            take_back_results(kept=each)
        lines = list_lines_aside(moves)
        take_back_lines(returned=lines, since=moves.history["last"], reason=reason, by=by, now=now)
        sync_both((kept, merged), [(event, name) for event, name in followed.series])
        part_timelines(JoinedTimelines(**record["timelines"]), kept=kept, merged=merged)


def _change_standing(user: User, by: User | None, reason: str, now: datetime) -> list[Any]:
    """Set the standing to MERGED, and return what it was."""
    profile = UserProfile.objects.get(user=user)
    was, until = profile.standing, profile.standing_until
    record_standing(profile=profile, standing=Standing.MERGED, reason=reason, by=by, now=now)
    return [was, until.isoformat() if until else None]


def _restore_standing(user: User, standing: Sequence[Any], by: User | None, now: datetime) -> None:
    """Give the merged account the standing back that it had, as it was decided then."""
    was, until = standing
    changes = StandingChange.objects.filter(user=user, standing=was).order_by("-changed_at", "-id")
    restore(user, was, until, before=changes.values_list("pk", flat=True).first(), by=by, now=now)
