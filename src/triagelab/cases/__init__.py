"""Patients: the case schema, the generator, note rendering, note reading, and splits."""
