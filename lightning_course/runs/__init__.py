"""The run folder, and reading a run back: its results, its checkpoint, its model and data."""
