"""The demo season as a plan: plain values generated from a seed, without database or clock."""
