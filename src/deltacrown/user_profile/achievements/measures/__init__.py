"""The measures that achievements of the catalogue count, a module each."""
