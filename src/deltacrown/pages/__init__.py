"""The pages: what each one shows, put together in one call, for ``web`` and ``api`` alike.

One module per kind of page:

- ``players``, ``stats``, ``follows``, ``search``: a player, one of the player's stats, followers, finding
  players
- ``matches``, ``tournaments`` (with ``tournament_entrants`` and ``tournament_matches``), ``disputes``
- ``leaderboards``, ``integrity``: all players together
- ``oneself``, ``exports``: what belongs to whoever is signed in

A function takes what an address says (public ids, slugs, cursors) and the viewer, and returns a dataclass.
``cached`` keeps the three pages that are opened most; its ``LIFETIMES`` say for how long. ``breakdowns`` is
the job that fills that cache.
"""
