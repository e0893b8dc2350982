"""What the site counts of itself, for Prometheus.

``catalogue`` declares what code counts as it happens; ``gauges`` what is read when somebody asks.
``families`` counts, ``folder`` has the counts of several processes added up, ``exposition`` writes all of it.
docs/reference/metrics.md lists every metric; a test compares the two. See docs/decisions/0078-being-seen.md.

Nothing is imported here: the settings ask ``folder`` where counts are kept, and are not there yet.
"""
