"""A finished run's model in other forms."""
