"""`gocontainer sites` on a small fleet: what it changes, what it refuses, and that it never changes a half."""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest

from gocontainer.cli.main import run
from gocontainer.errors import Refused
from gocontainer.repository import tree
from gocontainer.sites import yaml_format
from gocontainer.sites.fleet import Gate
from gocontainer.sites.gate import GateFailed, ask
from gocontainer.sites.platforms import PLATFORMS
from tests.helpers.support import ROOT, replace

BEFORE = ROOT / "tests/sites/written_by_go"
"""What the Go program wrote that repositories had for their sites, and from what: the same as `yaml.json` for YAML."""
FILE = """# Comments stay.
release: {image: "r.io/app:v1.2.0"} # next
quorum: 90
gate: person
memory: {small: 48Mi, large: 96Mi}
waves:
  - image: r.io/app:v0.1.0 # first
    previous: {image: ""}
  - image: 'r.io/app:v0.1.0'
    previous: {image: ""}
sites:
  - {name: tokyo, wave: 2, arch: arm64, memory: small}
  - {name: kyoto, wave: 1, arch: amd64, memory: small}
  - {name: osaka, wave: 2, arch: arm, memory: large, labels: {country: jp}}
"""
BASE = """apiVersion: v1
kind: Service
metadata: {name: app, namespace: app}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: app, labels: {app: app}, annotations: {}}
spec:
  replicas: 1
  selector: {matchLabels: {app: app}}
  strategy: {rollingUpdate: {maxSurge: 0}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
        - name: app
          image: app
          env:
            - {name: APP_CPU_REQUEST, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}}
          resources: {requests: {cpu: 25m, memory: 48Mi}, limits: {memory: 48Mi}}
"""
KUBECTL = '#!/bin/sh\nif [ "$1" = kustomize ]; then cat {0}/base.yaml; else cat {0}/pods.json; fi\n'


class Repository(NamedTuple):
    """A folder with a file of sites, beside a kubectl that knows the pods of each."""

    top: Path
    capsys: pytest.CaptureFixture[str]
    platform: str = "kubeedge"

    def sites(self, *arguments: str, code: int = 0) -> str:
        """Run the command; return what it said, on either stream."""
        with contextlib.chdir(self.top / "repository"):
            got = run(["sites", "--platform", self.platform, *arguments])
        said = self.capsys.readouterr()
        assert got == code, said.err
        assert said.out == "" or code == 0
        return said.err if code else said.out

    @property
    def file(self) -> Path:
        return self.top / "repository/deploy/sites.yaml"

    def written(self, name: str) -> Path:
        return self.top / "repository" / PLATFORMS[self.platform].folder / name

    def files(self) -> dict[str, tree.File]:
        return tree.load(self.top / "repository")

    def runs(self, **images: str) -> None:
        """Have one ready pod at each of these sites; an image that ends in a ! is on its way out."""
        items = [_pod(site, image) for site, image in images.items()]
        (self.top / "pods.json").write_text(json.dumps({"items": items}))


def _pod(site: str, image: str) -> dict[str, Any]:
    env = [{"name": "APP_SITE", "value": site}]
    return {
        "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"} if image.endswith("!") else {},
        "spec": {"containers": [{"name": "app", "image": image.removesuffix("!"), "env": env}]},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }


@pytest.fixture
def repository(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Repository:
    found = Repository(tmp_path, capsys)
    found.file.parent.mkdir(parents=True)
    found.file.write_text(FILE)
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "kubectl").write_text(KUBECTL.format(tmp_path))
    (tmp_path / "kubectl").chmod(0o755)
    found.runs()
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GOCONTAINER_LANG", "en")
    return found


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_the_go_program_wrote_is_written_byte_for_byte(repository: Repository, platform: str) -> None:
    repository.file.write_text((BEFORE / "sites.yaml").read_text())
    (repository.top / "base.yaml").write_text((BEFORE / "base.yaml").read_text())
    here = repository._replace(platform=platform)
    here.sites("render")
    assert tree.load(here.written("")) == tree.load(BEFORE / platform)
    assert here.sites("check") == ""


