"""The crisis benchmark: policies and the oracle in the same episodes; doing nothing is 0, the oracle is 100."""
