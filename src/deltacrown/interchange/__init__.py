"""Import matches and tournaments from files, in whole groups and in batches, through the services."""
