"""Stand-ins for the images that a rendered Dockerfile names, made of this machine's own files.

Nothing is pulled: Debian's packages that are installed here are copied, file by file, and so is Go.
So sizes and digests are not those of the real images, and there is no apk and no apt inside. What
the Dockerfile needs of a base is there: a C compiler beside Go, certificates, time zones, the user
nonroot, a shell where the real one has a shell and none where it has none.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from gocontainer.options.subjects.base_images import BASE_IMAGES, BaseImage
from tests.helpers.support import PINS

GO_PACKAGES = (
    "bash binutils binutils-common binutils-x86-64-linux-gnu coreutils cpp cpp-12 dash findutils gawk gcc gcc-12 grep "
    "libacl1 libasan8 libatomic1 libattr1 libbinutils libc-bin libc6 libc6-dev libcc1-0 libcrypt-dev libcrypt1 "
    "libctf0 libgcc-12-dev libgcc-s1 libgmp10 libgomp1 libgprofng0 libisl23 libitm1 libjansson4 libmpc3 libmpfr6 "
    "libpcre2-8-0 libreadline8 libselinux1 libsigsegv2 libstdc++6 libtinfo6 libzstd1 linux-libc-dev mawk sed tar zlib1g"
)
SLIM_PACKAGES = (
    "bash coreutils dash findutils grep libacl1 libattr1 libc-bin libc6 libcrypt1 libgcc-s1 libpcre2-8-0 libselinux1 "
    "libtinfo6 sed tar zlib1g"
)
GIT_PACKAGES = (
    "git libbrotli1 libcom-err2 libcurl3-gnutls libexpat1 libffi8 libgnutls30 libgssapi-krb5-2 libhogweed6 libidn2-0 "
    "libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libldap-2.5-0 libnettle8 libnghttp2-14 libp11-kit0 libpsl5 "
    "librtmp1 libsasl2-2 libssh2-1 libssl3 libtasn1-6 libunistring2 openssh-client"
)
GLIBC_PACKAGES = "libc6 libssl3"
NEEDED = ("busybox-static", "ca-certificates", "gcc", "git", "libc6-dev", "libssl3", "openssh-client", "tzdata")
"""Debian packages that must be installed for the stand-ins."""

_NOT_COPIED = ("/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/", "/usr/share/info/", "/usr/share/lintian/")
_MERGED = ("bin", "sbin", "lib", "lib64")
_PASSWD = "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"
_GROUP = "root:x:0:\nnonroot:x:65532:\n"
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_EVERY = ("amd64", "arm64", "arm/v7")

FRONTEND, SCANNER = "docker/dockerfile:1", "docker/buildkit-syft-scanner:stable-1"
_FRONTEND_CAPS = ",".join(f"moby.buildkit.frontend.{each}" for each in ("inputs", "subrequests", "contexts"))
_SCAN = """#!/bin/sh
set -eu
[ -d "$BUILDKIT_SCAN_SOURCE" ]
cat > "$BUILDKIT_SCAN_DESTINATION/sbom.spdx.json" <<'END'
{"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://spdx.dev/Document",
 "predicate": {"spdxVersion": "SPDX-2.3", "name": "stand-in"}}
