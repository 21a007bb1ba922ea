"""The parts of serving-load."""
