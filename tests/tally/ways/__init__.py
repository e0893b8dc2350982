"""Every way of writing a row that is counted, declared once: the tests run it, docs/reference/write-paths.md lists it.

A way is a function of a :class:`~tests.tally.ways.season.Season`. What a maintainer cannot see is declared on it, as its gap.
"""
