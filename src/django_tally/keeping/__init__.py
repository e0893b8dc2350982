"""Keeping the numbers: the triggers on sources and holders, or, where a database has none, signals in Python."""
