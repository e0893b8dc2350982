"""The histories of a player: matches and tournaments, filtered and paginated."""
