"""Signals sent by the services of this app after changes to memberships and invitations.

A signal is sent once per service call, inside the transaction of the change. A receiver may write
rows in that transaction; with effects outside the database it uses ``transaction.on_commit``.
"""

from django.dispatch import Signal

#: Players joined teams. ``sender``: ``TeamMembership``; ``memberships``: the new rows, never empty, with
#: ``team`` and ``user`` loaded.
team_joined = Signal()

#: Players left teams. ``sender``: ``TeamMembership``; ``memberships``: the rows that ended, never empty,
#: with ``team`` and ``user`` loaded.
team_left = Signal()

#: A team asks a player to join. ``sender``: ``TeamInvitation``; ``invitation``: the new row.
player_invited = Signal()
