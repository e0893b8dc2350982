"""Every way of writing a counted row, declared once: tests run it, docs/reference/write-paths.md lists it.

A way is a function of a :class:`~tests.tally.ways.season.Season`. It declares what a maintainer cannot see
as its gap.
"""
