"""The form in a real Chromium."""
