"""What keeps the numbers: triggers on sources and holders, or signals where a database has no triggers."""
