"""A registry in memory, and images in it as BuildKit pushes them: with provenance and an SBOM for each platform."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from docs.demo import free_ports

from tests.helpers.daemons import answers, process, until
from tests.signing.tools import tool

SOURCE = "https://github.com/acme/orders"
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
PREDICATES = {"sbom": "https://spdx.dev/Document", "provenance": "https://slsa.dev/provenance/v1"}


class Release(NamedTuple):
    """What an image is made of, and what is attested of it."""

    version: str = "v1.2.0"
    source: str = SOURCE
    builder: str = f"{SOURCE}/actions/runs/7/attempts/1"
    layer: bytes = b"the service"
    attests: tuple[str, ...] = ("sbom", "provenance")

    def statement(self, kind: str, image: str) -> dict[str, Any]:
        """Return a statement of in-toto, as BuildKit v0.34.2 writes it (solver/llbsolver/provenance/types)."""
        build = {"externalParameters": {"request": {"args": {"build-arg:VERSION": self.version}}}}
        run = {"builder": {"id": self.builder}, "metadata": {"buildkit_metadata": {"vcs": {"source": self.source}}}}
        return {
            "_type": "https://in-toto.io/Statement/v0.1",
            "predicateType": PREDICATES[kind],
            "subject": [{"name": "pkg:docker/orders", "digest": {"sha256": image.partition(":")[2]}}],
            "predicate": {"buildDefinition": build, "runDetails": run} if kind == "provenance" else {"SPDXID": "x"},
        }


class Registry(NamedTuple):
    """A registry on this machine, and one repository of it."""

    address: str

    @property
    def name(self) -> str:
        """The repository, as make is told it."""
        return f"{self.address}/acme/orders"

    def push(self, release: Release, tag: str = "") -> str:
        """Push an image for two platforms, by its version as a tag or by another; return the digest of its index."""
        entries: list[dict[str, Any]] = []
        for architecture in ("amd64", "arm64"):
            image = self._manifest({"architecture": architecture, "os": "linux"}, [self._blob(release.layer, "tar")])
            entries.append({**image, "platform": {"architecture": architecture, "os": "linux"}})
            layers = [
                self._blob(json.dumps(release.statement(kind, image["digest"])).encode(), "in-toto")
                | {"annotations": {"in-toto.io/predicate-type": PREDICATES[kind]}}
                for kind in release.attests
            ]
            if layers:
                about = {"vnd.docker.reference.type": "attestation-manifest"}
                about["vnd.docker.reference.digest"] = image["digest"]
                attested = self._manifest({"architecture": "unknown", "os": "unknown"}, layers)
                nowhere = {"architecture": "unknown", "os": "unknown"}
                entries.append({**attested, "annotations": about, "platform": nowhere})
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
        return self.put(index, tag or release.version)

    def put(self, document: Mapping[str, Any], reference: str = "") -> str:
        """Push a manifest by a tag or by its digest, which is returned."""
        content = json.dumps(document).encode()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self._send("PUT", f"manifests/{reference or digest}", content, str(document["mediaType"]))
        return digest

    def get(self, reference: str) -> dict[str, Any]:
        """Return a manifest."""
        with urllib.request.urlopen(f"http://{self.address}/v2/acme/orders/manifests/{reference}") as answer:
            return dict(json.loads(answer.read()))

    def transplant(self, one: str, other: str) -> None:
        """Have the signatures of one digest be found at another; they are listed in an index, by a tag."""
        self.put(self.get(one.replace(":", "-")), other.replace(":", "-"))

    def _manifest(self, config: Mapping[str, Any], layers: list[dict[str, Any]]) -> dict[str, Any]:
        described = self._blob(json.dumps(config).encode(), "config")
        document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": layers}
        size = len(json.dumps(document).encode())
        return {"mediaType": MANIFEST, "digest": self.put(document), "size": size}

    def _blob(self, content: bytes, kind: str) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self._send("POST", f"blobs/uploads/?digest={digest}", content, "application/octet-stream")
        types = {"tar": "application/vnd.oci.image.layer.v1.tar", "config": "application/vnd.oci.image.config.v1+json"}
        return {"mediaType": types.get(kind, "application/vnd.in-toto+json"), "digest": digest, "size": len(content)}

    def _send(self, method: str, path: str, content: bytes, kind: str) -> None:
        address = f"http://{self.address}/v2/acme/orders/{path}"
        request = urllib.request.Request(address, content, {"Content-Type": kind}, method=method)
        urllib.request.urlopen(request).close()


@contextmanager
def registry(scratch: Path) -> Iterator[Registry]:
    """Run a registry that has nothing yet."""
    address = f"127.0.0.1:{free_ports(1)[0]}"
    with process([tool("CRANE"), "registry", "serve", "--address", address], scratch / "registry.log"):
        until(lambda: answers(f"http://{address}/v2/"), "the registry")
        yield Registry(address)
