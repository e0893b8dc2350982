"""What each page about a player, a tournament, a match, a dispute or oneself shows, for the site and the API alike."""
