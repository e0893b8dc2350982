"""The activity timeline: kinds of activity, and how entries are synced, hidden, read and archived."""
