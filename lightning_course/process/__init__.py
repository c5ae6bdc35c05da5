"""How the process of a command starts, is interrupted, fails and ends."""
