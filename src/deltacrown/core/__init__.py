"""What every app may lean on and no business word belongs in: clock, pagination, errors, transactions."""
