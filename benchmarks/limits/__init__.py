"""What the physical limits and the peers take, beside what we take.

Every module here is a topic. It has one or more functions ``measure`` or ``measure_…`` that return a list of
:class:`~benchmarks.limits.figure.Figure`; the frame (``python -m benchmarks``) finds them by their names.
They run on a filled PostgreSQL database (``benchmarks/season.py``) and are called with those of these keyword
arguments that they take: ``samples`` (how often to call) and ``size`` (a ``benchmarks.season.Size``).
What they write, they remove again or roll back, so that the next topic finds the same data.
"""
