"""What `make observe` starts: one file of compose whose parts fit together, and by whichever engine a machine has.

No engine runs here, and no image was pulled: tests/collector has the collector, a Prometheus and the service as they
are started. A judge compares the file of every row with the schema of the Compose Specification.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.helpers.support import PINS, files_of, rendered, replace
from tests.judges import JUDGES
from tests.judges.subject import Subject
from tests.monitoring import promtool
from tests.test_builders import Machine

FOLDER = "hack/observe"
WITH_ALERTS = {"collector": "deployment", "monitoring": "operator"}
GIVEN = ({"collector": "deployment"}, {"collector": "deployment", "monitoring": "none"}, WITH_ALERTS)
Document = dict[str, Any]
each_given = pytest.mark.parametrize("given", GIVEN, ids=lambda given: str(given.get("monitoring", "annotations")))


def read(repository: Path, name: str = "compose.yaml") -> Document:
    found: Document = yaml.safe_load((repository / FOLDER / name).read_text())
    return found


def mounts(service: Mapping[str, Any]) -> dict[str, str]:
    """Return where each file of ours is in the container, and which it is."""
    parts = [each.split(":") for each in service.get("volumes", ())]
    assert all(options == "ro,z" for _, _, options in parts)
    return {inside: outside for outside, inside, _ in parts}


def texts(value: Any) -> Iterator[str]:
    """Yield each text of a document."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        yield str(value)
        return
    for each in value:
        yield from texts(each)


def wrong(repository: Path) -> list[str]:
    """Say what does not fit together: files, ports, names of containers, and of Grafana's sources."""
    services, said = read(repository)["services"], []
    for name, service in services.items():
        inside = mounts(service)
        lies = {each: (repository / FOLDER / file).resolve() for each, file in inside.items()}
        made = repository / "bin/observe"  # by make
        said += [f"{name} mounts what is not there: {inside[each]}" for each in lies if not lies[each].exists()
                 and lies[each] != made.resolve()]  # fmt: skip
        said += [f"{name} is told of {each}, which it has not" for each in told(service) if each not in inside]
        said += [f"{name} listens for others: {each}" for each in service.get("ports", ())
                 if not each.startswith("127.0.0.1:")]  # fmt: skip
    hosts = {*services, *(each.partition(":")[0] for each in services["prometheus"].get("extra_hosts", ()))}
    said += [f"nobody is called {host}" for host in sorted(named(repository) - hosts)]
    return said + [f"there is no source {each}" for each in astray(read(repository, "datasources.yaml"))]


def told(service: Mapping[str, Any]) -> list[str]:
    """Return the files that a command names."""
    return re.findall(r"config(?:\.file)?=(\S+)", " ".join(service.get("command", ())))


def named(repository: Path) -> set[str]:
    """Return the hosts that one of them is to ask."""
    addresses = [urlsplit(each).hostname for name in ("compose.yaml", "datasources.yaml")
                 for each in texts(read(repository, name)) if each.startswith("http://")]  # fmt: skip
    jobs = read(repository, "prometheus.yaml")["scrape_configs"]
    targets = [target for job in jobs for each in job["static_configs"] for target in each["targets"]]
    return {*map(str, addresses), *(each.partition(":")[0] for each in targets)}


def astray(sources: Document) -> list[str]:
    """Return the sources that others lead to and that are not there."""
    found = re.findall(r"datasourceUid: (\S+)", yaml.safe_dump(sources))
    return sorted({*found} - {each["uid"] for each in sources["datasources"]})


@each_given
def test_what_is_started_fits_together(tmp_path: Path, given: dict[str, Any]) -> None:
    repository = rendered(tmp_path, **given)
    assert wrong(repository) == []
    assert {each for service in read(repository)["services"].values() for each in service.get("ports", ())} == {
        "127.0.0.1:4318:4318", "127.0.0.1:${GRAFANA_PORT:-3000}:3000"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("compose.yaml", '"127.0.0.1:4318:4318"', '"4318:4318"', "collector listens for others: 4318:4318"),
        ("compose.yaml", "- ./tempo.yaml", "- ./temp.yaml", "tempo mounts what is not there: ./temp.yaml"),
        ("compose.yaml", "/etc/loki.yaml:", "/etc/loki:", "loki is told of /etc/loki.yaml, which it has not"),
        ("compose.yaml", "http://tempo:", "http://temp:", "nobody is called temp"),
        ("compose.yaml", "- host.docker.internal:", "- other:", "nobody is called host.docker.internal"),
        ("prometheus.yaml", "collector:8888", "otelcol:8888", "nobody is called otelcol"),
        ("datasources.yaml", "uid: loki\n    url", "uid: logs\n    url", "there is no source loki"),
    ],
)
def test_what_does_not_fit_is_found(tmp_path: Path, file: str, old: str, new: str, says: str) -> None:
    repository = rendered(tmp_path, **WITH_ALERTS)
    replace(repository / FOLDER / file, (old, new))
    assert says in wrong(repository)


