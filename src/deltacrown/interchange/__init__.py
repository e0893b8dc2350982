"""Recorded matches and tournaments from files: read in whole groups, recorded through the services, a batch at a time."""
