"""Whether a query of Prometheus lets the next wave begin."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from typing import Any

from gocontainer.errors import GateFailed, Refused
from gocontainer.sites.fleet import Gate
from gocontainer.texts import mark, tr

_SECONDS = 30
_LONGEST = 16 * 1024 * 1024
_HINT = mark("Nothing was changed.")


def ask(gate: Gate, sites: Sequence[str]) -> None:
    """Raise Refused unless the query finds something, and nothing that is zero; GateFailed where nobody answers.

    Who finds nothing knows nothing: the series may be absent because no site reports.
    """
    answer = _answer(gate, gate.query.replace("$sites", "|".join(sites)))
    data = answer.get("data") or {}
    if answer.get("status") != "success":
        raise GateFailed(gate.prometheus, tr("it refuses the query: {reason}", reason=answer.get("error", "")))
    if data.get("resultType") != "vector":
        reason = tr("the gate's query gives a {kind}", kind=data.get("resultType"))
        raise Refused(reason, tr("Compare a metric with a number."))
    samples = [each["value"][1] for each in data["result"]]
    if not samples:
        raise Refused(tr("the gate says no: the query finds nothing"), tr(_HINT))
    for sample in samples:
        if not _is_something(sample):
            raise Refused(tr("the gate says no: the query finds {sample}", sample=sample), tr(_HINT))


def _is_something(sample: object) -> bool:
    try:
        number = float(str(sample))
    except ValueError:
        return False
    return number < 0 or number > 0  # NaN is neither


def _answer(gate: Gate, query: str) -> dict[str, Any]:
    url = f"{gate.prometheus.removesuffix('/')}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        content = _get(url)
    except (OSError, ValueError) as error:
        raise GateFailed(gate.prometheus, str(error)) from error
    try:
        answer: dict[str, Any] = json.loads(content)
        _ = [each["value"][1] for each in (answer.get("data") or {}).get("result", ()) if isinstance(each, dict)]
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise GateFailed(gate.prometheus, tr("it answers something else than Prometheus does")) from error
    return answer


def _get(url: str) -> bytes:
    """Return what is answered, also to a query that is refused."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as response:  # noqa: S310 - https or http, by the reader's rule
            return bytes(response.read(_LONGEST))
    except urllib.error.HTTPError as error:
        return error.read(_LONGEST)
