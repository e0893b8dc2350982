"""DeltaCrown: stats, history and activity for competitive gaming, with numbers that are always right."""
