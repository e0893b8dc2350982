"""The organiser's console: the tournaments one runs, and the desk of each."""
