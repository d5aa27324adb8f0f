"""Training: recipes, models, SFT, GRPO, fitted baselines, export."""