END
"""


class Standin(NamedTuple):
    """An image of one layer: its tar, what its configuration says, and its platforms, all with the same files."""

    tar: bytes
    config: Mapping[str, Any]
    platforms: Sequence[str] = ("amd64",)


def names() -> list[str]:
    """Return the names that the stand-ins answer to."""
    pins = [pin["value"] for pin in PINS["base_image"].values()]
    return [name for name in pins if name != "scratch"] + [FRONTEND, SCANNER]


def standins(frontend: Path, go: Path) -> dict[str, Standin]:
    """Return each image under its real name; ``frontend`` is the Dockerfile frontend's binary, ``go`` is GOROOT."""
    nonroot = {"User": "65532", "WorkingDir": "/home/nonroot", "Env": [_PATH, f"SSL_CERT_FILE={_CERTIFICATES}"]}
    shell = {"Cmd": ["/bin/sh"], "Env": [_PATH]}
    build = {"WorkingDir": "/go", "Env": [f"{_PATH}:/usr/local/go/bin", "GOPATH=/go", "GOTOOLCHAIN=local"]}
    scanner = Tar().folders("bin").file("bin/busybox", _busybox(), 0o755).file("bin/scan", _SCAN.encode(), 0o755)
    scanner.link("bin/sh", "busybox").link("bin/cat", "busybox")
    made = {
        "build": Standin(
            Tar().packages(f"{GO_PACKAGES} {GIT_PACKAGES}").basics().certificates().tree("usr/local/go", go).end(),
            build,
        ),
        **{
            name: Standin(_made_of(image).end(), shell if image.has_shell else nonroot, _EVERY)
            for name, image in BASE_IMAGES.items()
            if name != "scratch"
        },
    }
    pins = {name: pin["value"] for name, pin in PINS["base_image"].items() if pin["value"] != "scratch"}
    return {
        **{pins[name]: made[name] for name in pins},
        FRONTEND: Standin(
            Tar().file("bin/dockerfile-frontend", frontend.read_bytes(), 0o755).end(),
            {
                "Entrypoint": ["/bin/dockerfile-frontend"],
                "Env": [_PATH],
                "Labels": {
                    "moby.buildkit.frontend.caps": _FRONTEND_CAPS,
                    "moby.buildkit.frontend.network.none": "true",
                },
            },
        ),
        SCANNER: Standin(scanner.end(), {"Entrypoint": ["/bin/scan"], "Env": [_PATH]}),
    }


def _made_of(image: BaseImage) -> Tar:
    """Return the files that a base image has by its row of the table."""
    tar = Tar()
    if image.libc == "glibc":
        tar.packages(SLIM_PACKAGES if image.has_shell else GLIBC_PACKAGES)
    elif image.has_shell:
        tar.busybox()
    tar.basics()
    if image.certificates:
        tar.certificates()
    return tar.time_zones() if image.time_zones else tar


class Tar:
    """A tar in which nothing depends on the hour or on who made it."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._buffer, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self._seen: set[str] = set()

    def end(self) -> bytes:
        """Return the bytes."""
        self._tar.close()
        return self._buffer.getvalue()

    def _add(self, name: str, kind: bytes, mode: int, payload: bytes = b"", link: str = "", owner: int = 0) -> Tar:
        name = name.strip("/")
        if name in self._seen:
            return self
        self._seen.add(name)
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode, entry.linkname, entry.size = kind, mode, link, len(payload)
        entry.uid = entry.gid = owner
        self._tar.addfile(entry, io.BytesIO(payload))
        return self

    def folders(self, *names: str, mode: int = 0o755, owner: int = 0) -> Tar:
        """Add folders, and those above them."""
        for name in names:
            for above in reversed(PurePosixPath(name).parents):
                if str(above) != ".":
                    self._add(str(above), tarfile.DIRTYPE, 0o755)
            self._add(name, tarfile.DIRTYPE, mode, owner=owner)
        return self

    def file(self, name: str, content: bytes, mode: int = 0o644) -> Tar:
        """Add a file."""
        return self._add(name, tarfile.REGTYPE, mode, content)

    def link(self, name: str, to: str) -> Tar:
        """Add a symbolic link."""
        return self._add(name, tarfile.SYMTYPE, 0o777, link=to)

    def _copy(self, path: Path, name: str) -> None:
        if path.is_symlink():
            self.link(name, str(path.readlink()))
        elif path.is_dir():
            self.folders(name, mode=path.stat().st_mode & 0o7777)
        elif path.is_file():
            self.file(name, path.read_bytes(), path.stat().st_mode & 0o7777)

    def tree(self, name: str, folder: Path) -> Tar:
        """Add a folder with all that is in it."""
        self.folders(name)
        for path in sorted(folder.rglob("*")):
            self._copy(path, f"{name}/{path.relative_to(folder).as_posix()}")
        return self

    def packages(self, names: str) -> Tar:
        """Add what Debian's packages, named in one line, brought to this machine."""
        for link in _MERGED:  # as on every merged-usr system
            self.link(link, f"usr/{link}")
        for path in _files_of(names.split()):
            folder = Path(os.path.realpath(path.parent))
            self._copy(folder / path.name, str(folder / path.name))
        return self.link("usr/bin/cc", "gcc").link("usr/bin/awk", "mawk") if "gcc-12" in names else self

    def busybox(self) -> Tar:
        """Add busybox under the name of each of its commands."""
        self.folders("bin", "usr/bin").file("bin/busybox", _busybox(), 0o755)
        for command in _output("/bin/busybox", "--list").split():
            self.link(f"bin/{command}", "busybox")
        return self

    def basics(self) -> Tar:
        """Add the folders and files that every image has."""
        self.folders("etc", "usr", "var", "proc", "sys", "dev", "run", "root").folders("tmp", mode=0o1777)
        self.folders("home/nonroot", mode=0o700, owner=65532)
        self.file("etc/passwd", _PASSWD.encode()).file("etc/group", _GROUP.encode())
        return self.file("etc/nsswitch.conf", b"hosts: files dns\n")

    def certificates(self) -> Tar:
        """Add the certificates of this machine's authorities."""
        return self.folders("etc/ssl/certs").file(_CERTIFICATES, Path(_CERTIFICATES).read_bytes())

    def time_zones(self) -> Tar:
        """Add the time zones."""
        return self.tree("usr/share/zoneinfo", Path("/usr/share/zoneinfo"))


