"""Whether a query of Prometheus lets the next wave begin."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence

from gocontainer.errors import GocontainerError, Refused
from gocontainer.sites.fleet import Gate
from gocontainer.texts import mark, tr

_SECONDS = 30
_LONGEST = 16 * 1024 * 1024
_HINT = mark("Nothing was changed.")


class GateFailed(GocontainerError):
    """The gate of a wave gives no answer that can be read; ``reason`` says why."""

    says = mark("The gate at {address} cannot be asked: {reason}. Nothing was changed; mend that and try again.")

    def __init__(self, address: str, reason: str) -> None:
        self.address, self.reason = address, " ".join(reason.split()).rstrip(".")


def ask(gate: Gate, sites: Sequence[str]) -> None:
    """Raise Refused unless the query finds something, and nothing that is zero; GateFailed where nobody answers.

    Who finds nothing knows nothing: the series may be absent because no site reports.
    """
    samples = _samples(gate.prometheus, gate.query.replace("$sites", "|".join(sites)))
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


def _samples(address: str, query: str) -> list[object]:
    """Return what a query finds."""
    url = f"{address.removesuffix('/')}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        content = _get(url)
    except (OSError, ValueError) as error:
        raise GateFailed(address, str(error)) from error
    try:
        answer = json.loads(content)
        if answer["status"] != "success":
            raise GateFailed(address, tr("it refuses the query: {reason}", reason=answer["error"]))
        kind, result = answer["data"]["resultType"], answer["data"]["result"]
        if kind != "vector":
            raise Refused(tr("the gate's query gives a {kind}", kind=kind), tr("Compare a metric with a number."))
        return [each["value"][1] for each in result]
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise GateFailed(address, tr("it answers something else than Prometheus does")) from error


def _get(url: str) -> bytes:
    """Return what is answered, also to a query that is refused."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as response:  # noqa: S310 - https or http, by the reader's rule
            return bytes(response.read(_LONGEST))
    except urllib.error.HTTPError as error:
        return error.read(_LONGEST)
