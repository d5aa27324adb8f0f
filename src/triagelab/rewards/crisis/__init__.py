"""What a decision in the hospital crisis is worth: the pay of a step, and eight verifiers of one completion."""
