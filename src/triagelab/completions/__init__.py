"""Prompts, answers, and the parser that turns a completion into an answer or says why it cannot."""