def test_yaml_is_written_as_the_go_program_wrote_it() -> None:
    pairs = json.loads((BEFORE / "yaml.json").read_text())
    assert len(pairs) > 100
    for given, wrote in pairs:
        assert yaml_format.dump_all(yaml_format.load_all(given)) == wrote


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("quorum: 90", "quorum: 101", ":3: quorum is not a number from 1 to 100"),
        ("quorum: 90", "quorum: yes", ":3: quorum is not a number from 1 to 100"),
        ("quorum: 90", "quorum: [90]", ":3: quorum is not a number from 1 to 100"),
        ("quorum: 90", f"quorum: {'9' * 5000}", ":3: quorum is not a number from 1 to 100"),
        ("gate: person", "gate: nobody", ":4: gate: 'nobody' is not 'person', or 'prometheus' with a 'query'"),
        ("gate: person", "gate: {prometheus: x, query: up}", ":4: prometheus: 'x' is not an address such as http:"),
        ("gate: person", "gate: {prometheus: 'file:///etc', query: up}", ":4: prometheus: 'file:///etc' is not"),
        ("large: 96Mi", "large: 96M", ":5: large: '96M' is not an amount such as 48Mi"),
        ("{small: 48Mi", "{small: *no", ":5: an alias stands for a value"),
        ("image: r.io/app:v0.1.0 #", "image: r.io/app:latest #", ":7: waves.1.image: the tag of r.io/app:latest may"),
        ("image: r.io/app:v0.1.0 #", "image: r.io/app:v0.1.0-dirty #", ":7: waves.1.image: the tag of"),
        ("image: r.io/app:v0.1.0 #", "image: &a r.io/app:v0.1.0 #", ":7: waves.1.image: write it on one line"),
        ("image: r.io/app:v0.1.0 #", "image: !!str r.io/app:v0.1.0 #", ":7: waves.1.image: write it on one line"),
        ("image: r.io/app:v0.1.0 #", "image: r.io/app #", ":7: waves.1.image: 'r.io/app' is not name:tag"),
        ('    previous: {image: ""}\n  -', "  -", ":7: wave 1 lacks previous"),
        ("name: osaka", "name: tokyo", ":14: there are two sites tokyo"),
        ("name: osaka", "name: Osaka", ":14: the name of a site: 'Osaka' is not of lower-case letters"),
        ("name: osaka", "name: null", ":14: the name of a site: 'null' is not of lower-case letters"),
        ("name: osaka", "name: {a: b}", ":14: the name of a site: '' is not of lower-case letters"),
        ("name: osaka", "name: ../../etc", ":14: the name of a site: '../../etc' is not of lower-case letters"),
        ("name: osaka", f"name: {'a' * 41}", ":14: the name of a site:"),
        ("name: osaka", "name: osaka, name: kobe", ":14: name is there twice"),
        ("name: osaka", "<<: {name: osaka}", ':14: a site has no "<<"'),
        ("name: kyoto, wave: 1", "name: kyoto, wave: 2", ":7: wave 1 has no site"),
        ("name: kyoto, wave: 1", "name: kyoto, wave: 3", ":13: wave is not a number from 1 to 2"),
        ("arch: arm,", "arch: mips,", ":14: arch: 'mips' is not amd64, arm64 or arm"),
        ("memory: large", "memory: huge", ":14: memory huge is none of the sizes under memory"),
        ("memory: large", "mem: large", ':14: a site has no "mem"'),
        ("country: jp", "country: jp, country: kr", ":14: country is there twice"),
        ("labels: {country: jp}", "labels: [jp]", ":14: labels is not a mapping"),
        ("sites:", "sites: {}\nothers:", ':12: the file has no "others"'),
        (
            "sites:\n",
            "sites: []\n---\nsites:\n",
            "expected a single document in the stream, but found another document",
        ),
        ("release: {", "release: {{", ":3: while parsing a flow mapping, expected "),
        ("release: {", "release: \t{", ":2: "),
        ("# Comments", "\0# Comments", ":1: there is a letter that YAML does not allow"),
        ("# Comments", "[" * 50_000, ":1: it is nested too deep"),
        (FILE, "", ":1: the file is not a mapping of release, quorum, gate, memory, waves, sites"),
        (FILE, "- a\n", ":1: the file is not a mapping of release"),
    ],
)
def test_an_impossible_file_is_refused_with_its_line(repository: Repository, old: str, new: str, says: str) -> None:
    assert old in FILE
    repository.file.write_text(FILE.replace(old, new, 1))
    before = repository.files()
    said = repository.sites("render", code=2)
    assert says in said
    assert [line for line in said.splitlines() if not re.match(r"Error: deploy/sites.yaml:\d+: .*\.$", line)] == []
    assert repository.files() == before


