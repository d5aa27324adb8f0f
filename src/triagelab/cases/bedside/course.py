"""How a patient goes on from arrival: who gets worse, when, and what stops it."""
