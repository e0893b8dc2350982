"""The stats engine: numbers declared once, kept right by the database, and always able to show their rows.

It knows Django and no app of this project. A *holder* is a model with :class:`~django_tally.fields.Stat`
columns; a *source* is a model whose rows those columns count; a *feed* is everything one source gives one holder.
"""
