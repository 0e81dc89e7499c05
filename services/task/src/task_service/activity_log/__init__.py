"""The activity of tasks: a line for each event, written with what it tells of."""
