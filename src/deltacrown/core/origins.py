"""How records reach the site where nobody records them by hand: the reason that their history keeps."""

IMPORT = "import"
API = "API"

#: What "recorded by" can be followed by.
ORIGINS = frozenset({IMPORT, API})
