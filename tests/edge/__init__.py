"""What a site keeps: processes that are killed at random moments, and what the next ones find."""
