"""Istio: what fails over, what is tried again and how long it may take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from tests.checks.finding import Check, Document, Finding, at, named, objects, pods

BEFORE_WORK = {"connect-failure", "refused-stream"}
"""Conditions under which no replica has begun to work on the request."""
OF_A_TIMEOUT = {"5xx", "gateway-error", "504"}
"""Conditions that a try which took too long fulfils."""
IDEMPOTENT = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}
"""By RFC 9110, section 9.2.2."""
SECONDS: Mapping[str, float] = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def seconds(duration: object) -> float:
    """Return a duration as Go writes it, such as 1m30s or 500ms."""
    return sum(float(number) * SECONDS[unit] for number, unit in re.findall(r"([\d.]+)(ms|s|m|h)", str(duration)))


class Route(NamedTuple):
    """A route that tries again."""

    owner: str
    route: Document

    @property
    def retries(self) -> Document:
        """What it says about that."""
        retries: Document = self.route["retries"]
        return retries

    @property
    def conditions(self) -> set[str]:
        """When it does."""
        return {each.strip() for each in str(self.retries.get("retryOn", "")).split(",")} - {""}


def _routes(documents: Sequence[Document]) -> Iterator[Route]:
    for _, each in objects(documents):
        if each.get("kind") == "VirtualService":
            for route in at(each, "spec.http") or ():
                if at(route, "retries.attempts"):
                    yield Route(named(each), route)


def _policies(documents: Sequence[Document]) -> Iterator[tuple[str, Document]]:
    for _, each in objects(documents):
        if each.get("kind") == "DestinationRule":
            yield named(each), at(each, "spec.trafficPolicy")


def _fails_over(policy: Document) -> bool:
    setting = at(policy, "loadBalancer.localityLbSetting")
    return bool(setting) and setting.get("enabled") is not False


def failover(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find failover without what notices that a replica fails, and what notices it without failover."""
    for owner, policy in _policies(documents):
        noticed = bool(at(policy, "outlierDetection"))
        if _fails_over(policy) and not noticed:
            message = "without outlierDetection a replica that fails stays healthy, and nothing fails over"
            yield Finding("mesh-failover", message, owner, "Add outlierDetection.")
        if noticed and not _fails_over(policy):
            message = "replicas are left out, and nothing says which zone takes their requests"
            yield Finding("mesh-failover", message, owner, "Add loadBalancer.localityLbSetting with enabled: true.")


def ejection(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find a zone of which not every replica can be left out."""
    for owner, policy in _policies(documents):
        most = at(policy, "outlierDetection").get("maxEjectionPercent", 10)
        if at(policy, "outlierDetection") and _fails_over(policy) and most < 100:
            message = f"maxEjectionPercent {most} keeps replicas of a lost zone, which then go on failing"
            yield Finding("mesh-ejection", message, owner, "Set maxEjectionPercent to 100.")


def timed_out_tries(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find tries that end early and are not followed by another one."""
    for each in _routes(documents):
        if each.retries.get("perTryTimeout") and not each.conditions & OF_A_TIMEOUT:
            message = "a try that takes longer than perTryTimeout fails the request: retryOn does not name it"
            yield Finding("mesh-gateway-error", message, each.owner, "Add gateway-error to retryOn.")


def remote(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find retries that stay in the zone that is lost."""
    for each in _routes(documents):
        if not each.retries.get("retryRemoteLocalities"):
            message = "every retry goes to the same zone, which may be the one that is lost"
            yield Finding("mesh-remote", message, each.owner, "Set retryRemoteLocalities to true.")


def tries(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find a request that ends before its last try could."""
    for each in _routes(documents):
        number, longest = each.retries["attempts"] + 1, seconds(each.route.get("timeout"))
        needed = number * seconds(each.retries.get("perTryTimeout"))
        if longest and needed > longest:
            message = f"its {number} tries take {needed:g} s, and the request ends after {longest:g} s"
            yield Finding("mesh-tries", message, each.owner, "Lower perTryTimeout or attempts, or raise timeout.")


def idempotent(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find requests that are done twice, and must not be."""
    for each in _routes(documents):
        harmful = sorted(each.conditions - BEFORE_WORK)
        if harmful and not _only_idempotent(each.route):
            message = f"{', '.join(harmful)} may come after the work was done, which a retry does once more"
            hint = "Match idempotent methods alone, or set retryOn to connect-failure,refused-stream."
            yield Finding("mesh-idempotent", message, each.owner, hint)


def _only_idempotent(route: Document) -> bool:
    matches = route.get("match", ())
    return bool(matches) and all(_methods(at(match, "method")) <= IDEMPOTENT for match in matches)


def _methods(method: Mapping[str, Any]) -> set[str]:
    return set(str(method.get("exact") or method.get("regex") or "any").split("|"))


def timeouts(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find routes that end before the service's own deadline."""
    deadline = max(_deadlines(documents), default=0.0)
    for _, each in objects(documents):
        for route in at(each, "spec.http") if each.get("kind") == "VirtualService" else ():
            longest = seconds(route.get("timeout"))
            if longest and longest < deadline:
                message = f"the request ends after {longest:g} s, and the service works on it for {deadline:g} s"
                yield Finding("mesh-timeout", message, named(each), "Set timeout above request-timeout of the service.")


def _deadlines(documents: Sequence[Document]) -> Iterator[float]:
    """Yield what the service is told of its deadline: by its settings, a variable or a flag."""
    for _, each in objects(documents):
        if each.get("kind") == "ConfigMap":
            settings = yaml.safe_load(at(each, "data").get("config.yaml", "")) or {}
            yield seconds(settings.get("request-timeout", ""))
    for container in (container for pod in pods(documents) for container in pod.containers):
        told = {each["name"]: each.get("value", "") for each in container.get("env", ())}
        yield seconds(told.get("APP_REQUEST_TIMEOUT", ""))
        yield from (seconds(each) for each in container.get("args", ()) if each.startswith("-request-timeout="))


CHECKS: Mapping[str, Check] = {
    "mesh-failover": failover,
    "mesh-ejection": ejection,
    "mesh-gateway-error": timed_out_tries,
    "mesh-remote": remote,
    "mesh-tries": tries,
    "mesh-idempotent": idempotent,
    "mesh-timeout": timeouts,
}
