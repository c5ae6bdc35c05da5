"""Many runs side by side: which ones, their processes, one table."""
