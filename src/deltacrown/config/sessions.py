"""Sessions in the database, as Django keeps them, read by a statement that is compiled once."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session

from deltacrown.core.clock import now
from deltacrown.core.prepared import Parameter, PreparedQuery

#: Every page of somebody who is signed in asks for it.
_NOT_OVER = PreparedQuery(
    lambda: Session.objects.filter(session_key=Parameter(0), expire_date__gt=Parameter(1)).order_by("pk")[:1],
    is_by_key=True,
)


class SessionStore(DatabaseStore):
    """Django's own, but for how a session is looked up."""

    def _get_session_from_db(self) -> Session | None:
        found = _NOT_OVER.first(self.session_key, now()) if self.session_key else None
        if found is None:
            self._session_key = None
        return found
