"""The caller's account, privacy and timeline."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query

from deltacrown.api.access import OWN, PERSON, caller_of
from deltacrown.api.resource import Resource
from deltacrown.api.shapes import PageOf, PagingByTen, page_of
from deltacrown.api.shapes.me import GivenPrivacy, Me, Privacy
from deltacrown.api.shapes.players import ActivityLine
from deltacrown.pages import oneself
from deltacrown.user_profile.people import privacy_settings
from deltacrown.user_profile.services import stats_service
from deltacrown.user_profile.timeline.hiding import set_entry_hidden
from deltacrown.user_profile.timeline.reading import describe_entries

resource = Resource("me")

EntryPath = Annotated[str, Path(description="The entry's handle.")]


@resource.read("/me", answers=Me, access=OWN)
def get_me(request: HttpRequest) -> Any:
    """The caller: the person signed in, or the owner of the key."""
    caller = caller_of(request)
    own = oneself.get_own_page(caller.member)
    profile = own.profile
    return {
        "public_id": profile.public_id,
        "name": profile.name,
        "country": profile.country,
        "picture": profile.picture,
        "username": caller.member.username,
        "is_staff": caller.is_staff,
        "stats": own.stats,
        "privacy": own.privacy,
        "standing": own.standing,
        "key": caller.key,
    }


@resource.read("/me/privacy", answers=Privacy, access=OWN)
def get_privacy(request: HttpRequest) -> Any:
    """What the caller lets others see."""
    return privacy_settings.get_privacy(caller_of(request).member)


@resource.write("PUT", "/me/privacy", answers=Privacy, access=PERSON)
def set_privacy(request: HttpRequest, body: GivenPrivacy) -> Any:
    """Set what the caller lets others see; it holds from now on, on cached pages too."""
    member = caller_of(request).member
    return privacy_settings.set_privacy(user=member, **body.model_dump())


@resource.read("/me/activity", answers=PageOf[ActivityLine], access=OWN)
def list_my_activity(request: HttpRequest, query: Query[PagingByTen]) -> Any:
    """The caller's own timeline, hidden entries too, each with the handle to hide it by."""
    member = caller_of(request).member
    return page_of(stats_service.get_activity_timeline(member, member, query.page, limit=query.limit))


@resource.write("POST", "/me/activity/{handle}/hide", answers=ActivityLine, access=PERSON, refuses=[404])
def hide_activity(request: HttpRequest, handle: EntryPath) -> Any:
    """Hide an entry of the caller's own timeline from everybody else."""
    return _set_hidden(request, handle, hidden=True)


@resource.write("POST", "/me/activity/{handle}/show", answers=ActivityLine, access=PERSON, refuses=[404])
def show_activity(request: HttpRequest, handle: EntryPath) -> Any:
    """Show an entry of the caller's own timeline again."""
    return _set_hidden(request, handle, hidden=False)


def _set_hidden(request: HttpRequest, handle: str, *, hidden: bool) -> Any:
    entry = set_entry_hidden(user=caller_of(request).member, handle=handle, hidden=hidden)
    return describe_entries([entry], own=True)[0]
