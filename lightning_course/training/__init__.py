"""What makes a run: the command line of ``train``, training, the report, the console."""
