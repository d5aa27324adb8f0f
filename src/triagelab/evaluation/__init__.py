"""Evaluation: records, metrics with intervals, paired comparison, report."""
