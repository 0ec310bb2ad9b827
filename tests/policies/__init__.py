"""What a rendered policy refuses: bad pods, and policies that a mistake made too weak, for each engine."""
