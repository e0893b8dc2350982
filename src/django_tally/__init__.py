"""Cached numbers, declared once, kept right by the database, each able to show the rows it counts.

It knows Django and no app. A *holder* is a model with :class:`~django_tally.fields.Stat` columns; a *source*
is a model whose rows those columns count; a *feed* is everything one source gives one holder.
"""
