"""How records reach the site where nobody records them by hand: the reason that their history keeps."""

from django.utils.translation import gettext_noop

IMPORT = gettext_noop("import")
API = gettext_noop("API")

#: What "recorded by" can be followed by.
ORIGINS = frozenset({IMPORT, API})
