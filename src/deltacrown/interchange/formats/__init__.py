"""The import formats that come with DeltaCrown, a package each.

How to add one: docs/how-to/add-an-import-format.md.
"""

#: Name → the ``Format``, as the entry points of ``pyproject.toml`` have it too. A checkout that was not
#: installed, or was before a format came, lacks their metadata: hence this table.
BUILT_IN = {
    "cwl": "deltacrown.interchange.formats.cwl:FORMAT",
    "deltacrown": "deltacrown.interchange.formats.deltacrown:FORMAT",
}