def test_a_file_that_is_no_utf_8_or_is_not_there_is_refused(repository: Repository) -> None:
    repository.file.write_bytes(FILE.encode() + b"# caf\xe9\n")
    assert repository.sites("render", code=2) == "Error: deploy/sites.yaml:15: this is no UTF-8.\n"
    repository.file.unlink()
    said = repository.sites("render", code=2)
    assert said == "Error: There is no deploy/sites.yaml here. Run it at the top of a repository with sites.\n"


def test_all_that_is_wrong_is_said_at_once(repository: Repository) -> None:
    replace(repository.file, ("quorum: 90", "quorum: 0"), ("name: osaka", "name: O"), ("arch: amd64", "arch: x"))
    assert len(repository.sites("render", code=2).splitlines()) == 3


def test_a_wave_changes_its_values_and_nothing_else(repository: Repository) -> None:
    said = repository.sites("wave", "1")
    assert repository.file.read_text() == FILE.replace(
        'image: r.io/app:v0.1.0 # first\n    previous: {image: ""}',
        'image: r.io/app:v1.2.0 # first\n    previous: {image: "r.io/app:v0.1.0"}',
    )
    assert "-  - image: r.io/app:v0.1.0 # first\n+  - image: r.io/app:v1.2.0 # first\n" in said
    assert "image: r.io/app:v1.2.0\n" in repository.written("wave-1.yaml").read_text()
    assert repository.sites("check") == ""
    assert repository.sites("wave", "1") == "wave 1 has the release already\n"


def test_a_wave_waits_for_the_one_before(repository: Repository) -> None:
    yes = ("wave", "--ok=yes", "2")
    assert "Wave 1 does not have the release yet. Run 'make wave N=1'." in repository.sites(*yes, code=2)
    repository.sites("wave", "1")
    before = repository.files()
    for image in ("r.io/app:v0.1.0", "r.io/app:v1.2.0!"):
        repository.runs(kyoto=image)
        said = repository.sites(*yes, code=2)
        assert "Wave 1 is not done: 0 of 1 sites are ready, and 90 % have to be. Not ready yet: kyoto." in said
    repository.runs(kyoto="r.io/app:v1.2.0")
    for no in ((), ("--ok=",), ("--ok=no",)):
        assert "A person has to let the wave begin. Say OK=yes." in repository.sites("wave", *no, "2", code=2)
    assert repository.files() == before
    repository.sites(*yes)
    repository.runs(kyoto="r.io/app:v1.2.0", tokyo="r.io/app:v1.2.0")
    assert repository.sites("status") == (
        "WAVE  READY  DONE  VERSION          NOT READY\n"
        "1     1/1    yes   r.io/app:v1.2.0\n"
        "2     1/2    no    r.io/app:v1.2.0  osaka\n"
    )
    said = repository.sites("wave", "--ok=yes", "3", code=2)
    assert "There is no wave 3. deploy/sites.yaml has waves 1 to 2." in said


@pytest.mark.parametrize("number", ["", "x", "-1", "0", "1.5", "9" * 30, "\u0662"])
def test_what_is_no_number_of_a_wave_is_refused(repository: Repository, number: str) -> None:
    assert len(repository.sites("wave", "--", number, code=2).splitlines()) == 1


def test_stragglers_beyond_the_quorum_hold_nobody_up(repository: Repository) -> None:
    old, new = "r.io/app:v0.1.0", "r.io/app:v1.2.0"
    for sites, late, goes_on in ((1, 0, True), (9, 1, False), (10, 1, True), (12, 2, False), (12, 1, True)):
        first = "".join(f"  - {{name: s{i}, wave: 1, arch: arm, memory: small}}\n" for i in range(sites))
        repository.file.write_text(FILE.replace("- image: r.io/app:v0.1.0 #", f"- image: {new} #") + first)
        repository.runs(kyoto=new, **{f"s{i}": old if i < late else new for i in range(sites)})
        replace(repository.file, ("  - {name: kyoto, wave: 1, arch: amd64, memory: small}\n", ""))
        said = repository.sites("wave", "--ok=yes", "2", code=0 if goes_on else 2)
        assert f"ot ready yet: {' '.join(f's{i}' for i in range(late))}" in said or not late


