"""What is stored of tasks once more so that it is found: folded texts, and labels by their key."""
