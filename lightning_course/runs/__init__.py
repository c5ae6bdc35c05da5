"""A finished run: its folder, its results, its checkpoint, and reading it back."""
