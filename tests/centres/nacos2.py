"""Nacos 2: the real server, over version 1 of its API, which Nacos 3 answers as well."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPException
from subprocess import Popen
from urllib.parse import urlencode

from tests.centres.centre import Answer, Credentials, Refused, ask
from tests.centres.nacos import SETTINGS, Nacos
from tests.helpers.daemons import until

ADMIN = Credentials("nacos", "nacos")
"""As it is made with."""


class Nacos2(Nacos):
    """A Nacos 2 server, of upstream's code, which others publish; started without the console.

    It answers a wrong password, and any while it starts, with a status line that is none.
    """

    build, main = "nacos2", "com.alibaba.nacos.Main"
    settings = (
        SETTINGS.replace("nacos.server.main.port", "server.servlet.contextPath=/nacos\nserver.port")
        + "server.tomcat.accesslog.enabled=false\n"  # it would be written to wherever the tests run
    )
    spaces: tuple[str, ...] = ("", "dev", "prod")
    """The ids of the namespaces that the service may read; the first one, which is called public, has none."""

    def publish_text(self, text: str) -> None:
        self.publish_to("", text)

    def publish_to(self, namespace: str, text: str) -> None:
        """Replace the text of a namespace, which need not have been made."""
        assert self._did("cs/configs", {**self._where(namespace), "content": text, "type": "yaml"}) == "true"

    def delete(self) -> None:
        """Delete the text, as somebody does who clicks at the wrong place."""
        self._publisher.request("DELETE", f"/nacos/v1/cs/configs?{urlencode(self._where(''))}", headers=self._who())
        assert self._publisher.getresponse().read() == b"true"

    def text(self, who: Credentials | None = None) -> str:
        headers = {"accessToken": self.token(who)} if who else {}
        answer = ask(f"{self.url}/nacos/v1/cs/configs?{urlencode(self._where(''))}", headers=headers)
        if answer.status == 403:
            raise Refused(answer.text)
        assert answer.status in (200, 404), answer
        return answer.text if answer.status == 200 else ""

    def token(self, who: Credentials) -> str:
        return log_in(self.url, who)

    def _where(self, namespace: str) -> dict[str, str]:
        place = {"group": self.place["group"], "dataId": self.place["data_id"]}
        return {**place, "tenant": namespace} if namespace else place

    def _who(self) -> dict[str, str]:
        return {"accessToken": self._token, "Content-Type": "application/x-www-form-urlencoded"}

    def _did(self, path: str, form: Mapping[str, str]) -> str:
        self._publisher.request("POST", f"/nacos/v1/{path}", urlencode(form), self._who())
        response = self._publisher.getresponse()
        answer = Answer(response.status, response.read().decode())
        assert answer.status == 200, answer
        return answer.text

    def _log_in(self, server: Popen[bytes], own: str, *, first: bool) -> None:
        def answers() -> bool:
            code = server.poll()
            assert code is None, f"nacos has ended with {code}:\n{self.log.read_text()[-3000:]}"
            try:
                self._token = log_in(own, ADMIN) if self.secured else ""
                return ask(f"{own}/nacos/v1/cs/configs?dataId=a&group=b", headers=self._who()).status == 404
            except (OSError, Refused):
                return False

        until(answers, "nacos", seconds=300)
        if self.secured and first:
            self._did("auth/users", {"username": self.good.user, "password": self.good.secret})
            self._did("auth/roles", {"username": self.good.user, "role": "readers"})
            for namespace in self.spaces:
                self._did("auth/permissions", {"role": "readers", "resource": f"{namespace}:*:*", "action": "r"})


def log_in(url: str, who: Credentials) -> str:
    """Return a token."""
    try:
        answer = ask(f"{url}/nacos/v1/auth/login", {"username": who.user, "password": who.secret})
    except HTTPException as none:
        raise Refused(str(none)) from none
    if answer.status != 200:
        raise Refused(answer.text)
    return str(json.loads(answer.text)["accessToken"])