def test_a_rollback_puts_a_wave_back_once(repository: Repository) -> None:
    assert "Wave 1 has nothing to go back to." in repository.sites("rollback", "1", code=2)
    repository.sites("wave", "1")
    repository.sites("rollback", "1")
    assert repository.file.read_text() == FILE


def test_what_was_edited_by_hand_is_kept_and_named(repository: Repository) -> None:
    assert repository.sites("check") == "", "nothing was written yet"
    repository.sites("render")
    mine = repository.written("wave-1.yaml")
    mine.write_bytes(mine.read_bytes() + b"# \xe9\n")
    before = repository.files()
    for call in (("check",), ("render",), ("wave", "1")):
        said = repository.sites(*call, code=2)
        assert said == (
            "Error: The file deploy/kubeedge/wave-1.yaml was edited by hand. "
            "Make the change in deploy/sites.yaml or in deploy/edge, and delete the file.\n"
        )
    assert repository.files() == before


def test_what_is_not_written_anew_is_named(repository: Repository) -> None:
    repository.sites("render")
    replace(repository.file, ("small: 48Mi", "small: 50Mi"))
    said = repository.sites("check", code=2)
    assert "The file deploy/kubeedge/wave-1.yaml is not what deploy/sites.yaml and deploy/edge say. Run 'make" in said
    assert len(said.splitlines()) == 2, "both waves"
    repository.written("wave-3.yaml").write_bytes(repository.written("wave-1.yaml").read_bytes())
    assert "deploy/kubeedge/wave-3.yaml is gone: delete its objects with kubectl" in repository.sites("render")
    assert not repository.written("wave-3.yaml").exists()
    assert repository.sites("check") == ""


def test_the_release_is_named_in_the_file(repository: Repository) -> None:
    assert "There is no release.model in deploy/sites.yaml." in repository.sites("model", "r.io/m:v1.2.0", code=2)
    for name in ("r.io/app:latest", "r.io/app:v1.0.0 # x", 'r.io/a"b:v1.0.0', "", "{", "r.io/app:v1.0.0\nquorum: 1"):
        repository.sites("image", name, code=2)
    assert repository.file.read_text() == FILE
    digest = f"r.io/app:latest@sha256:{'0a' * 32}"
    repository.sites("image", digest)
    assert repository.file.read_text() == FILE.replace("r.io/app:v1.2.0", digest)


@pytest.mark.parametrize(
    ("manifests", "says"),
    [
        (BASE.replace("kind: Deployment", "kind: Pod"), "it makes 0 Deployments"),
        (BASE + "---\n" + BASE, "it makes 2 Deployments"),
        (BASE.replace("- name: app", "- name: other"), "its Deployment has no container app"),
        (
            BASE.replace("      containers:", "      initContainers: [{name: model}]\n      containers:"),
            "Have both, or",
        ),
    ],
)
def test_a_base_that_is_of_no_use_is_refused(repository: Repository, manifests: str, says: str) -> None:
    (repository.top / "base.yaml").write_text(manifests)
    before = repository.files()
    assert says in repository.sites("render", code=2)
    assert repository.files() == before


def test_a_kubectl_that_fails_or_is_not_there_is_said_in_one_sentence(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository.top / "kubectl").write_text("#!/bin/sh\necho 'no\nserver' >&2; exit 1\n")
    said = repository.sites("render", code=1)
    assert said.startswith("Error: kubectl kustomize failed: no server. Nothing was changed;")
    (repository.top / "kubectl").write_text(KUBECTL.format(repository.top))
    (repository.top / "pods.json").write_text('{"items": [1]}')
    assert "kubectl get pods failed: it prints no list of pods." in repository.sites("status", code=1)
    monkeypatch.setenv("PATH", str(repository.file.parent))
    assert "kubectl kustomize failed: kubectl is not installed." in repository.sites("render", code=1)


def test_a_wave_that_cannot_be_written_leaves_all_as_it_was(repository: Repository) -> None:
    repository.sites("render")
    before = repository.files()
    with mock.patch.object(Path, "write_bytes", side_effect=OSError(28, "No space left on device")):
        assert "No space left on device" in repository.sites("wave", "1", code=1)
    assert repository.files() == before


