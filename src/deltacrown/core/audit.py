"""The log of what staff read and do with the data of others.

It is written whatever the level of the other logs is, see ``LOGGING`` in the settings. Every line has the
time, and names people by their key, never by a name that can change.
"""

from __future__ import annotations

import logging

audit = logging.getLogger("deltacrown.audit")
