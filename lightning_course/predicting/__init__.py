"""Applying a finished run to new inputs."""
