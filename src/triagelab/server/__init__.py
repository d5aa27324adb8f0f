"""The web server: one process for all environments and their sessions."""
