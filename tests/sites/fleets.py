"""Files of sites: any that are possible, and one of twelve sites in four waves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

Document = dict[str, Any]
NAMES = ("akita", "chiba", "fukui", "gifu", "kobe", "kochi", "kyoto", "mito", "nara", "oita", "osaka", "otsu", "saga")
ARCHITECTURES = ("amd64", "arm64", "arm")


class Fleet(NamedTuple):
    """What a file of sites says."""

    release: Document
    waves: list[Document]
    sites: list[Document]
    memory: Document
    quorum: int = 90

    def text(self, sites: Sequence[Document] | None = None) -> str:
        """Return the file, with its sites in another order where one is given."""
        parts = {"release": self.release, "quorum": self.quorum, "gate": "person", "memory": self.memory}
        lines = [f"{name}: {json.dumps(value)}" for name, value in parts.items()]
        for name, each in (("waves", self.waves), ("sites", self.sites if sites is None else sites)):
            lines += [f"{name}:", *(f"  - {json.dumps(item)}" for item in each)]
        return "\n".join([*lines, ""])

    def expected(self) -> dict[str, Document]:
        """Return what each site has to run."""
        return {
            each["name"]: {**self.versions(each), "memory": self.memory[each["memory"]], "arch": each["arch"]}
            for each in self.sites
        }

    def versions(self, site: Document) -> Document:
        """Return the image and the model of a site's wave."""
        wave = self.waves[site["wave"] - 1]
        return {name: wave[name] for name in ("image", "model") if name in wave}


def versions(name: str) -> st.SearchStrategy[str]:
    """Names of an image that does not move."""
    tags = st.tuples(*[st.integers(0, 30)] * 3).map(lambda parts: "v" + ".".join(map(str, parts)))
    commits = st.text("0123456789abcdef", min_size=7, max_size=40)
    digests = st.text("0123456789abcdef", min_size=64, max_size=64).map(lambda digest: f"any@sha256:{digest}")
    return st.one_of(tags, commits, digests).map(lambda tag: f"registry.example.com:5000/acme/{name}:{tag}")


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Any possible file of a service with a model."""
    version = st.fixed_dictionaries({"image": versions("orders"), "model": versions("orders-model")})
    waves = draw(st.lists(version, min_size=1, max_size=5))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=len(waves), max_size=len(NAMES), unique=True))
    memory = {"small": "48Mi", "large": draw(st.sampled_from(("64Mi", "1Gi")))}
    sites = [
        {
            "name": name,
            "wave": number + 1 if number < len(waves) else draw(st.integers(1, len(waves))),
            "arch": draw(st.sampled_from(ARCHITECTURES)),
            "memory": draw(st.sampled_from(sorted(memory))),
            **draw(st.sampled_from(({}, {"labels": {"country": "jp"}}))),
        }
        for number, name in enumerate(names)
    ]
    nothing = {"image": "", "model": ""}
    return Fleet(draw(version), [{**wave, "previous": nothing} for wave in waves], draw(st.permutations(sites)), memory)


def twelve(image: str) -> Fleet:
    """Twelve sites in four waves of 1, 2, 4 and 5, all of them with one image."""
    sizes = [1, 2, 4, 5]
    numbers = [wave for wave, size in enumerate(sizes, 1) for _ in range(size)]
    sites = [
        {"name": name, "wave": wave, "arch": ARCHITECTURES[wave % 2], "memory": "small"}
        for name, wave in zip(NAMES, numbers, strict=False)
    ]
    waves = [{"image": image, "previous": {"image": ""}} for _ in sizes]
    return Fleet({"image": image}, waves, sites, {"small": "48Mi"}, quorum=75)
