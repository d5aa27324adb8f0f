"""Imaging appropriateness: records, metrics with intervals, comparison of runs, checks of judges, dataset card."""
