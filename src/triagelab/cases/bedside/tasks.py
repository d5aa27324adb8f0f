"""The fifteen named tasks."""
