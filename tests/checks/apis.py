"""API versions, kinds and annotations that a platform has left behind; apis.toml is the list."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.checks.finding import Document, Finding, at, named, objects


@cache
def retired() -> Mapping[str, Mapping[str, Any]]:
    """Return the list: API version, kind or annotation to what takes its place."""
    return tomllib.loads(Path(__file__).with_name("apis.toml").read_text("utf-8"))


@cache
def _kinds() -> Mapping[tuple[str, str], str]:
    """Return where in the list each API version and kind stands."""
    rows = ((key, *key.split()) for key in retired())
    return {(api, kind): key for key, api, *kinds in rows for kind in kinds}


def retired_api(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find kinds and API versions that the platform no longer serves, or soon will not."""
    for _, each in objects(documents):
        key = _kinds().get((str(each.get("apiVersion")), str(each.get("kind"))))
        if key:
            row = retired()[key]
            message = f"{each['apiVersion']} {each['kind']} is {row['state']} since {row['since']}"
            yield Finding("retired-api", message, named(each), row["hint"])


def retired_annotation(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find annotations that nobody reads any more."""
    for _, each in objects(documents):
        for annotation in at(each, "metadata.annotations"):
            if row := retired().get(annotation):
                message = f"the annotation {annotation} is {row['state']} since {row['since']}"
                yield Finding("retired-annotation", message, named(each), row["hint"])


CHECKS = {"retired-api": retired_api, "retired-annotation": retired_annotation}
