"""Rewards: presets over one set of terms, each completion scored to a breakdown."""
