"""Sphinx builds the site from these settings: ``sphinx-build -W --keep-going -n -b html docs OUT``."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.append(str(Path(__file__).parent))
from llms import llms_txt

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_PACKAGE = Path(__file__).parents[1] / "generator" / "gocontainer" / "__init__.py"
_VERSION = re.search(r'^__version__ = "(.+)"$', _PACKAGE.read_text("utf-8"), re.MULTILINE)
assert _VERSION, _PACKAGE

project = "gocontainer"
version = release = _VERSION[1]
extensions = ["myst_parser"]
exclude_patterns = ["measured/*.md"]  # parts of pages
myst_heading_anchors = 3  # so that cli.md#exit-codes is a link, as on the forge
html_theme = "furo"  # brings no web font and loads nothing from elsewhere
html_static_path = ["_static"]
html_css_files = ["cards.css"]
html_title = f"gocontainer {version}"
html_copy_source = False
html_show_copyright = False  # the licence says it


def setup(app: Sphinx) -> None:
    """Have llms.txt beside the pages."""
    app.connect("build-finished", _write_llms_txt)


def _write_llms_txt(app: Sphinx, failed: Exception | None) -> None:
    if failed is None:
        (Path(app.outdir) / "llms.txt").write_text(llms_txt(Path(app.srcdir)), "utf-8")
