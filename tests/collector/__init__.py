"""A real OpenTelemetry collector with rendered configurations: what it keeps, and what is lost."""
