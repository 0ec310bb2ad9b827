"""The hosts of repositories that are known, and what follows from one for other answers."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import NamedTuple

from gocontainer.options.subjects.delivery import CI_PROVIDERS, WITHOUT_ISSUER
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Value
from gocontainer.repository.remotes import Remote


class Forge(NamedTuple):
    """A host of repositories, or a kind of hosts. Whatever is not known of one is nothing."""

    registry: str = ""
    """Where the images of a repository go; nothing where no registry comes with it."""
    ci: str = "none"
    deps_bot: str = "none"
    signing: str = ""
    """Who signs, where the pipeline does not say it already."""


_GITEA = Forge("{host}/{owner}", "gitea", "renovate")
FORGES: Mapping[str, Forge] = {
    "github.com": Forge("ghcr.io/{owner}", "github", "dependabot"),
    "gitlab.com": Forge("registry.gitlab.com/{owner}/{path}", "gitlab", "renovate"),
    "bitbucket.org": Forge(),
    "codeberg.org": _GITEA,
    "dev.azure.com": Forge(),
    "gitea.com": _GITEA,
    "gitee.com": Forge(),
}
KINDS: Mapping[str, Forge] = {
    "bitbucket": Forge(),
    "forgejo": _GITEA,
    "gitea": _GITEA,
    "github": Forge("", "github", "dependabot", "key"),
    "gitlab": Forge("", "gitlab", "renovate", "key"),
}
"""Hosts of one's own, by what their names begin with; where most of them have a registry, nobody can guess."""


def answers(remote: Remote, service: str, given: Container[str] = ()) -> dict[str, Value]:
    """Return the answers that follow for ``service`` and are not ``given``; none that cannot be."""
    forge = _forge(remote) or Forge()
    registry = forge.registry.format(**remote._asdict()).lower()
    found: dict[str, Value] = {
        "module": remote.module,
        "owner": remote.owner,
        "image": f"{registry}/{service}",
        "ci": forge.ci,
        "deps_bot": forge.deps_bot,
        "signing": forge.signing,
    }
    return {name: value for name, value in found.items() if name not in given and BY_NAME[name].fits(value)}


def following(given: Mapping[str, Value], service: str) -> dict[str, Value]:
    """Return what follows from the answers ``given``.

    A module, or else an image, says much where its host is known. The pipeline says who signs, and which bot proposes
    dependencies where that cannot be GitHub's, whatever was detected.
    """
    remote = _of_module(str(given.get("module", ""))) or _of_image(str(given.get("image", "")))
    found = answers(remote, service, given) if remote else {}
    ci = {**found, **given}.get("ci")
    provider = CI_PROVIDERS[str(ci or "none")]
    elsewhere = provider.issues_for not in ("", remote.host if remote else None)
    signing: dict[str, Value] = {"signing": "none" if ci == "none" else "key"}
    bot = provider.deps_bot
    return (signing if ci in WITHOUT_ISSUER or elsewhere else {}) | found | ({"deps_bot": bot} if bot else {})


def _forge(remote: Remote) -> Forge | None:
    """Return what is known of the host."""
    return FORGES.get(remote.host) or KINDS.get(remote.host.partition(".")[0])


def _of_module(module: str) -> Remote | None:
    parts = module.split("/")
    if len(parts) > 3 and parts[-1][:1] == "v" and parts[-1][1:].isdigit():  # noqa: PLR2004 - host, owner and path
        del parts[-1]
    return _known(parts)


def _of_image(image: str) -> Remote | None:
    """Return the repository whose images go to a registry that comes with it."""
    registry, *parts = image.split("/")
    host = {"ghcr.io": "github.com", "registry.gitlab.com": "gitlab.com"}.get(registry, registry)
    if len(parts) > 2 and parts[-1] == parts[-2]:  # noqa: PLR2004 - the image of a repository that is called the same
        del parts[-1]
    remote = _known([host, *parts])
    forge = remote and _forge(remote)
    return remote if forge and forge.registry else None


def _known(parts: list[str]) -> Remote | None:
    """Return the repository that the parts of a path name; None where its host is not known."""
    host, owner, *path = [*parts, "", ""]
    remote = Remote(host, owner, "/".join(filter(None, path)))
    return remote if remote.path and _forge(remote) else None
