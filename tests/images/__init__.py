"""Images that a real BuildKit builds from the rendered Dockerfile, and containers that a real runtime runs."""
