"""How this site asks a provider: soon given up, and led nowhere else."""

from __future__ import annotations

from functools import partial

import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter

#: Seconds that a provider has to connect, and for each part of its answer.
PATIENCE = 5


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """What django-allauth's social accounts ask of this site."""

    def get_requests_session(self) -> requests.Session:
        """Return a session that waits for ``PATIENCE``, and follows nowhere with a secret in hand."""
        session = requests.Session()
        session.max_redirects = 0
        session.request = partial(session.request, timeout=PATIENCE)  # type: ignore[method-assign]
        return session
