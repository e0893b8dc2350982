"""The groups of staff get their permissions when ``migrate`` has made both."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from deltacrown.accounts.rights import GROUPS, Right


def fill_groups(*, using: str, **_: Any) -> None:
    """Give every group of ``GROUPS`` that has no permission yet its own; as a receiver of ``post_migrate``.

    A group that was given or denied something by hand stays as it is, and one that was deleted stays away.
    """
    empty = Group.objects.using(using).filter(name__in=GROUPS, permissions__isnull=True)
    for group in empty:
        group.permissions.set(_list_permissions(GROUPS[group.name], using))


def _list_permissions(rights: tuple[Right, ...], using: str) -> list[Permission]:
    wanted = Q()
    for right in rights:
        app_label, _, codename = right.partition(".")
        wanted |= Q(content_type__app_label=app_label, codename=codename)
    return list(Permission.objects.using(using).filter(wanted))
