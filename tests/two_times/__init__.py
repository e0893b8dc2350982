"""Numbers over both times, against a model in plain Python that keeps what every row was and since when."""
