"""Triggers: what one is, how each database writes it, how a set of them is installed, checked and migrated.

Whoever wants triggers registers a :class:`~django_tally.triggers.plan.Provider`. This package knows
nothing of numbers.
"""
