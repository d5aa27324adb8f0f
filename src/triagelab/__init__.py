"""triagelab: train, stress-test and evaluate AI agents that triage patients. Research and education only."""

__version__ = "0.1.0"
