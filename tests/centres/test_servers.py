"""The config centres keep, tell and refuse as they must, before anything is tested with them."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from tests.centres.apollo import Apollo
from tests.centres.authority import Authority
from tests.centres.centre import PATIENCE, Answer, Centre, Credentials, Refused, ask
from tests.centres.engine import CENTRES
from tests.centres.gate import signed
from tests.centres.nacos import Nacos
from tests.helpers.daemons import until

FIRST = {"log-level": "debug", "greeting": "Grüße = \\ 你好: #1"}
SECOND = {"log-level": "info"}


def shows(centre: Centre, values: dict[str, str]) -> None:
    """Wait until clients get what was published: Nacos says so before it is."""
    until(lambda: centre.read(centre.good if centre.secured else None) == values, f"{values} in {centre.name}")


def test_what_is_published_replaces_what_was_there(centre: Centre) -> None:
    for values in (FIRST, SECOND, FIRST):
        centre.publish(values)
        shows(centre, values)


def test_wrong_credentials_are_refused_and_so_is_nobody(centre: Centre) -> None:
    centre.publish(FIRST)
    shows(centre, FIRST)
    for who in (centre.bad, None):
        with pytest.raises(Refused):
            centre.read(who)


def test_a_cut_line_refuses_and_what_is_published_meanwhile_is_there_afterwards(centre: Centre) -> None:
    centre.publish(FIRST)
    shows(centre, FIRST)
    centre.cut()
    try:
        with pytest.raises(OSError, match="refused"):
            centre.read(centre.good)
        centre.publish(SECOND)
    finally:
        centre.mend()
    shows(centre, SECOND)


def test_a_frozen_line_accepts_and_answers_only_once_it_is_thawed(centre: Centre) -> None:
    centre.publish(FIRST)
    shows(centre, FIRST)
    answered = threading.Event()

    def read() -> None:
        centre.read(centre.good)
        answered.set()

    centre.freeze()
    try:
        reader = threading.Thread(target=read)
        reader.start()
        assert not answered.wait(2)
    finally:
        centre.thaw()
    assert answered.wait(PATIENCE)
    reader.join()


def test_a_stopped_server_refuses_and_has_its_values_when_it_is_back(centre: Centre) -> None:
    centre.publish(SECOND)
    shows(centre, SECOND)
    address = centre.address
    centre.stop()
    try:
        with pytest.raises(OSError, match="refused"):
            centre.read(centre.good)
    finally:
        centre.start()
    assert centre.address == address
    shows(centre, SECOND)
    centre.publish(FIRST)
    shows(centre, FIRST)


def test_with_tls_it_shows_a_certificate_of_its_own_authority_and_no_other(centre: Centre, tmp_path: Path) -> None:
    def handshake(authority: Authority) -> None:
        trusting = ssl.create_default_context(cafile=authority.certificate)
        with (
            socket.create_connection(("127.0.0.1", centre.tls_line.port), timeout=PATIENCE) as connection,
            trusting.wrap_socket(connection, server_hostname="127.0.0.1"),
        ):
            pass

    handshake(centre.authority)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(Authority(tmp_path))


def test_nothing_listens_beyond_this_machine(centre: Centre) -> None:
    listed = subprocess.run(["ss", "-Hltnp"], check=True, capture_output=True, text=True).stdout
    ours = [line.split()[3] for line in listed.splitlines() if '"socat"' in line or '"java"' in line]
    assert f":{centre.line.port}" in " ".join(ours)
    assert [each for each in ours if "127.0.0.1" not in each] == []


@pytest.mark.parametrize("name", CENTRES)
def test_without_credentials_everybody_reads_where_nobody_is_asked(name: str) -> None:
    with CENTRES[name](secured=False) as centre:
        centre.publish(FIRST)
        shows(centre, FIRST)


@contextmanager
def polling(url: str, form: dict[str, str] | None, headers: dict[str, str]) -> Iterator[list[Answer]]:
    """Poll in the background, see that it waits, and that it is answered after what the body does."""
    answers: list[Answer] = []
    poll = threading.Thread(target=lambda: answers.append(ask(url, form, headers)))
    poll.start()
    poll.join(2)
    assert answers == []
    yield answers
    poll.join(PATIENCE)


@pytest.mark.parametrize("centre", ["nacos"], indirect=True)
def test_nacos_tells_by_md5_and_by_a_poll_that_a_text_has_changed(centre: Nacos) -> None:
    centre.publish_text("first")
    until(lambda: centre.text(centre.good) == "first", "the first text")
    known = md5(b"first").hexdigest()
    watched = f"orders\x02DEFAULT_GROUP\x02{known}\x02public\x01"
    url, token = f"{centre.url}/nacos/v1/cs/configs/listener", {"accessToken": centre.token(centre.good)}
    form, wait = {"Listening-Configs": watched}, {"Long-Pulling-Timeout": "60000"}
    with polling(url, form, {**token, **wait}) as told:
        centre.publish_text("second")
    assert told == [Answer(200, "orders%02DEFAULT_GROUP%02public%01\n")]
    query = {"namespaceId": "public", "groupName": "DEFAULT_GROUP", "dataId": "orders"}
    got = ask(f"{centre.url}/nacos/v3/client/cs/config?{urlencode(query)}", headers=token)
    assert json.loads(got.text)["data"]["md5"] == md5(b"second").hexdigest()


CONFIG = "/configs/orders/default/application"


def notifications(known: int, namespace: str = "application") -> str:
    asked = quote(json.dumps([{"namespaceName": namespace, "notificationId": known}]))
    return f"/notifications/v2?appId=orders&cluster=default&notifications={asked}"


@pytest.mark.parametrize("centre", ["apollo"], indirect=True)
def test_apollo_holds_a_poll_until_a_release_and_gives_each_a_key(centre: Apollo) -> None:
    centre.publish(FIRST)
    [told] = json.loads(centre.get(notifications(-1), centre.good).text)
    path = notifications(told["notificationId"])
    with polling(centre.url + path, None, signed(path, centre.good)) as answers:
        centre.publish(SECOND)
    [answer] = answers
    [again] = json.loads(answer.text)
    assert again["notificationId"] > told["notificationId"]
    assert again["messages"] == {"details": {"orders+default+application": again["notificationId"]}}
    config = json.loads(centre.get(CONFIG, centre.good).text)
    assert {**config, "configurations": SECOND} == config
    newest = f"{CONFIG}?releaseKey={config['releaseKey']}"
    assert centre.get(newest, centre.good) == Answer(304, "")
    centre.publish(FIRST)
    assert json.loads(centre.get(newest, centre.good).text)["configurations"] == FIRST


@pytest.mark.parametrize("centre", ["apollo"], indirect=True)
def test_apollo_says_304_to_who_waits_in_vain(centre: Apollo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(centre.gate, "held", 0.5)
    for path in (notifications(centre.gate.notification), notifications(-1, "nothing")):
        assert centre.get(path, centre.good) == Answer(304, "")


@pytest.mark.parametrize("centre", ["apollo"], indirect=True)
@pytest.mark.parametrize("path", ["/configs/other/default/application", "/configs/orders/default/nothing", "/nothing"])
def test_apollo_has_nothing_elsewhere(centre: Apollo, path: str) -> None:
    assert centre.get(path, centre.good).status == 404


@pytest.mark.parametrize("centre", ["apollo"], indirect=True)
def test_apollo_refuses_an_old_signature_and_one_of_another_path(centre: Apollo) -> None:
    old, other = signed(CONFIG, centre.good, time.time() - 61), signed(CONFIG, centre.good)
    for path, headers, objection in (
        (CONFIG, old, "RequestTimeTooSkewed"),
        (f"{CONFIG}?ip=127.0.0.1", other, "Unauthorized"),
        (CONFIG, {"Timestamp": other["Timestamp"]}, "Unauthorized"),
        (CONFIG, {}, "RequestTimeTooSkewed"),
    ):
        answer = ask(centre.url + path, headers=headers)
        assert (answer.status, json.loads(answer.text)["message"]) == (401, objection)
    assert ask(centre.url + CONFIG, headers=other).status == 200


def test_the_signature_is_apollos() -> None:
    # SignatureTest.java of apolloconfig/apollo-java.
    key = Credentials("100004458", "df23df3f59884980844ff3dada30fa97")
    path = "/configs/100004458/default/application?ip=10.0.0.1"
    headers = signed(path, key, 1576478257.344)
    assert headers["Timestamp"] == "1576478257344"
    assert headers["Authorization"] == "Apollo 100004458:EoKyziXvKqzHgwx+ijDJwgVTDgE="
