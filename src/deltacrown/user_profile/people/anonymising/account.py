"""What goes with the account itself, in one transaction: after it nobody is told the name any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from deltacrown.accounts.belongings import OnAnonymise, list_belongings
from deltacrown.accounts.models import User
from deltacrown.accounts.services import depersonalise_user, empty_records
from deltacrown.core.audit import empty_reasons, record_deed
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import Conflict
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.models import (
    PendingAnonymisation,
    PrivacySettings,
    Standing,
    StandingChange,
    UserProfile,
)
from deltacrown.user_profile.people.anonymising.names import collect_names
from deltacrown.user_profile.people.avatars import delete_after_commit
from deltacrown.user_profile.people.profiles import allot_public_id
from deltacrown.user_profile.people.standings import record_standing
from django_tally.transactions import atomic_service

#: An export counts that was made at most so long before the account was closed, or before now.
EXPORT_COUNTS_FOR = timedelta(days=30)
Status = Tournament.Status


class CannotAnonymise(Conflict):
    """Somebody has still to do with the account what cannot be done afterwards."""


class OwnDataNotExported(Conflict):
    """The player has no copy of what is about to go."""

    code = "not-exported"


@atomic_service
def take_account_out(
    *, user: User, by: User | None, now: datetime, reason: str, without_export: bool
) -> bool:
    """Take everything from an account that says whose it was. Return False if that was done before.

    What is left to do, texts elsewhere, is kept in a ``PendingAnonymisation``. Accounts that were merged into
    this one are the same person's, and go with it.

    :raises CannotAnonymise: it is staff's, was merged into another, or its player runs a tournament.
    :raises OwnDataNotExported: the player has no copy.
    """
    accounts = _lock_accounts(user)
    profile = UserProfile.objects.select_for_update(no_key=True).get(user=user)
    if profile.standing == Standing.ANONYMISED:
        return False
    _check(accounts[0], profile)
    if not without_export:
        _check_exported(profile, now)

    named = _name_anew(accounts, now)
    _keep_names(accounts, named, now)
    # Before the account is deactivated, or a trigger would log that it was closed.
    _record_standing(accounts, profile, by=by, now=now, reason=reason)
    _delete_rows(accounts)
    for account in accounts:
        _empty(account, *named[account.pk])
    record_deed(deed=Deed.ANONYMISED, by=by, of=user, who="" if by else "itself")
    return True


def _lock_accounts(user: User) -> list[User]:
    """Lock the account and those merged into it, however many merges ago, in the order of their keys."""
    found, layer = {user.pk}, [user.pk]
    while layer:
        layer = list(
            User.objects.filter(merged_into__in=layer).exclude(pk__in=found).values_list("pk", flat=True)
        )
        found.update(layer)
    locked = User.objects.select_for_update(no_key=True).filter(pk__in=found).order_by("pk")
    accounts = {account.pk: account for account in locked}
    list(UserProfile.objects.select_for_update(no_key=True).filter(user__in=found).order_by("pk"))
    return [accounts.pop(user.pk), *accounts.values()]


def _check(user: User, profile: UserProfile) -> None:
    if profile.standing == Standing.MERGED:
        message = _("The account was merged into another; anonymise that one, or undo the merge first.")
        raise CannotAnonymise(message, field="user")
    if user.is_staff or user.is_superuser:
        message = _("%(name)s is staff; take the rights of staff away first.") % {"name": user.username}
        raise CannotAnonymise(message, field="user")
    running = Tournament.objects.filter(organiser=user, status__in=[Status.OPEN, Status.RUNNING])
    if first := running.order_by("pk").first():
        message = _("%(name)s runs %(slug)s; complete or cancel it first.")
        raise CannotAnonymise(message % {"name": user.username, "slug": first.slug}, field="user")


def _check_exported(profile: UserProfile, now: datetime) -> None:
    closed = StandingChange.objects.filter(user=profile.user_id, standing=Standing.CLOSED)
    latest = closed.order_by("-changed_at", "-id").values_list("changed_at", flat=True).first()
    since = latest if profile.standing == Standing.CLOSED and latest else now
    exported = profile.data_exported_at
    if exported is None or exported < since - EXPORT_COUNTS_FOR:
        raise OwnDataNotExported(
            _(
                "Everything kept of the player has not been exported for them: run export_own_data and hand "
                "it over, or say that it is not wanted (--without-export)."
            ),
            field="without_export",
        )


def _name_anew(accounts: Sequence[User], now: datetime) -> dict[int, tuple[str, str]]:
    """Return account's key → its new public id and username."""
    named: dict[int, tuple[str, str]] = {}
    for account in accounts:
        while account.pk not in named:
            public_id = allot_public_id(year=now.year)
            username = f"former-player-{public_id.removeprefix('DC-').replace('-', '')}"
            if not User.objects.filter(username_key=username).exists():
                named[account.pk] = (public_id, username)
    return named


def _keep_names(accounts: Sequence[User], named: dict[int, tuple[str, str]], now: datetime) -> None:
    """Keep the names for what is still to do elsewhere."""
    public_id, username = named[accounts[0].pk]
    names = collect_names([each.pk for each in accounts], username=username, public_id=public_id)
    PendingAnonymisation.objects.create(owner=accounts[0].pk, names=names, started_at=now)


def _record_standing(
    accounts: Sequence[User], profile: UserProfile, *, by: User | None, now: datetime, reason: str
) -> None:
    """Set the standing; that of a merged account stays, as it says where its results went."""
    # Reasons of the past may be about anything that led to this.
    keys = [account.pk for account in accounts]
    StandingChange.objects.filter(user__in=keys).update(reason="")
    empty_reasons(subjects=keys)
    record_standing(profile=profile, standing=Standing.ANONYMISED, reason=reason, by=by, now=now)


def _delete_rows(accounts: Sequence[User]) -> None:
    """Delete what each app declares to go: in the order of the tables, as every other writer does."""
    keys = [account.pk for account in accounts]
    for belonging in list_belongings():
        if belonging.on_anonymise is OnAnonymise.DELETE:
            belonging.model._base_manager.filter(**{f"{belonging.column}__in": keys}).delete()
    empty_records(users=accounts)


def _empty(account: User, public_id: str, username: str) -> None:
    """Take from an account and its profile what says whose they were."""
    depersonalise_user(user=account, username=username)
    pictures = UserProfile.objects.filter(user=account).exclude(avatar="")
    delete_after_commit(list(pictures.values_list("avatar", flat=True)))
    UserProfile.objects.filter(user=account).update(
        public_id=public_id,
        display_name="",
        bio="",
        country="",
        links=[],
        avatar="",
        data_exported_at=None,
    )
    PrivacySettings.objects.update_or_create(
        user=account, defaults={"show_match_history": False, "show_tournament_stats": False}
    )
