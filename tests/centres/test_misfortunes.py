"""What befalls a config centre, and what the service does: each with the real server of each kind."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml

from tests.centres.apollo import Apollo
from tests.centres.centre import Centre
from tests.centres.engine import CENTRES
from tests.centres.etcd import Etcd
from tests.centres.events import CONNECTION, grows, lost, publish, published, settled
from tests.centres.follower import DEFAULT, KEY, PATIENT, TOKEN, following, login, overlay, program
from tests.centres.line import steady_port
from tests.centres.nacos import Nacos
from tests.helpers.daemons import until

SECRET = "hunter2-and-more"


def test_a_push_is_seen_without_a_restart(centre: Centre, tmp_path: Path) -> None:
    published(centre, 5)
    with following(centre, tmp_path) as service:
        assert service.max_lines == 5
        assert "settings: from the centre\n" in service.state
        assert f"config centre: {centre.name}, answered " in service.state
        publish(centre, 6)
        service.sees(6)
        assert service.said("settings changed")[0]["keys"] == [KEY]


def test_down_at_boot_without_a_last_good_file_it_serves_on_the_lower_layers_and_says_so(
    centre: Centre, tmp_path: Path
) -> None:
    published(centre, 5)
    with lost(centre), following(centre, tmp_path) as service:
        assert service.max_lines == DEFAULT
        assert service.ready
        assert "from the layers below\n" in service.state
        assert "never answered, does not now" in service.state
        assert service.metric("config_center_last_success_timestamp_seconds") == 0
        assert service.said("settings")[0]["error"]
        centre.mend()
        service.sees(5)
        assert "from the centre\n" in service.state


def test_down_at_boot_the_last_good_file_speaks_for_it(centre: Centre, tmp_path: Path) -> None:
    keeping = ("-center-cache", str(tmp_path / "last-good.yaml"), "-center-needs", KEY)
    published(centre, 5)
    with following(centre, tmp_path, *keeping) as service:
        assert service.max_lines == 5
    with lost(centre), following(centre, tmp_path, *keeping) as service:
        assert service.max_lines == 5
        assert service.ready
        assert "from the last-good file\n" in service.state
        centre.mend()
        publish(centre, 6)
        service.sees(6)
    assert yaml.safe_load((tmp_path / "last-good.yaml").read_text()) == {KEY: "6"}


@pytest.mark.parametrize("by", ["cut", "freeze", "stop"])
def test_lost_while_running_it_goes_on_and_resumes_without_a_restart(centre: Centre, tmp_path: Path, by: str) -> None:
    published(centre, 5)
    # A centre that accepts and does not answer is only given up after the wait for its answer.
    with following(centre, tmp_path, "-center-timeout", "2s" if by == "freeze" else PATIENT) as service:
        service.sees(5)
        failures = service.metric("config_center_failures_total")
        with lost(centre, by):
            if by != "stop":
                publish(centre, 6)  # while nobody listens
            grows(lambda: service.metric("config_center_failures_total"), failures + 2)
            assert service.max_lines == 5
            assert service.ready
            assert "does not now" in service.state
            assert service.metric("config_center_staleness_seconds") > 1
        if by == "stop":
            publish(centre, 6)
        service.sees(6)
        until(lambda: "does not now" not in service.state, "the centre's return")
        warned = service.said("config centre lost, the settings stay")
        tried = service.metric("config_center_failures_total") - failures
        assert 1 <= len(warned) <= tried / 2 + 1, "the 1st, 2nd, 4th, 8th failure"
        assert len(service.said("config centre is back")) == 1


def test_while_it_is_lost_it_is_asked_ever_more_rarely(centre: Centre, tmp_path: Path) -> None:
    published(centre, 5)
    with following(centre, tmp_path) as service, lost(centre):
        grows(lambda: service.metric("config_center_failures_total"), 0)
        began = time.monotonic()
        grows(lambda: service.metric("config_center_failures_total"), 5)
        # 1, 2, 4 and 8 s, each at least by half.
        assert time.monotonic() - began > 7


WHY = {"nacos": "there is no value in it", "apollo": "there is no value in it", "etcd": "no key below /orders/"}


@pytest.mark.parametrize("centre_is", ["back", "lost"])
def test_emptied_it_keeps_what_it_has_after_a_restart_too(centre: Centre, tmp_path: Path, centre_is: str) -> None:
    is_emptied(centre, tmp_path, lambda: centre.publish({}), WHY[centre.name], back=centre_is == "back")


def is_emptied(centre: Centre, folder: Path, empty: Callable[[], object], why: str, *, back: bool) -> None:
    """See that nothing changes where a centre is emptied, nor after a restart, with the centre ``back`` or not."""
    keeping = ("-center-cache", str(folder / "last-good.yaml"))
    published(centre, 5)
    with following(centre, folder, *keeping) as service:
        service.sees(5)
        empty()
        grows(lambda: service.metric("config_center_failures_total"), 2)
        assert service.max_lines == 5
        assert service.ready
        lines = service.said("config centre lost, the settings stay")
        assert lines
        assert all(why in line["error"] for line in lines)
    with nullcontext() if back else lost(centre), following(centre, folder, *keeping) as service:
        assert service.max_lines == 5
        assert "from the last-good file\n" in service.state
        if back:
            publish(centre, 6)
            service.sees(6)


def test_an_address_needs_no_scheme_and_of_several_one_may_be_dead(centre: Centre, tmp_path: Path) -> None:
    several = f"127.0.0.1:{steady_port()}, {centre.address}"
    published(centre, 5)
    with following(centre, tmp_path, "-center-address", several) as service:
        service.sees(5)
        publish(centre, 6)
        service.sees(6)


@pytest.mark.parametrize("address", ["nacos://127.0.0.1:8848", "127.0.0.1:", "https://127.0.0.1:8848?user=me"])
@pytest.mark.parametrize("name", CENTRES)
def test_an_address_that_is_none_is_refused_at_start_in_one_sentence(name: str, address: str) -> None:
    started = subprocess.run([program(name), "-center-address", address], check=False, capture_output=True, text=True)
    assert started.returncode == 1
    [line] = [line for line in started.stderr.splitlines() if "is neither host and port, such as " in line]
    assert address in line


def test_what_is_published_for_one_overlay_does_not_reach_the_other(tmp_path: Path) -> None:
    dev, prod = (overlay("etcd", tmp_path / which, which) for which in ("dev", "prod"))
    assert dev != prod
    with CENTRES["etcd"](secured=False) as open_:
        assert isinstance(open_, Etcd)
        is_apart(open_, tmp_path, dev, prod, lambda value: open_.put(dev["APP_CENTER_PREFIX"] + KEY, value))


def is_apart(
    centre: Centre, folder: Path, dev: Mapping[str, str], prod: Mapping[str, str], publish_dev: Callable[[str], object]
) -> None:
    """See that what is published for dev is in force there and nowhere else."""
    publish_dev("5")
    with (
        following(centre, folder, environment=dev, placed=False) as one,
        following(centre, folder, environment=prod, placed=False) as other,
    ):
        one.sees(5)
        publish_dev("6")
        one.sees(6)
        assert other.max_lines == DEFAULT
        grows(lambda: other.metric("config_center_failures_total"), 1)
        assert other.max_lines == DEFAULT


@pytest.mark.parametrize("bad", ["many", "1001", ""])
def test_a_bad_value_is_refused_whole_counted_and_logged_once(centre: Centre, tmp_path: Path, bad: str) -> None:
    published(centre, 5)
    with following(centre, tmp_path) as service:
        centre.publish({KEY: bad, "log-level": "debug"})
        grows(lambda: service.metric("config_center_refused_total"), 0)
        asked = service.metric("config_center_last_success_timestamp_seconds")
        if centre.name == "nacos":  # it is asked again without being told of anything
            grows(lambda: service.metric("config_center_last_success_timestamp_seconds"), asked)
        assert service.max_lines == 5
        assert not service.said("request"), "half of it was taken"
        assert service.metric("config_center_refused_total") == 1
        [line] = service.said("values refused, the settings stay")
        assert KEY in line["error"]
        publish(centre, 6)
        service.sees(6)


def test_at_boot_a_bad_value_gives_way_to_the_last_good_file(centre: Centre, tmp_path: Path) -> None:
    (tmp_path / "last-good.yaml").write_text(f"{KEY}: '7'\n")
    centre.publish({KEY: "many"})
    until(lambda: centre.read(centre.good) == {KEY: "many"}, "the bad value")
    with following(centre, tmp_path, "-center-cache", str(tmp_path / "last-good.yaml")) as service:
        assert service.max_lines == 7
        assert service.metric("config_center_refused_total") == 1
        publish(centre, 6)
        service.sees(6)


@pytest.mark.parametrize("centre", ["nacos"], indirect=True)
def test_a_text_that_is_no_mapping_is_a_bad_value_and_is_not_shown(centre: Nacos, tmp_path: Path) -> None:
    published(centre, 5)
    with following(centre, tmp_path) as service:
        centre.publish_text(f"- {SECRET}")
        grows(lambda: service.metric("config_center_refused_total"), 0)
        publish(centre, 6)
        service.sees(6)
        [line] = service.said("values refused, the settings stay")
        assert line["error"] == "orders is no flat YAML mapping"
        assert service.metric("config_center_failures_total") == 0


def test_a_value_that_the_environment_overrides_changes_nothing(centre: Centre, tmp_path: Path) -> None:
    published(centre, 5)
    with following(centre, tmp_path, environment={"APP_QUOTE_MAX_LINES": "3"}) as service:
        taken = service.metric("config_center_applied_total")
        publish(centre, 6)
        grows(lambda: service.metric("config_center_applied_total"), taken)
        assert service.max_lines == 3
        assert service.said("settings changed") == []


def test_a_key_that_needs_a_restart_says_so_and_is_not_changed(centre: Centre, tmp_path: Path) -> None:
    published(centre, 5)
    with following(centre, tmp_path) as service:
        publish(centre, 6, drain_timeout="40s", new_in_version_2="x")
        service.sees(6)
        [line] = service.said("keys without effect")
        assert (line["until_restart"], line["unknown"]) == (["drain-timeout"], ["new-in-version-2"])
    assert service.said("draining")[0]["timeout"] == "20s"
    with following(centre, tmp_path) as service:
        assert service.max_lines == 6
    assert service.said("draining")[0]["timeout"] == "40s"


def test_of_a_hundred_quick_pushes_the_last_one_wins_and_nothing_is_left_behind(centre: Centre, tmp_path: Path) -> None:
    published(centre, 5)
    with following(centre, tmp_path) as service:
        publish(centre, 6)
        service.sees(6)
        goroutines = settled(service)
        for value in range(101, 201):
            publish(centre, value)
        service.sees(200)
        assert settled(service) <= goroutines + CONNECTION


@pytest.mark.parametrize("centre", ["apollo"], indirect=True)
def test_a_server_that_always_says_changed_is_not_asked_without_a_break(centre: Apollo, tmp_path: Path) -> None:
    published(centre, 5)
    with following(centre, tmp_path, "-center-address", centre.bare) as service:
        began = service.metric("process_cpu_seconds_total")
        lines = len(service.output.read_text().splitlines())
        time.sleep(5)
        assert len(service.output.read_text().splitlines()) == lines
        assert service.metric("process_cpu_seconds_total") - began < 1
        publish(centre, 6)
        service.sees(6)


WRONG = {
    "nacos": 'the user "orders" or the password is wrong',
    "apollo": "the access key is wrong or missing",
    "etcd": "authentication failed, invalid user ID or password",
}


def test_wrong_credentials_are_a_clear_error_and_right_ones_need_no_restart(centre: Centre, tmp_path: Path) -> None:
    published(centre, 5)
    with following(centre, tmp_path, who=centre.bad) as service:
        assert service.max_lines == DEFAULT
        assert service.ready
        assert WRONG[centre.name] in service.said("settings")[0]["error"]
        assert centre.bad.secret not in service.output.read_text()
        login(centre, tmp_path, centre.good)
        service.sees(5)


def test_a_secret_is_in_no_log_on_no_admin_page_and_not_in_the_last_good_file(centre: Centre, tmp_path: Path) -> None:
    last_good = tmp_path / "last-good.yaml"
    published(centre, 5, api_token=SECRET)
    with following(centre, tmp_path, "-center-cache", str(last_good), "-log-level", "debug") as service:
        publish(centre, 6, api_token=f"{SECRET}-2")
        service.sees(6)
        until(lambda: service.said("settings changed"), "the change")
        assert service.said("settings changed")[0]["keys"] == [TOKEN, KEY], "it was taken"
        pages = [service.ask(path).text for path in ("/metrics", "/readyz?verbose", "/livez?verbose", "/startupz")]
        centre.publish({KEY: "many", TOKEN: f"{SECRET}-3"})
        grows(lambda: service.metric("config_center_refused_total"), 0)
    assert yaml.safe_load(last_good.read_text()) == {KEY: "6"}
    for text in (service.output.read_text(), *pages):
        assert SECRET not in text
        assert centre.good.secret not in text


def test_a_new_pod_does_not_guess_a_needed_key_and_those_that_had_it_stay_ready(centre: Centre, tmp_path: Path) -> None:
    published(centre, 5)
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    with following(centre, old, "-center-needs", KEY) as before, lost(centre):
        grows(lambda: before.metric("config_center_failures_total"), 0)
        with following(centre, new, "-center-needs", KEY) as after:
            assert not after.ready
            assert f"waiting for {KEY}\n" in after.state
            assert after.ask("/livez").status == after.ask("/startupz").status == 200
            assert after.metric("config_center_missing_keys") == 1
            assert before.ready
            centre.mend()
            until(lambda: after.ready, "the new pod")
            assert after.max_lines == 5
