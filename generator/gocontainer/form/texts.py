"""What the page says around questions and files."""

from __future__ import annotations

from collections.abc import Mapping

from gocontainer.texts import LANGUAGES, tr


def texts() -> Mapping[str, object]:
    """Return the texts of the page by the names that it has for them."""
    return {
        "title": tr("Configure a Go service"),
        "lead": tr("Answer what matters to you. The rest has a default, and the files follow at once."),
        "questions": tr("Questions"),
        "files": tr("Files"),
        "download": tr("Download as zip"),
        "link": tr("Copy the link"),
        "command": tr("To write it, without questions:"),
        "copy": tr("Copy the command"),
        "copied": tr("Copied"),
        "not_copied": tr("Your browser does not let this page copy."),
        "default": tr("default"),
        "show_difference": tr("Show what differs from the defaults"),
        "idle": tr("Not asked with these answers"),
        "language": tr("Language"),
        "skip": tr("Go to the files"),
        "failed": tr("The form does not answer."),
        "marks": {"+": tr("new"), "-": tr("left out"), "~": tr("changed")},
        "languages": LANGUAGES,
    }
