"""Imaging questions: notes and procedures with labels from the rules, wordings, gold reasoning, splits."""
