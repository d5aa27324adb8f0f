"""What a finished or running training is doing, in words."""
