"""What `docker buildx build` does, by BuildKit's own client: Debian has no buildx.

BUILDCTL and BUILDKIT_HOST say which client and whose daemon; DOCKER_ENGINE, where one is, loads what was built.
BUILD_ARGS has arguments, with blanks between, that are above those of the command.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile


def build(given: argparse.Namespace, archive: str) -> None:
    """Build what the command says, and push it, or load it."""
    named = [each if "=" in each else f"{each}={os.environ[each]}" for each in given.build_arg]
    named += os.environ.get("BUILD_ARGS", "").split()
    output = "type=image,push=true" if given.push else f"type=docker,dest={archive}"
    command = [
        *(os.environ["BUILDCTL"], "build", "--progress=plain", "--frontend=dockerfile.v0"),
        *(f"--local={what}={given.folder}" for what in ("context", "dockerfile")),
        *(f"--opt=platform={each}" for each in given.platform),
        *(f"--opt=build-arg:{each}" for each in named),
        *(f"--secret={each}" for each in given.secret),
        *(f"--ssh={each}" for each in given.ssh),
        f"--output={output},name={given.tag}",
    ]
    subprocess.run(command, check=True)
    if given.load and os.environ.get("DOCKER_ENGINE"):
        subprocess.run([*os.environ["DOCKER_ENGINE"].split(), "load", f"--input={archive}"], check=True)


def main() -> None:
    """Answer to `buildx version` and `buildx build`."""
    if sys.argv[1:] == ["buildx", "version"]:
        return
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for word in ("buildx", "build", "folder"):
        parser.add_argument(word)
    for flag in ("--push", "--load"):
        parser.add_argument(flag, action="store_true")
    for flag in ("--platform", "--build-arg", "--secret", "--ssh"):
        parser.add_argument(flag, action="append", default=[])
    parser.add_argument("--tag")
    with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
        build(parser.parse_args(), archive.name)


if __name__ == "__main__":
    main()
