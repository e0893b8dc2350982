"""Triggers: what one is, how each database writes it, and how a set of them is installed, checked and kept through migrations.

Who wants triggers registers a :class:`~django_tally.triggers.plan.Provider`. This package knows nothing of numbers.
"""
