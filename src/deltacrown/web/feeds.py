"""Atom feeds, written from entries that everybody may see."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from deltacrown.pages.sharing import FeedEntry

#: What XML cannot hold.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
#: The year from which our tag addresses are, as RFC 4151 wants one.
TAGS_SINCE = 2025
#: What dates a feed without entries: it must not look new each time it is read.
NEVER_UPDATED = datetime(1970, 1, 1, tzinfo=UTC)


class Feed(Atom1Feed):
    """An Atom feed that is as old as its latest entry."""

    def latest_post_date(self) -> datetime:
        """Return the time of the latest entry."""
        return max((item["updateddate"] for item in self.items), default=NEVER_UPDATED)


def write_feed(
    request: HttpRequest, entries: Iterable[FeedEntry], *, title: str, subtitle: str, page: str
) -> str:
    """Return a feed.

    :param page: the path of the page that shows the same; entries about no tournament link to it.
    """
    link = request.build_absolute_uri(page)
    own = request.build_absolute_uri(request.path)
    feed = Feed(
        title=clean(title),
        link=link,
        description="",
        subtitle=clean(subtitle),
        feed_url=own,
        feed_guid=own,
        author_name="DeltaCrown",
        language=settings.LANGUAGE_CODE,
    )
    for entry in entries:
        path = reverse("tournament", args=[entry.tournament]) if entry.tournament else page
        feed.add_item(
            title=clean(entry.title),
            link=request.build_absolute_uri(path),
            description=clean(entry.text) or None,  # type: ignore[arg-type] # no empty summary
            unique_id=f"tag:{_get_host(request)},{TAGS_SINCE}:{entry.key}",
            pubdate=entry.at,
            updateddate=entry.at,
        )
    return feed.writeString("utf-8")


def clean(text: str) -> str:
    """Return text without what XML cannot hold; the rest is escaped when it is written."""
    return NOT_IN_XML.sub("", text)


def _get_host(request: HttpRequest) -> str:
    """Return the name of the host without its port: a tag has none."""
    host = request.get_host()
    return host if host.endswith("]") else host.rsplit(":", 1)[0]
