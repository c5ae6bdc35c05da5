"""Data generated on the spot for the tasks whose real data set cannot be reached."""
