"""Column maps of the sources, as data."""