@pytest.mark.parametrize(
    ("old", "new"), [("command:\n      - -config", "comand:\n      - -config"), ("ports:\n", "ports: 4318\n    x-:\n")]
)
def test_what_compose_does_not_take_is_refused(tmp_path: Path, old: str, new: str) -> None:
    repository = rendered(tmp_path, **WITH_ALERTS)
    judged = Subject("row", repository, repository / "manifests")
    judge = JUDGES["check-jsonschema"]
    assert judge([judged]) == []
    file = repository / FOLDER / "compose.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    assert "compose.yaml" in "".join(judge([judged]))


def test_the_collector_is_the_clusters_by_image_and_configuration(tmp_path: Path) -> None:
    repository = rendered(tmp_path, collector="deployment")
    collector = read(repository)["services"]["collector"]
    deployment = (repository / "deploy/components/collector/deployment.yaml").read_text()
    assert f"image: {collector['image']}\n" in deployment
    first, second = (mounts(collector)[each] for each in told(collector))
    assert (first, second) == ("../../deploy/components/collector/config.yaml", "./collector.yaml")
    config = (repository / "deploy/components/collector/config.yaml").read_text()
    assert {*re.findall(r"\$\{env:(\w+)\}", config)} == collector["environment"].keys()


def test_images_come_from_the_mirror(tmp_path: Path) -> None:
    names = {str(pin["value"]) for pin in PINS["observe_image"].values()}
    assert all(name.startswith("docker.io/") for name in names), "podman asks no registry that is not named"
    plain = {each["image"] for each in read(rendered(tmp_path, collector="deployment"))["services"].values()}
    assert plain == names
    mirrors = {"registry_mirrors": "docker.io=harbor.example.com/hub"}
    found = read(rendered(tmp_path / "mirror", collector="deployment", **mirrors))["services"].values()
    assert {each["image"] for each in found} == {name.replace("docker.io", "harbor.example.com/hub") for name in names}


@pytest.mark.parametrize("given", [{}, {"monitoring": "operator"}, {"target": "knative"}, {"tracing": False}], ids=str)
def test_without_a_collector_there_is_no_word_of_it(given: dict[str, Any]) -> None:
    files = files_of(given)
    assert not [path for path in files if path.startswith(FOLDER)]
    for path in ("Makefile", "README.md"):
        assert "observe" not in files[path].content.decode().replace("observed", "")


class Observed(Machine):
    """A machine with engines of which some have compose, and a repository with a collector."""

    def __init__(self, folder: Path, engines: Sequence[str], **given: Any) -> None:
        super().__init__(folder, (), **{"collector": "deployment", **given})
        for tool in ("echo", "mkdir"):
            (self.bin / tool).symlink_to(str(shutil.which(tool)))
        for engine in engines:
            name, _, compose = engine.partition(" ")
            (self.bin / name).write_text(
                f'#!/bin/sh\n[ "$1 $2" = "compose version" ] && exit {0 if compose else 1}\n'
                f'[ "$1" = buildx ] && exit 1\necho "{name} $* $GRAFANA_PORT" >> {self.asked}\n'
            )
            (self.bin / name).chmod(0o755)


EACH = ("docker", "podman", "nerdctl")
STARTS = "compose --file hack/observe/compose.yaml up --detach"


@pytest.mark.parametrize("has", EACH)
def test_the_engine_that_has_compose_starts_it(tmp_path: Path, has: str) -> None:
    engines = [f"{each} compose" if each == has else each for each in EACH]
    assert Observed(tmp_path, engines).said("observe") == [f"{has} {STARTS} 3000"]


def test_a_builder_that_is_named_comes_first_and_one_without_compose_is_passed_over(tmp_path: Path) -> None:
    machine = Observed(tmp_path, ["docker compose", "podman compose", "buildah"])
    assert machine.said("observe", "BUILDER=docker") == [f"docker {STARTS} 3000"]
    assert machine.said("observe", "BUILDER=podman") == [f"podman {STARTS} 3000"]
    assert machine.said("observe", "BUILDER=buildah") == [f"docker {STARTS} 3000"]


def test_it_says_where_grafana_is_and_it_is_stopped_with_all_that_it_holds(tmp_path: Path) -> None:
    machine = Observed(tmp_path, ["podman compose"])
    done = machine.make("observe", "GRAFANA_PORT=3001")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Grafana is at http://127.0.0.1:3001 soon; make run-observed starts the service for it\n"
    assert machine.asked.read_text().endswith("--detach 3001\n")
    assert machine.said("observe-stop") == ["podman compose --file hack/observe/compose.yaml down --volumes 3000"]


@pytest.mark.parametrize("target", ["observe", "observe-stop"])
def test_no_compose_is_one_sentence_that_names_the_engines(tmp_path: Path, target: str) -> None:
    done = Observed(tmp_path, [*EACH, "buildah"]).make(target)
    said = [line for line in done.stderr.splitlines() if not line.startswith("make: ")]
    assert (done.returncode, done.stdout, len(said)) == (2, "", 1)
    assert all(name in said[0] for name in EACH)


