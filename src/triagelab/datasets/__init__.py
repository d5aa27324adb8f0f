"""Datasets: one adapter per source, each with a row-level reject log."""
