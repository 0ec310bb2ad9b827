"""For maintainers: everything that follows from the tables, and the test matrix.

Nothing of it is imported on the way of a user's command, and none of it is in the wheel's use.
"""
