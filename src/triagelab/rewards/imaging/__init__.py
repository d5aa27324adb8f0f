"""What an answer on imaging appropriateness is worth: four designs, each with its published form beside it."""
