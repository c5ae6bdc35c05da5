"""The options of ``train``: read, checked against each other, explained where they are wrong."""
