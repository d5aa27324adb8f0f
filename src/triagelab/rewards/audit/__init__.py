"""Know what a reward will teach before anyone trains on it."""
