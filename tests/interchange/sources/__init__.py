"""Formats of real sources, as who imports them would write them, and small extracts in their shape.

The extracts were written by hand, with the columns and the odd cases of the sources. A format is a module.
"""
