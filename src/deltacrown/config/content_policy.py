"""The Content-Security-Policy of every response: what a page may load, and where its forms may lead.

Everything comes from this site. There is no inline style and no inline script, so no nonce is needed, in the
admin neither.
"""

from __future__ import annotations

from csp.constants import NONE, SELF

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
