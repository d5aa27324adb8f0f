"""A patient at the bedside: what can be asked and done, what it shows, and the course that goes on meanwhile."""
