"""Sphinx builds the site from these settings: ``sphinx-build -W --keep-going -n -b html docs OUT``."""

from __future__ import annotations

import re
from pathlib import Path

_PACKAGE = Path(__file__).parents[1] / "generator" / "gocontainer" / "__init__.py"
_VERSION = re.search(r'^__version__ = "(.+)"$', _PACKAGE.read_text("utf-8"), re.MULTILINE)
assert _VERSION, _PACKAGE

project = "gocontainer"
version = release = _VERSION[1]
extensions = ["myst_parser"]
exclude_patterns = ["measured/*.md"]  # parts of pages
myst_heading_anchors = 3  # so that cli.md#exit-codes is a link, as on the forge
html_theme = "furo"  # brings no web font and loads nothing from elsewhere
html_extra_path = ["llms.txt"]
html_static_path = ["_static"]
html_css_files = ["cards.css"]
html_title = f"gocontainer {version}"
html_copy_source = False
html_show_copyright = False  # the licence says it
