"""What a trigger is, what each database makes of it, and how a set of them is installed and checked."""
