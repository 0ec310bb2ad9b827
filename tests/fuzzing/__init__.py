"""Bytes of strangers, by the thousand: `python -m tests.fuzzing NAME` drives one target by Atheris."""
