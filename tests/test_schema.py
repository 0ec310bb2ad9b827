"""The JSON Schema of an answers file accepts what the command accepts, and nothing else."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gocontainer.cli import flags
from gocontainer.cli.new import _merge
from gocontainer.dev.interactions import with_a_meaning
from gocontainer.errors import UsageError
from gocontainer.options.conflicts import CONFLICTS
from gocontainer.options.schema import answers_schema
from gocontainer.options.table import BY_NAME, OPTIONS
from gocontainer.options.types import Integer, Option, Quantity, Select, SelectMany, Toggle
from tests.test_options import violations

SETS = 2000


@cache
def validator(*, complete: bool = False) -> Any:
    schema = json.loads(answers_schema(complete=complete))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def refusal(document: Mapping[str, Any], folder: Path, service: str | None) -> str:
    """What ``gocontainer new SERVICE --answers FILE`` says against a file; nothing where it takes it."""
    (folder / "a.json").write_text(json.dumps(document))
    try:
        _merge(flags.layers(service, None, [str(folder / "a.json")], [], {}), str(folder))
    except UsageError as error:
        return str(error)
    return ""


def spellings(option: Option, chance: random.Random) -> Any:
    """A value that is often good, in one of its spellings, and sometimes just beyond."""
    pick = chance.choice
    match option:
        case SelectMany():
            some = [pick((*option.values, *option.values, "linux/386", "none")) for _ in range(chance.randint(0, 3))]
            return pick((some, ",".join(some), " , ".join(some), "\n".join(some), some[0] if some else ""))
        case Select():
            return pick((*option.values, *option.values, "zzz", 1.3, None))
        case Toggle():
            return pick((True, False, "yes", "No", "TRUE", "0", 1, 0, 1.0, 2, "maybe", None, "on ", [True]))
        case Integer():
            number = int(
                pick((option.minimum, option.maximum, option.default, chance.randint(1, 70), 6060, 8081, 8012))
            )
            number += chance.choice((0, 0, 0, 1, -1))
            return pick((number, number, str(number), float(number), f"0{number}", f"{number}\n", number + 0.5, True))
        case Quantity():
            number = pick((1, 2, 9, 10, 31, 32, 64, 65, 100, 64000, 64001, 65536, 65537))
            return pick((number, float(number), f"{number}m", f"{number}", f"{number}Mi", f"{number}Gi", f"{number}M"))
    return pick((TEXTS[option.name], TEXTS[option.name], *ODD))


TEXTS: dict[str, Any] = {
    "service": "orders",
    "module": "gitlab.com/a/b/v2",
    "description": "Größe: 订单",
    "owner": "Acme",
    "image": "ghcr.io/acme/x",
    "go_proxy": "https://p.cn/go|direct",
    "go_sumdb": "sum.golang.org https://p.cn/sumdb",
    "go_vulndb": "file:///srv/db",
    "private_modules": "git.corp.cn/*,x.cn,ssh://git.corp.cn:2222",
    "ca_bundle": "certs/corp.pem",
    "registry_mirrors": "docker.io=h.cn/hub,gcr.io=h.cn:5000/gcr",
    "called_by": "shop,web/frontend",
    "calls": "shop/payments:8080,api.corp.example:443",
    "pull_secret": "harbor.pull",
    "expose_host": "shop.corp.example",
    "expose_gateway": "infra/shared.v2",
    "expose_issuer": "letsencrypt",
    "update_wheel": f"https://f.cn/gocontainer-1.0.0-py3-none-any.whl#sha256={'5a' * 32}",
}
ODD: tuple[Any, ...] = (
    "Orders", "con", "y", "a" * 41, "orders\n", "example.com/x/Vendor", "example.com/con.x", "example.com/v1",
    "codeberg.org/acme/orders", "localhost/vendor", "ghcr.io/Acme/orders", "registry.acme.io:5000/x", " x", "<<x>>",
    "a\u202eb", "", "x" * 81, 5, None, ["x"],
    "h.cn", "h.cn/", "https://h.cn", "hub", "gcr.io=hub", "gcr.io=h.cn,gcr.io=k.cn", "gcr.io=h.cn,", "gcr.io=h.cn\n",
    ["shop", "web/frontend"], ["shop", "shop"], ["shop", 5], [], "shop,shop", "Shop", "shop/a/b", "shop,", ["shop,web"],
    ["a.example:1"], "a.example:0", "a.svc:80", "10.0.0.1:80", "shop/pay:65536", [f"n{n}" for n in range(21)],
    {}, {"gcr.io": "h.cn/gcr"}, {"gcr.io": 5}, {"hub": "h.cn"}, {"gcr.io": "h.cn,x.io=y.io"}, {"gcr.io": ""},
    {f"r{n}.io": "h.cn" for n in range(21)}, ",".join(f"r{n}.io=h.cn" for n in range(21)), f"gcr.io=h.cn/{'a' * 200}",
)  # fmt: skip


def documents(*, need: bool) -> Iterator[dict[str, Any]]:
    """Answer sets: some from all options, most around what stands in the way of something else."""
    chance = random.Random(7)
    together = [list(conflict.names) for conflict in CONFLICTS] + [
        [option.name, *option.when] for option in OPTIONS if option.when
    ]
    while True:
        names = chance.sample([option.name for option in OPTIONS], chance.choice((0, 1, 1, 2, 3)))
        names += chance.choice(together) if chance.random() < 0.8 else []
        names += ["profile"] * (chance.random() < 0.6)
        names += ["service"] * (chance.random() < 0.3 + 0.6 * need)
        document = {name: spellings(BY_NAME[name], chance) for name in names if chance.random() < 0.9}
        if chance.random() < 0.5:
            document = {**with_a_meaning(document)}
        if chance.random() < 0.7 and "service" in document:
            document["service"] = chance.choice(("orders", "vendor"))
        if chance.random() < 0.03:
            document[chance.choice(("prot", "base-image", "$schema"))] = 1
        yield document


@pytest.mark.parametrize("service", ["orders", None])
def test_schema_and_command_agree_on_random_answers(tmp_path: Path, service: str | None) -> None:
    """A file beside the argument SERVICE, and one that has all that is required."""
    drawn = documents(need=service is None)
    verdicts = []
    for document in (next(drawn) for _ in range(SETS)):
        said = refusal(document, tmp_path, service)
        follows = "(derived)" in said  # from a host, of which the schema knows nothing
        assert validator(complete=service is None).is_valid(document) is (not said) or follows, (document, said)
        verdicts.append(not said)
    assert min(verdicts.count(True), verdicts.count(False)) > SETS / 20, (
        "both sides are drawn often enough to mean much"
    )


def without_meaning(option: Option) -> dict[str, Any]:
    """An answer to an option with another answer that takes its meaning."""
    name, accepted = next(iter(option.when.items()))
    given = TEXTS.get(option.name, option.default)
    return {option.name: given, name: next(each for each in BY_NAME[name].samples() if each not in accepted)}


def test_a_schema_that_lacked_a_rule_would_be_noticed(tmp_path: Path) -> None:
    schema = json.loads(answers_schema())
    drawn = documents(need=False)
    sample = [dict(each.values[1]) for each in violations()] + [without_meaning(each) for each in OPTIONS if each.when]
    sample += [next(drawn) for _ in range(SETS // 8)]
    said = [not refusal(document, tmp_path, "orders") for document in sample]
    for number in range(len(schema["allOf"])):
        rest = schema["allOf"][:number] + schema["allOf"][number + 1 :]
        lax = jsonschema.Draft202012Validator({**schema, "allOf": rest})
        missed = [document for document, fine in zip(sample, said, strict=True) if lax.is_valid(document) and not fine]
        assert missed, schema["allOf"][number]
