"""The crisis benchmark: policies and the oracle in the same episodes, normalised between doing nothing and the oracle."""
