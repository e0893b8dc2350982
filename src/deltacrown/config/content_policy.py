"""The Content-Security-Policy of every response: what a page may load, and where its forms may lead.

Everything comes from this site. There is no inline style and no inline script, so no nonce is needed, in the
admin neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csp.constants import HEADER, NONE, SELF
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

CONTENT_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

#: What a view may have changed of it for one response.
CHANGES = tuple(
    f"_csp_{name}{end}" for name in ("config", "update", "replace", "exempt") for end in ("", "_ro")
)


class ContentPolicy(CSPMiddleware):
    """As its base sets the header, which is written once where no view changed the policy."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.usual = build_policy()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Set the header."""
        has_more = settings.DEBUG or hasattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY")
        if has_more or hasattr(request, "_csp_nonce") or any(hasattr(response, name) for name in CHANGES):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self.usual)
        return response
