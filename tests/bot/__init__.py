"""The bot that proposes a newer template: its script, its workflow, and what people do while it works."""
