"""Data that are generated when the real data of a task cannot be reached."""
