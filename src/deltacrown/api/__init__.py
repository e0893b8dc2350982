"""The HTTP API, version 1: a module per resource under ``resources``, the shapes of what goes in and out under ``shapes``."""
