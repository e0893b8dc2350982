"""The activity timeline: what may be entered, once per fact, and how it is amended, withdrawn, hidden, read and archived."""
