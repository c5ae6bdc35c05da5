"""Reading files that a user brings, and writing files whole or not at all."""