def _busybox() -> bytes:
    return Path("/bin/busybox").read_bytes()


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _installed(names: Iterable[str]) -> list[str]:
    have = _output("dpkg-query", "-W", "-f", "${Package}\n").split()
    return [name for name in names if name in have]


def _files_of(packages: Iterable[str]) -> list[Path]:
    listed = _output("dpkg", "-L", *_installed(packages)).splitlines()
    paths = sorted({path for path in listed if path.count("/") > 1 and not path.startswith(_NOT_COPIED)})
    return [Path(path) for path in paths if path.strip("/") not in _MERGED]


def state() -> str:
    """Return what the stand-ins depend on, as a digest: this file, the pins, the packages, the version of Go."""
    parts = [
        Path(__file__).read_text(),
        json.dumps({name: pin["value"] for name, pin in PINS["base_image"].items()}),
        json.dumps({name: vars(image) for name, image in BASE_IMAGES.items()}),
        _output(
            "dpkg-query",
            "-W",
            "-f",
            "${Package} ${Version}\n",
            *_installed([*GO_PACKAGES.split(), *GIT_PACKAGES.split(), *NEEDED]),
        ),
        _output("go", "env", "GOVERSION"),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def layout(image: Standin, folder: Path) -> Path:
    """Write an image as an OCI layout (github.com/opencontainers/image-spec, image-layout.md)."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def blob(kind: str, content: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}

    def document(kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
        return blob(kind, json.dumps(content).encode())

    layer = blob("layer.v1.tar+gzip", gzip.compress(image.tar, 6 if len(image.tar) < 50_000_000 else 1, mtime=0))
    manifests = []
    for platform in image.platforms:
        where = dict(zip(("architecture", "variant"), platform.split("/"), strict=False)) | {"os": "linux"}
        made = "1970-01-01T00:00:00Z"
        config = {
            **where,
            "config": image.config,
            "created": made,
            "history": [{"created": made, "created_by": "stand-in"}],
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(image.tar).hexdigest()}"]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": document("config.v1+json", config),
            "layers": [layer],
        }
        manifests.append({**document("manifest.v1+json", manifest), "platform": where})
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests}
    top = {**document("index.v1+json", index), "annotations": {"org.opencontainers.image.ref.name": "latest"}}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [top]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return folder
