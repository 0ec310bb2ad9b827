"""What `docker buildx build` does, by BuildKit's own client: Debian has no buildx.

BUILDCTL and BUILDKIT_HOST say which client and whose daemon; DOCKER_ENGINE, where one is, loads what was built.
BUILD_ARGS has arguments, with blanks between, that are above those of the command. As buildx does, it says from which
repository of git the folder was cloned.
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
        *(f"--opt=attest:{kind}={'' if said == 'true' else said}" for kind, said in attested(given)),
        *source(given.folder),
        *(f"--ssh={each}" for each in given.ssh),
        f"--output={output},name={given.tag}",
    ]
    subprocess.run(command, check=True)
    if given.load and os.environ.get("DOCKER_ENGINE"):
        subprocess.run([*os.environ["DOCKER_ENGINE"].split(), "load", f"--input={archive}"], check=True)


def attested(given: argparse.Namespace) -> list[tuple[str, str]]:
    """Return what the image is to say of itself, by its kind."""
    return [(kind, said) for kind, said in (("provenance", given.provenance), ("sbom", given.sbom)) if said]


def source(folder: str) -> list[str]:
    """Return from where a folder was cloned, as an option, if that is known."""
    command = ["git", "-C", folder, "remote", "get-url", "origin"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return [f"--opt=vcs:source={done.stdout.strip()}"] if done.returncode == 0 else []


def main() -> None:
    """Answer to `buildx version` and `buildx build`; all else is the engine's."""
    if sys.argv[1:] == ["buildx", "version"]:
        return
    if sys.argv[1] != "buildx":
        engine = os.environ["DOCKER_ENGINE"].split()
        os.execv(engine[0], [*engine, *sys.argv[1:]])
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for word in ("buildx", "build", "folder"):
        parser.add_argument(word)
    for flag in ("--push", "--load"):
        parser.add_argument(flag, action="store_true")
    for flag in ("--platform", "--build-arg", "--secret", "--ssh"):
        parser.add_argument(flag, action="append", default=[])
    for flag in ("--tag", "--provenance", "--sbom"):
        parser.add_argument(flag)
    with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
        build(parser.parse_args(), archive.name)


if __name__ == "__main__":
    main()
