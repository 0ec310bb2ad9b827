"""What a fault costs a caller: Envoy in front of two zones of the rendered service, by the rendered objects."""
