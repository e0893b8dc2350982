"""Shared code without business rules: clock, pagination, errors, input checks, scheduled jobs."""
