"""What ``deploy/sites.yaml`` says: a release, waves, and the sites that get it with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import yaml

from gocontainer.errors import Refused
from gocontainer.texts import tr

FILE = "deploy/sites.yaml"
"""The only file that people edit for sites and releases."""


class Version(NamedTuple):
    """What a site runs; ``model`` is empty where the service carries none."""

    image: str = ""
    model: str = ""

    @property
    def model_version(self) -> str:
        """The tag of the model's image."""
        return self.model.partition("@")[0].rpartition(":")[2]


class Wave(NamedTuple):
    """Sites that get a release together; an empty ``previous`` has nothing to go back to."""

    number: int
    version: Version
    previous: Version


class Site(NamedTuple):
    """A place with nodes of its own."""

    name: str
    wave: int
    arch: str
    memory: str
    labels: Mapping[str, str]


class Gate(NamedTuple):
    """Who lets the next wave begin: a query, or a person where it is empty."""

    prometheus: str = ""
    query: str = ""


class Fleet(NamedTuple):
    """All that the file says, and where."""

    text: str
    places: Mapping[str, yaml.ScalarNode]
    """Of the values that releases change."""
    release: Version
    quorum: int
    """Percent of a wave's sites."""
    gate: Gate
    memory: Mapping[str, str]
    """By the size of the box."""
    waves: tuple[Wave, ...]
    sites: tuple[Site, ...]
    """By name."""

    def of(self, wave: int) -> list[Site]:
        """Return the sites of a wave."""
        return [site for site in self.sites if site.wave == wave]

    def until(self, wave: int) -> list[str]:
        """Return the names of the sites of all waves up to one."""
        return [site.name for site in self.sites if site.wave <= wave]

    def wave(self, number: int) -> Wave:
        """Return a wave; raise Refused where there is none of that number."""
        if not 1 <= number <= len(self.waves):
            reason = tr("there is no wave {number}", number=number)
            raise Refused(reason, tr("{file} has waves 1 to {last}.", file=FILE, last=len(self.waves)))
        return self.waves[number - 1]

    def is_done(self, late: int, sites: int) -> bool:
        """Whether a wave is done without some of its sites."""
        return (sites - late) * 100 >= self.quorum * sites


def edited(fleet: Fleet, values: Mapping[str, str]) -> str:
    """Return the file with other values at some places."""
    text = fleet.text
    # From the end, so that what is still to do stays where it is.
    for where in sorted(values, key=lambda where: fleet.places[where].start_mark.index, reverse=True):
        node = fleet.places[where]
        start = node.start_mark.index
        text = text[:start] + token(node, values[where]) + text[start + len(token(node, node.value)) :]
    return text


def token(node: yaml.ScalarNode, text: str) -> str:
    """Return a value as it is written in the place of another, in quotes where that is."""
    if node.style == "'":
        return f"'{text}'"
    return f'"{text}"' if node.style == '"' or not text else text
