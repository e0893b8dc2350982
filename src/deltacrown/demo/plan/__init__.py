"""The demo season as a plan: plain values made from a seed, without the database and without a clock."""