def test_it_watches_by_the_rules_of_the_cluster(tmp_path: Path) -> None:
    machine = Observed(tmp_path, ["docker compose"], **WITH_ALERTS)
    machine.said("observe")
    rules = machine.repository / "bin/observe/rules.yaml"
    objects = yaml.safe_load((machine.repository / "deploy/components/monitoring/prometheusrule.yaml").read_text())
    assert yaml.safe_load(rules.read_text()) == objects["spec"]
    assert len(objects["spec"]["groups"]) > 1
    said = promtool.run("check", "rules", rules)
    assert said.code == 0, said
    rules.write_text(rules.read_text().replace("groups:", "group:"))
    assert promtool.run("check", "rules", rules).code == 1


def configured(machine: Observed) -> str:
    """Return the configuration of Prometheus, with the rules where make writes them."""
    text = (machine.repository / FOLDER / "prometheus.yaml").read_text()
    return text.replace("/observe/", f"{machine.repository}/bin/observe/")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("", "", ""),
        ("job_name", "job_nam", "field job_nam not found"),
        ("evaluation_interval: 5s", "evaluation_interval: 5", "not a valid duration"),
        ("rules.yaml", "other.yaml", "does not point to an existing file"),
    ],
)
def test_prometheus_takes_its_configuration(tmp_path: Path, old: str, new: str, says: str) -> None:
    machine, file = Observed(tmp_path, ["docker compose"], **WITH_ALERTS), tmp_path / "prometheus.yaml"
    machine.said("observe")
    file.write_text(configured(machine).replace(old, new) if old else configured(machine))
    said = promtool.run("check", "config", file)
    assert (said.code != 0, says in said.out + said.err) == (bool(says), True), said


@each_given
def test_alerts_and_dashboard_are_the_clusters_where_it_has_them(tmp_path: Path, given: dict[str, Any]) -> None:
    repository = rendered(tmp_path, **given)
    has_them = given.get("monitoring") == "operator"
    assert ("rule_files" in read(repository, "prometheus.yaml")) == has_them
    inside = mounts(read(repository)["services"]["grafana"])
    shown = [inside[each] for each in inside if each.endswith("dashboard.json")]
    assert shown == (["../../deploy/components/monitoring/dashboard.json"] if has_them else [])
    if has_them:
        (provider,) = read(repository, "dashboards.yaml")["providers"]
        assert f"{provider['options']['path']}/dashboard.json" in inside


def test_the_service_has_the_labels_here_that_alerts_and_dashboard_ask_for(tmp_path: Path) -> None:
    repository = rendered(tmp_path, **WITH_ALERTS)
    service, collector = read(repository, "prometheus.yaml")["scrape_configs"]
    (own,) = service["static_configs"]
    asked = (repository / "deploy/components/monitoring/prometheusrule.yaml").read_text()
    assert f'namespace="{own["labels"]["namespace"]}", job="{service["job_name"]}"' in asked
    assert (own["targets"], collector["job_name"]) == (["host.docker.internal:8081"], "orders-collector")


def test_grafana_asks_for_no_login_and_its_maker_for_nothing(tmp_path: Path) -> None:
    told = read(rendered(tmp_path, collector="deployment"))["services"]["grafana"]["environment"]
    assert {name.removeprefix("GF_"): value for name, value in told.items()} == {
        "AUTH_ANONYMOUS_ENABLED": "true", "AUTH_ANONYMOUS_ORG_ROLE": "Editor", "AUTH_DISABLE_LOGIN_FORM": "true",
        "ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false", "ANALYTICS_CHECK_FOR_UPDATES": "false",
        "ANALYTICS_REPORTING_ENABLED": "false", "NEWS_NEWS_FEED_ENABLED": "false",
        "PLUGINS_PREINSTALL_DISABLED": "true",
    }  # fmt: skip


def without(key: str) -> Callable[[Document], None]:
    """Leave out how one source leads to another."""

    def change(source: Document) -> None:
        source["jsonData"].pop(key, None)

    return change


def leads(sources: Document) -> list[tuple[str, str]]:
    """Return from which source to which one is led, by the keys that Grafana documents for each kind."""
    found = []
    for each in sources["datasources"]:
        data = each["jsonData"]
        ways = [*data.get("exemplarTraceIdDestinations", ()), *data.get("derivedFields", ())]
        ways += [data["tracesToLogsV2"]] if "tracesToLogsV2" in data else []
        found += [(each["type"], way["datasourceUid"]) for way in ways]
    return found


def test_one_is_led_from_an_exemplar_to_its_trace_to_its_log_lines_and_back(tmp_path: Path) -> None:
    sources = read(rendered(tmp_path, collector="deployment"), "datasources.yaml")
    assert leads(sources) == [("prometheus", "tempo"), ("tempo", "loki"), ("loki", "tempo")]
    for number, key in enumerate(("exemplarTraceIdDestinations", "tracesToLogsV2", "derivedFields")):
        without(key)(sources["datasources"][number])
    assert leads(sources) == []


def test_grafana_takes_no_variable_of_the_environment_for_one_of_its_own() -> None:
    text = files_of({"collector": "deployment"})[f"{FOLDER}/datasources.yaml"].content.decode()
    assert len(re.findall(r"\$\$\{__", text)) == text.count("${") > 1
