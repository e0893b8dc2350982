"""What a player played and entered: matches and tournaments, filtered and paginated."""
