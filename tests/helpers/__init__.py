"""Builders and looks that the tests share."""
