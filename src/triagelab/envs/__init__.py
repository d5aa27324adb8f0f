"""Environments: episodes with a lifecycle, a registry, and the contract that proves them sound."""