def test_a_wave_that_is_killed_at_any_moment_is_brought_to_its_end_by_the_same_command(repository: Repository) -> None:
    repository.sites("render")
    before = repository.files()
    repository.sites("wave", "1")
    whole = repository.files()
    renamed = {path for path in whole if whole[path] != before[path]}
    for moment in range(len(renamed)):
        for path in before:
            (repository.top / "repository" / path).write_bytes(before[path].content)
        with mock.patch.object(Path, "replace", _killed(after=moment)), pytest.raises(KilledError):
            repository.sites("wave", "1")
        half = repository.files()
        assert all(half[path] in (before[path], whole[path]) for path in whole), "each file is old or new"
        assert sum(half[path] != before[path] for path in whole) == moment
        repository.sites("wave", "1")
        assert repository.files() == whole


class KilledError(BaseException):
    """What ends a process."""


def _killed(after: int) -> Callable[[Path, Path], Path]:
    """Return a rename that works so many times."""
    left, rename = [after], Path.replace

    def replaced(path: Path, target: Path) -> Path:
        if not left[0]:
            raise KilledError
        left[0] -= 1
        return rename(path, target)

    return replaced


VECTOR = '{"status":"success","data":{"resultType":"vector","result":[%s]}}'
SAMPLE = '{"value":[1,"%s"]}'


class Prometheus(BaseHTTPRequestHandler):
    """Answers each query with the same."""

    answer, code = b"", 200
    asked: tuple[str, ...] = ()

    def do_GET(self) -> None:
        type(self).asked = tuple(parse_qs(urlsplit(self.path).query)["query"])
        self.send_response(self.code)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def prometheus() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Prometheus)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (VECTOR % (SAMPLE % "0.02"), None, ""),
        (VECTOR % (SAMPLE % "-1"), None, ""),
        (VECTOR % "", Refused, "The gate says no: the query finds nothing"),
        (VECTOR % (SAMPLE % "0"), Refused, "The gate says no: the query finds 0"),
        (VECTOR % f"{SAMPLE % '1'},{SAMPLE % '0'}", Refused, "The gate says no: the query finds 0"),
        (VECTOR % (SAMPLE % "NaN"), Refused, "The gate says no: the query finds NaN"),
        (VECTOR % (SAMPLE % "x"), Refused, "The gate says no: the query finds x"),
        (VECTOR % "1", GateFailed, "something else than Prometheus"),
        (VECTOR % '{"value":1}', GateFailed, "something else than Prometheus"),
        ('{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}', Refused, "query gives a scalar"),
        ('{"status":"error","error":"parse error"}', GateFailed, "it refuses the query: parse error"),
        ("gateway timeout", GateFailed, "something else than Prometheus"),
        ("[]", GateFailed, "something else than Prometheus"),
        ("null", GateFailed, "something else than Prometheus"),
        ('{"status":"success","data":[]}', GateFailed, "something else than Prometheus"),
        ("[" * 100_000, GateFailed, "something else than Prometheus"),
    ],
)
@pytest.mark.parametrize("code", [200, 400])
def test_the_gate_says_yes_only_to_something_that_is_not_zero(
    prometheus: str, code: int, answer: str, error: type[Exception] | None, says: str
) -> None:
    Prometheus.answer, Prometheus.code = answer.encode(), code
    expected = pytest.raises(error, match=re.escape(says)) if error else contextlib.nullcontext()
    with expected:
        ask(Gate(prometheus, 'up{site=~"$sites"}'), ["kyoto", "osaka"])
    assert Prometheus.asked == ('up{site=~"kyoto|osaka"}',)


def test_a_wave_asks_its_gate_and_a_gate_that_is_not_there_is_no(repository: Repository, prometheus: str) -> None:
    repository.sites("wave", "1")
    repository.runs(kyoto="r.io/app:v1.2.0")
    asked = "gate: {{prometheus: '{}', query: 'up{{site=~\"$sites\"}}'}}"
    before = repository.file.read_text()
    repository.file.write_text(before.replace("gate: person", asked.format("http://127.0.0.1:1")))
    assert "The gate at http://127.0.0.1:1 cannot be asked: " in repository.sites("wave", "--ok=yes", "2", code=1)
    repository.file.write_text(before.replace("gate: person", asked.format(prometheus)))
    Prometheus.answer, Prometheus.code = (VECTOR % "").encode(), 200
    assert "The gate says no" in repository.sites("wave", "--ok=yes", "2", code=2)
    Prometheus.answer = (VECTOR % (SAMPLE % "1")).encode()
    repository.sites("wave", "2")
    assert Prometheus.asked == ('up{site=~"kyoto"}',)
