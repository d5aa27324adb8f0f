"""Agents: they see presentations and predict; fitting lives in training."""
