"""Every target of a rendered Makefile, run in a home that is new: git knows nobody there, so nothing is committed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from docs.demo import until_ready

from tests.helpers import reads
from tests.helpers.service import fixed_ports
from tests.helpers.snippets import go_caches
from tests.helpers.support import GOCONTAINER, PINS, Run, go_tool, need

pytestmark = pytest.mark.proof(runs=("generator", "template"))

PROFILES = {"service": (), "edge": ("--edge-features", "model", "--platforms", "linux/amd64,linux/arm64")}
"""Those whose Makefiles have all targets together, but run-flow, which tests/serverless follows,
signing-key, which tests/signing does, and those of what is observed, which test_observe.py and tests/collector do."""
IMAGE = "ghcr.io/acme/orders"
PORT = 9124
UNREACHABLE = "http://127.0.0.1:1"
"""Nothing listens there."""
FLAGS = "-mod=readonly -buildvcs=false -trimpath"
"""Those of the other tests, so that they share what is compiled."""
QUICK = """#!/bin/sh
for word; do shift; case "$word" in 30s) word=200x ;; esac; set -- "$@" "$word"; done
exec {go} "$@"
"""
"""Passes everything on, but fuzzes little: by number, since Go may take the end of a short time for a failure."""
RECORDED = '#!/bin/sh\nprintf "%s\\n" "$*, $VERSION of $REVISION" >> {asked}\n'


class Fresh(NamedTuple):
    """A repository in a home that is new."""

    home: Path
    env: Mapping[str, str]
    folder: Path

    def make(self, *arguments: str, **more: str) -> Run:
        """Run make there, with ``more`` in its environment."""
        env = {**self.env, **more}
        done = subprocess.run(
            ["make", *arguments], cwd=self.folder, env=env, check=False, capture_output=True, text=True
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def asked(self) -> list[str]:
        """What docker was asked for since the last time."""
        record = self.home / "asked"
        said = record.read_text().splitlines() if record.exists() else []
        record.unlink(missing_ok=True)
        return said


@pytest.fixture(scope="module", params=PROFILES)
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    need("go", "make", "git")
    reads.gocontainer()
    home = tmp_path_factory.mktemp("home")
    programs = {
        "go": QUICK.format(go=shutil.which("go")),
        "docker": RECORDED.format(asked=home / "asked"),
        "gocontainer": f'#!/bin/sh\nexec {GOCONTAINER} "$@"\n',
        "kubectl": f'#!/bin/sh\nexec {Path(GOCONTAINER).with_name("kubectl")} "$@"\n',
    }
    (home / "bin").mkdir()
    for name, script in programs.items():
        (home / "bin" / name).write_text(script)
        (home / "bin" / name).chmod(0o755)
    (home / "kubeconfig").write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts: [{name: x, context: {cluster: x}}]\n"
        f"clusters: [{{name: x, cluster: {{server: '{UNREACHABLE}'}}}}]\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GOCONTAINER_", "EMAIL"))}
    env = kept | go_caches() | {
        "HOME": str(home), "GIT_CONFIG_SYSTEM": "/dev/null", "GOFLAGS": FLAGS,
        "KUBECONFIG": str(home / "kubeconfig"), "PATH": f"{home}/bin{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip
    new = [GOCONTAINER, "new", "orders", "--no-input", "--image", IMAGE, "--port", str(PORT)]
    said = subprocess.run(
        [*new, "--profile", request.param, *PROFILES[request.param]],
        cwd=home, env=env, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert "The files are not committed" in said.stderr
    return Fresh(home, env, home / "orders")


def well(run: Run) -> str:
    assert run.code == 0, run.out[-3000:] + run.err[-3000:]
    return run.out


Check = Callable[[Fresh], None]


def runs(*arguments: str, says: str = "") -> Check:
    """Run a target that ends well."""

    def check(fresh: Fresh) -> None:
        assert says in well(fresh.make(*arguments))

    return check


def refuses(*arguments: str, says: str) -> Check:
    """Run a target that lacks something, which it says; tests/signing has what signs and verifies."""

    def check(fresh: Fresh) -> None:
        run = fresh.make(*arguments)
        assert (run.code, run.out) == (2, "")
        assert run.err.startswith(says)

    return check


def serves(fresh: Fresh) -> None:
    """Start the service, wait until it is ready, call it, and stop it as Ctrl-C does."""
    with fixed_ports(), (fresh.home / "log").open("w") as log:
        process = subprocess.Popen(
            ["make", "run"], cwd=fresh.folder, env=fresh.env, stdout=log, stderr=log, process_group=0
        )
        try:
            until_ready("http://127.0.0.1:8081/readyz", process)
            assert b"/v1/quotes" in urllib.request.urlopen(f"http://127.0.0.1:{PORT}/").read()
            os.killpg(process.pid, signal.SIGINT)
            process.wait()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    said = (fresh.home / "log").read_text()
    assert '"msg":"stopped"' in said
    assert "Error" not in said, "make takes a stop for a failure"


def builds(fresh: Fresh) -> None:
    well(fresh.make("build"))
    said = subprocess.run(
        [fresh.folder / "bin/orders", "-addr", "nonsense"], check=False, capture_output=True, text=True
    )
    assert '"version":"dev","revision":"unknown"' in said.stdout


def asks_docker(*arguments: str, says: str, then: Sequence[str] = ()) -> Check:
    """Run a target that calls docker; tests/images has what a real builder makes of it."""

    def check(fresh: Fresh) -> None:
        well(fresh.make(*arguments, GOPROXY="off", GOSUMDB="off"))
        said = [said for said in fresh.asked() if not said.startswith("buildx version")]
        assert said == [f"{each}, dev of unknown" for each in (f"buildx build {says}", *then)]

    return check


def looks_for_vulnerabilities(fresh: Fresh) -> None:
    """Without a network it says so in one sentence, and fails: the tool's own, or Go's where it lacks the tool."""
    go_tool("golang.org/x/vuln/cmd/govulncheck", PINS["tool"]["govulncheck"]["value"])  # into the caches
    nobody = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), UNREACHABLE)
    known = f"file://{go_caches()['GOMODCACHE']}/cache/download"
    for proxy, says in ((known, "govulncheck: fetching vulnerabilities: Get "), (UNREACHABLE, "go: ")):
        run = fresh.make("vuln", **nobody, no_proxy="", NO_PROXY="", GOPROXY=proxy, GONOSUMDB="*")
        assert run.code == 2
        said = [line for line in run.err.splitlines() if not line.startswith(("make: ", "exit status"))]
        assert len(said) == 1, said
        assert said[0].startswith(says)
        assert said[0].endswith("connection refused")


def lints(fresh: Fresh) -> None:
    """Run the linter, which is installed once: to link it takes longer than all else."""
    version = PINS["tool"]["golangci_lint"]["value"]
    program = go_tool("github.com/golangci/golangci-lint/v2/cmd/golangci-lint", version)
    assert "0 issues." in well(fresh.make("lint", f"GOLANGCI_LINT={program}", TMPDIR=str(fresh.home)))


def pins(fresh: Fresh) -> None:
    """Where no registry answers, it says of which image, and pins nothing; tests/images has one that does."""
    before = (fresh.folder / "Dockerfile").read_text()
    run = fresh.make("pin", "MIRROR=127.0.0.1:1")
    assert run.code == 2
    assert "cannot be resolved at 127.0.0.1:1/docker.io/docker/dockerfile:1: nothing is pinned" in run.err
    assert (fresh.folder / "Dockerfile").read_text() == before


def names_an_image(fresh: Fresh) -> None:
    well(fresh.make("set-image", "ENV=dev", f"IMAGE={SERVICE}"))
    assert "v1.2.3" in "".join(path.read_text() for path in (fresh.folder / "deploy").rglob("*.yaml"))


def promotes(fresh: Fresh) -> None:
    well(fresh.make("promote"))
    assert "v1.2.3" in (fresh.folder / "deploy/overlays/prod/image/kustomization.yaml").read_text()


def lists(fresh: Fresh) -> None:
    listed = re.findall(r"^  ([a-z-]+) +\S", well(fresh.make()), re.MULTILINE)
    assert listed == targets(fresh.folder)
    assert well(fresh.make("help")) == well(fresh.make())


def renders(fresh: Fresh) -> None:
    assert well(fresh.make("--silent", "render")).count("\nkind: Deployment\n") == 2


def asks_the_cluster(target: str) -> Check:
    """Return a check that it says so where there is none; tests/kube has one."""

    def check(fresh: Fresh) -> None:
        run = fresh.make(target)
        assert run.code == 2
        assert "connection refused" in run.err

    return check


BUILD_ARGS = "--build-arg VERSION --build-arg REVISION --build-arg GOPROXY=off --build-arg GOSUMDB=off ."
SERVICE = f"{IMAGE}:v1.2.3"
MODEL = "ghcr.io/acme/orders-model:v1.2.3"
PLATFORMS = "linux/amd64,linux/arm64"
KEY = "KEY=../key"
PLAN: Mapping[str, Check] = {
    "help": lists,
    "run": serves,
    "build": builds,
    "test": runs("test", says="ok"),
    "fuzz": runs("fuzz", says="PASS"),
    "lint": lints,
    "vuln": looks_for_vulnerabilities,
    "image": asks_docker("image", says=f"--load --tag {IMAGE}:dev {BUILD_ARGS}"),
    "push": asks_docker("push", says=f"--push --platform {PLATFORMS} --tag {IMAGE}:dev {BUILD_ARGS}"),
    "smoke": asks_docker(
        "smoke",
        "GO_ARGS=",  # as at GitHub
        says=f"--load --tag {IMAGE}:dev --build-arg VERSION --build-arg REVISION .",
        then=(f"run --detach {IMAGE}:dev", "exec  /usr/local/bin/orders -healthcheck", "rm --force "),
    ),
    "sign": refuses("sign", says="say IMAGE=name@sha256:..."),
    "verify": refuses("verify", says=f"{IMAGE}:dev may come from where? This clone has no origin"),
    "set-image": names_an_image,
    "promote": promotes,
    "pin": pins,
    "render": renders,
    "sites": runs("sites"),
    "sites-check": runs("sites-check"),
    "wave": runs("wave", "N=1"),
    "wave-status": asks_the_cluster("wave-status"),
    "wave-rollback": runs("wave-rollback", "N=1"),
    "rbac": asks_the_cluster("rbac"),
    "model-key": runs("model-key", KEY),
    "model-sign": runs("model-sign", KEY, f"MODEL={MODEL}"),
    "model-push": asks_docker(
        "model-push",
        f"MODEL={MODEL}",
        f"IMAGE={SERVICE}",
        says=f"--push --platform {PLATFORMS} --tag {MODEL} --file Dockerfile.model --build-arg SERVICE={SERVICE} .",
    ),
    "set-model": runs("set-model", f"MODEL={MODEL}"),
}
"""What running each target shows."""
AFTER: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "promote": (("set-image", "ENV=dev", f"IMAGE={SERVICE}"),),
    "sites-check": (("sites",),),
    "wave": (("set-image", f"IMAGE={SERVICE}"), ("sites",)),
    "wave-rollback": (("set-image", f"IMAGE={SERVICE}"), ("sites",), ("wave", "N=1")),
    "model-sign": (("model-key", KEY),),
}
"""What has to be done before, as the README says it."""
SLOW = {"test", "fuzz", "lint", "vuln"}


def targets(folder: Path) -> list[str]:
    """The targets of a Makefile that it lists, in its order."""
    return re.findall(r"^([a-z-]+):.*## ", (folder / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    "target", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in PLAN]
)
def test_a_target_does_what_it_says_in_a_home_that_is_new(fresh: Fresh, target: str) -> None:
    if target not in targets(fresh.folder) or (target in SLOW and "sites" in targets(fresh.folder)):
        pytest.skip("it is run in the other profile")
    (fresh.home / "key").unlink(missing_ok=True)
    for before in AFTER.get(target, ()):
        well(fresh.make(*before))
    PLAN[target](fresh)


def test_every_target_is_run(fresh: Fresh) -> None:
    found = targets(fresh.folder)
    assert len(found) > 10
    assert [name for name in found if name not in PLAN] == []


def test_a_target_that_fails_is_noticed(fresh: Fresh, tmp_path: Path) -> None:
    broken = tmp_path / "orders"
    shutil.copytree(fresh.folder, broken)
    makefile = broken / "Makefile"
    revision = "git rev-parse --verify --quiet HEAD 2>/dev/null"
    assert revision in makefile.read_text()
    makefile.write_text(makefile.read_text().replace(revision, "git rev-parse HEAD 2>/dev/null"))
    for check in (builds, PLAN["image"]):
        with pytest.raises(AssertionError):
            check(fresh._replace(folder=broken))
