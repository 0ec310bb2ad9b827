"""The collector's rendered configuration, in a real collector."""
