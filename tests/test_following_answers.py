"""Module, owner, image and pipeline follow from one another and from the remote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gocontainer.answers.detect import detected
from gocontainer.errors import ConflictingAnswers
from gocontainer.repository.remotes import parse_remote
from tests.helpers.support import answers, git, gocontainer, ok

FOLLOWING = ("module", "owner", "image", "ci", "deps_bot")


def five(given: Any) -> tuple[Any, ...]:
    return tuple(given[name] for name in FOLLOWING)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (
            {"module": "github.com/ada/zz"},
            ("github.com/ada/zz", "ada", "ghcr.io/ada/orders", "github", "dependabot"),
        ),
        (
            {"module": "github.com/Acme/mono/services/carts/v2"},
            ("github.com/Acme/mono/services/carts/v2", "Acme", "ghcr.io/acme/orders", "github", "dependabot"),
        ),
        (
            {"image": "ghcr.io/acme/x"},
            ("github.com/acme/x", "acme", "ghcr.io/acme/x", "github", "dependabot"),
        ),
        (
            {"image": "registry.gitlab.com/acme/team/x/x"},
            ("gitlab.com/acme/team/x", "acme", "registry.gitlab.com/acme/team/x/x", "gitlab", "renovate"),
        ),
        (
            {"module": "gitlab.com/acme/team/x/v2"},
            ("gitlab.com/acme/team/x/v2", "acme", "registry.gitlab.com/acme/team/x/orders", "gitlab", "renovate"),
        ),
        (
            {"module": "codeberg.org/acme/x"},
            ("codeberg.org/acme/x", "acme", "codeberg.org/acme/orders", "gitea", "renovate"),
        ),
        (
            {"module": "gitea.acme.io/team/x"},
            ("gitea.acme.io/team/x", "team", "gitea.acme.io/team/orders", "gitea", "renovate"),
        ),
        (
            {"module": "github.com/ada/zz", "ci": "jenkins"},
            ("github.com/ada/zz", "ada", "ghcr.io/ada/orders", "jenkins", "renovate"),
        ),
        (
            {"ci": "gitea"},
            ("example.com/orders", "the orders authors", "localhost/orders", "gitea", "renovate"),
        ),
        (
            {"ci": "gitea", "deps_bot": "none"},
            ("example.com/orders", "the orders authors", "localhost/orders", "gitea", "none"),
        ),
        (
            {"module": "bitbucket.org/acme/x"},
            ("bitbucket.org/acme/x", "acme", "localhost/orders", "none", "none"),
        ),
        (
            {"module": "go.acme.io/x/y", "image": "ghcr.io/acme/y"},
            ("go.acme.io/x/y", "acme", "ghcr.io/acme/y", "github", "dependabot"),
        ),
        (
            {"module": "go.acme.io/x/y"},
            ("go.acme.io/x/y", "the orders authors", "localhost/orders", "github", "dependabot"),
        ),
        (
            {"image": "quay.io/acme/x"},
            ("example.com/orders", "the orders authors", "quay.io/acme/x", "github", "dependabot"),
        ),
        (
            {"module": "github.com/ada/zz", "owner": "Ada", "image": "quay.io/a/zz", "ci": "none"},
            ("github.com/ada/zz", "Ada", "quay.io/a/zz", "none", "dependabot"),
        ),
    ],
)
def test_what_is_given_gives_the_rest(given: dict[str, Any], found: tuple[str, ...]) -> None:
    chosen = answers(**given)
    assert five(chosen) == found
    followed = {name for name in FOLLOWING if chosen.origins[name] == "derived"}
    assert followed.isdisjoint(given)
    assert followed <= {*chosen.defaults()}, "an update offers what would follow today"


@pytest.mark.parametrize(
    ("given", "signing"),
    [
        ({}, "keyless"),
        ({"module": "github.com/ada/zz"}, "keyless"),
        ({"module": "github.corp.example/ada/zz"}, "key"),
        ({"module": "gitea.acme.io/team/x"}, "key"),
        ({"module": "gitlab.com/acme/x"}, "keyless"),
        ({"image": "registry.gitlab.com/acme/x/x"}, "keyless"),
        ({"module": "gitlab.acme.io/team/x"}, "key"),
        ({"module": "git.acme.io/team/x", "ci": "gitlab"}, "key"),
        ({"ci": "gitlab"}, "key"),
        ({"ci": "gitlab", "signing": "keyless"}, "keyless"),
        ({"ci": "none"}, "none"),
        ({"module": "github.com/ada/zz", "ci": "none"}, "none"),
        ({"ci": "none", "signing": "key"}, "key"),
        ({"profile": "minimal"}, "none"),
    ],
)
def test_who_signs_follows_from_the_pipeline_and_its_host(given: dict[str, Any], signing: str) -> None:
    chosen = answers(**given)
    assert chosen["signing"] == signing
    assert ("signing" in chosen.defaults()) == ("signing" not in given)


def test_only_a_pipeline_that_sigstore_knows_signs_without_a_key() -> None:
    with pytest.raises(ConflictingAnswers, match="only a pipeline that Sigstore knows can sign without a key"):
        answers(ci="jenkins", signing="keyless")


def test_what_cannot_be_an_answer_does_not_follow() -> None:
    chosen = answers(module="gitlab.com/" + "/".join(["a" * 44] * 4))
    assert chosen["image"] == "localhost/orders", "the registry's path would be too long"
    assert answers(image="ghcr.io/acme/vendor")["module"] == "example.com/orders", "no Go module may be called so"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("git@github.com:Acme/orders.git", ("github.com/Acme/orders", "Acme", "ghcr.io/acme/orders", "github")),
        ("ssh://git@ssh.github.com:443/acme/orders.git",
         ("github.com/acme/orders", "acme", "ghcr.io/acme/orders", "github")),
        ("https://github.acme.io/team/orders", ("github.acme.io/team/orders", "team", None, "github")),
        ("https://gitlab.com/a/b/orders.git",
         ("gitlab.com/a/b/orders", "a", "registry.gitlab.com/a/b/orders/orders", "gitlab")),
        ("https://gitlab.acme.io/a/orders.git", ("gitlab.acme.io/a/orders", "a", None, "gitlab")),
        ("git@codeberg.org:acme/orders.git",
         ("codeberg.org/acme/orders", "acme", "codeberg.org/acme/orders", "gitea")),
        ("https://gitea.acme.io/team/orders.git",
         ("gitea.acme.io/team/orders", "team", "gitea.acme.io/team/orders", "gitea")),
        ("git@bitbucket.org:acme/orders.git", ("bitbucket.org/acme/orders", "acme", None, "none")),
        ("https://bitbucket.acme.io/scm/proj/orders.git", ("bitbucket.acme.io/proj/orders", "proj", None, "none")),
        ("https://acme@dev.azure.com/acme/shop/_git/orders",
         ("dev.azure.com/acme/shop/_git/orders", "acme", None, "none")),
        ("git@ssh.dev.azure.com:v3/acme/shop/orders",
         ("dev.azure.com/acme/shop/_git/orders", "acme", None, "none")),
        ("https://acme.visualstudio.com/DefaultCollection/shop/_git/orders",
         ("dev.azure.com/acme/shop/_git/orders", "acme", None, "none")),
        ("https://git.acme.io/team/orders.git", ("git.acme.io/team/orders", "team", None, "none")),
    ],
)  # fmt: skip
def test_a_remote_gives_what_its_host_has(tmp_path: Path, url: str, found: tuple[str | None, ...]) -> None:
    target = tmp_path / "orders"
    git(tmp_path, "init", "--quiet", "orders")
    git(target, "remote", "add", "origin", url)
    values = detected(target).values
    assert tuple(values.get(name) for name in ("module", "owner", "image", "ci")) == found
    assert values["deps_bot"] == {"github": "dependabot", "gitea": "renovate", "gitlab": "renovate"}.get(
        str(values["ci"]), "none"
    )
    assert parse_remote(url) is not None


def test_github_is_never_taken_in_silence(tmp_path: Path) -> None:
    """The pipeline is said with its reason, where nobody asked for it."""
    said = ok(gocontainer("new", "orders", "--dry-run", "--json", cwd=tmp_path))
    assert json.loads(said)["origins"]["ci"] == "default"
    said = ok(gocontainer("new", "orders", "--no-git", cwd=tmp_path))
    assert "\n  pipeline  github, as no remote says otherwise (or --ci none --deps-bot none)\n" in said
    said = ok(gocontainer("new", "carts", "--no-git", "--module", "bitbucket.org/acme/carts", cwd=tmp_path))
    assert "\n  pipeline  none: there is none for bitbucket.org; 'make' has its steps\n" in said
    assert not (tmp_path / "carts/.github").exists()
    for flags in (["--ci", "github"], ["--module", "github.com/acme/x"]):
        said = ok(gocontainer("new", "x", "--no-git", *flags, "-o", str(tmp_path / flags[1].replace("/", "-"))))
        assert "\n  pipeline  github\n" in said


def test_an_image_that_is_not_known_is_said_in_one_line(tmp_path: Path) -> None:
    run = gocontainer("new", "orders", "--no-git", "--module", "bitbucket.org/acme/orders", cwd=tmp_path)
    assert run.err.count("\n") == 1
    assert "the image is localhost/orders, which no cluster can pull. Give --image" in run.err
    run = gocontainer("new", "orders", "--dry-run", "--module", "github.com/acme/orders", cwd=tmp_path / "orders")
    assert run.err == ""


def test_no_licence_is_the_default_and_one_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    ok(gocontainer("new", "orders", "--no-git", cwd=tmp_path))
    assert not (tmp_path / "orders/LICENSE").exists()
    ok(gocontainer("new", "carts", "--no-git", "--license", "mit", cwd=tmp_path))
    assert "MIT License" in (tmp_path / "carts/LICENSE").read_text()


def test_an_update_keeps_what_followed_and_offers_what_would_follow_now(tmp_path: Path) -> None:
    ok(gocontainer("new", "orders", "--module", "github.com/ada/orders", cwd=tmp_path))
    report = json.loads(
        ok(
            gocontainer(
                "update", "orders", "--set", "module=gitlab.com/acme/orders", "--commit", "--json", cwd=tmp_path
            )
        )
    )
    assert report["offers"]["image"] == {
        "kept": "ghcr.io/ada/orders",
        "default": "registry.gitlab.com/acme/orders/orders",
    }
    assert report["offers"]["ci"] == {"kept": "github", "default": "gitlab"}
    lock = json.loads((tmp_path / "orders/.gocontainer.lock").read_text())
    assert (lock["answers"]["image"], lock["answers"]["ci"]) == ("ghcr.io/ada/orders", "github")


def test_a_pipeline_that_is_not_github_s_has_no_file_of_it_whatever_the_remote_is(tmp_path: Path) -> None:
    for url, flags in (
        ("git@github.com:ada/orders.git", ["--ci", "jenkins"]),
        ("git@github.com:ada/orders.git", ["--ci", "gitea"]),
        ("git@codeberg.org:ada/orders.git", []),
        ("git@gitlab.com:ada/orders.git", []),
        ("https://gitea.corp.cn/ada/orders.git", ["--ci", "jenkins"]),
    ):
        target = tmp_path / f"{len(list(tmp_path.iterdir()))}/orders"
        git(tmp_path, "init", "--quiet", str(target))
        git(target, "remote", "add", "origin", url)
        ok(gocontainer("new", "orders", "--no-input", *flags, cwd=target.parent))
        assert not (target / ".github").exists()
        assert (target / "renovate.json").exists()
    refused = gocontainer("new", "x", "--ci", "gitea", "--deps-bot", "dependabot", cwd=tmp_path)
    assert (refused.code, refused.err.count("Dependabot is GitHub's")) == (2, 1)
    assert "Take deps_bot renovate or none." in refused.err
    assert not (tmp_path / "x").exists()
