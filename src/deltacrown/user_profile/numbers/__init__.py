"""The numbers of players: values, rows, changes, explanations, leaderboards and their verification."""
