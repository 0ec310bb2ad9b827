"""Histories that merge clean by their lines and do not work together, each known by its number; and broken ones.

A case is what a template renders, what its owner made of it, and what the newer template renders. In a planted one
each side works alone. In a broken one the owner's does not, and the newer template changes nothing about that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import NamedTuple

Texts = dict[str, str]
MODULE = "example.com/orders"


class Case(NamedTuple):
    """Three trees, and what was planted."""

    kind: str
    base: Texts
    mine: Texts
    theirs: Texts


def filler(word: str, count: int = 6, sign: str = "//") -> str:
    """Lines that keep two changes of one file apart."""
    return "".join(f"{sign} {word} {number}.\n" for number in range(count))


def start() -> Texts:
    """A service with three packages and an overlay, each file with room for both sides."""
    return {
        "go.mod": f"module {MODULE}\n\ngo 1.26\n",
        "main.go": f'package main\n\nimport "{MODULE}/internal/config"\n\n'
         "func main() { println(config.Load().Port) }\n\n"
        + filler("main"),
        "internal/config/config.go": "package config\n\n// Config has the settings.\n"
         "type Config struct {\n\tPort int\n}\n\n"
        + filler("config")
        + "\n// Load reads them.\nfunc Load() Config { return Config{Port: Default} }\n\n"
        + filler("config")
        + "\n// Default is the port.\nconst Default = 8080\n",
        "internal/config/config_test.go": 'package config\n\nimport "testing"\n\n'
         "func TestLoad(t *testing.T) {\n\tif Load().Port != Default {\n\t\tt.Error(Load())\n\t}\n}\n\n"
        + filler("test"),
        "internal/store/store.go": f"package store\n\n{filler('store')}\ntype Store struct{{}}\n\n{filler('store')}",
        "deploy/base/kustomization.yaml": "resources:\n- deployment.yaml\n- settings.yaml\n",
        "deploy/base/deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: orders\n"
         "  annotations:\n"
        + "".join(f"    room-{number}: a\n" for number in range(6))
        + "spec:\n  template:\n    spec:\n      containers:\n      - name: app\n        image: orders\n        args:\n"
        + "".join(f"        - --room={number}\n" for number in range(6))
        + "        env:\n        - name: FIRST\n          value: a\n"
        + "".join(f"        - name: ROOM_{number}\n          value: a\n" for number in range(4)),
        "deploy/base/settings.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  FIRST: a\n"
        + "".join(f"  ROOM_{number}: a\n" for number in range(6)),
        "deploy/prod/kustomization.yaml": "resources:\n- ../base\n",
        "settings.json": '{\n  "first": 1,\n'
        + "".join(f'  "room{number}": 1,\n' for number in range(6))
        + '  "last": 1\n}\n',
        "Makefile": "build:\n\tgo build ./...\n\n" + filler("make", sign="#") + "\ntest:\n\tgo test ./...\n",
    }  # fmt: skip


def changed(files: Mapping[str, str], *edits: tuple[str, str, str]) -> Texts:
    """Return the tree with texts replaced: path, old, new."""
    new = dict(files)
    for path, old, text in edits:
        assert old in new[path], (path, old)
        new[path] = new[path].replace(old, text)
    return new


def planted(number: int) -> Case:
    """Return a history in which each side works, and both together do not."""
    rng = Random(number)
    plants: Sequence[Callable[[Random, Texts], Case]] = (_function, _key, _symbol, _resource)
    case = plants[number % len(plants)](rng, start())
    return case._replace(mine=_noise(rng, case.mine, "owner"), theirs=_noise(rng, case.theirs, "template"))


def _noise(rng: Random, files: Texts, who: str) -> Texts:
    """Return the tree with something that is in nobody's way."""
    name = f"{who}{rng.randrange(10**6)}"
    added = {f"docs/{name}.md": "text\n", f"internal/{name}/{name}.go": f"package {name}\n", "NOTES-" + name: "a\n"}
    return {**files, **{path: added[path] for path in rng.sample(sorted(added), rng.randrange(3))}}


def _swapped(rng: Random, case: Case) -> Case:
    """Return the case with the sides exchanged, at times: either may be the one who renames."""
    return case._replace(mine=case.theirs, theirs=case.mine) if rng.random() < 0.5 else case


def _function(rng: Random, base: Texts) -> Case:
    name = rng.choice(("Reset", "parse", "Open"))
    declared = rng.choice((
        f"func {name}() {{}}", f"type {name} struct{{}}", f"var {name} = 1", f"func (Store) {name}() {{}}",
        f"func (s *Store) {name}(n int) int {{ return n }}",
    ))  # fmt: skip
    other = declared if "Store)" in declared else rng.choice((declared, f"func {name}() {{}}", f"const {name} = 2"))
    here, there = rng.sample(("internal/store/store.go", "internal/store/own.go", "internal/store/reset.go"), 2)
    last = "\ntype Store struct{}\n"

    def add(path: str, text: str, at: str) -> Texts:
        if path in base:
            new = f"\n{text}\n{at}" if at == last else f"{text}\n{at}"
            return {**base, path: base[path].replace(at, new, 1)}
        return {**base, path: f"package store\n\n// {name} is here.\n{text}\n"}

    return _swapped(rng, Case("function", base, add(here, declared, last), add(there, other, last)))


def _key(rng: Random, base: Texts) -> Case:
    name, deployment = rng.choice(("LEVEL", "zone", "TRACE")), "deploy/base/deployment.yaml"
    path, here, there, line = rng.choice((
        ("deploy/base/settings.yaml", "  FIRST: a\n", "  ROOM_4: a\n", f"  {name}: b\n"),
        (deployment, "    room-0: a\n", "    room-4: a\n", f"    {name}: b\n"),
        (deployment, "          value: a\n        - name: ROOM_0\n", "        - name: ROOM_3\n",
         f"        - name: {name}\n          value: b\n"),
        ("settings.json", '  "first": 1,\n', '  "room4": 1,\n', f'  "{name}": 1,\n'),
        ("Makefile", filler("make", sign="#"), "\ntest:\n", f"\n{name}:\n\techo\n\n"),
    ))  # fmt: skip
    mine, theirs = (changed(base, (path, at, text)) for at, text in ((here, _below(here, line)), (there, line + there)))
    return _swapped(rng, Case("key", base, mine, theirs))


def _below(text: str, line: str) -> str:
    """Return a line added below the first one of a text, or the text with a recipe before it."""
    if line.startswith("\n"):
        return line + text
    first, end, rest = text.partition("\n")
    return f"{first}{end}{line}{rest}"


def _symbol(rng: Random, base: Texts) -> Case:
    config, new = "internal/config/config.go", rng.choice(("Read", "Settings", "Fetch"))
    old, use = rng.choice((
        ("Load", "config.Load()"), ("Default", "config.Default"), ("Config", "config.Config{}"),
        ("Port", "config.Load().Port"),
    ))  # fmt: skip
    renamed = {
        path: text.replace(old, new) if path.endswith(".go") and f"// {old}" not in path else text
        for path, text in base.items()
    }
    renamed["internal/config/config_test.go"] = renamed["internal/config/config_test.go"].replace(
        f"Test{new}", "TestLoad"
    )
    own = f'package own\n\nimport "{MODULE}/internal/config"\n\n// Own needs it.\nvar Own = {use}\n'
    test = "package config\n\nvar _ = " + use.removeprefix("config.") + "\n"
    path, text = rng.choice((("internal/own/own.go", own), ("internal/config/own_test.go", test)))
    assert renamed[config] != base[config]
    return _swapped(rng, Case("symbol", base, {**base, path: text}, renamed))


def _resource(rng: Random, base: Texts) -> Case:
    deployment, prod = "deploy/base/deployment.yaml", "deploy/prod/kustomization.yaml"
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: orders\nspec:\n  replicas: 3\n"
    inline = "- target:\n    kind: Deployment\n    name: orders\n  patch: |\n"
    inline += "    - {op: add, path: /spec/replicas, value: 3}\n"
    component = f"apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n{inline}"
    pointer = "- target:\n    kind: Deployment\n  patch: |\n    - op: replace\n"
    pointer += "      path: /spec/template/spec/containers/0/args/5\n      value: --room=own\n"
    tty = "  template:\n    spec:\n      containers:\n      - name: app\n        tty: true\n"
    scaler = (
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: own\nspec:\n  scaleTargetRef:\n"
    )
    scaler += "    apiVersion: apps/v1\n    kind: Deployment\n    name: orders\n"
    rename = (deployment, "  name: orders\n", "  name: order-service\n")
    added, new, edit = rng.choice((
        ("patches:\n- path: replicas.yaml\n", {"deploy/prod/replicas.yaml": patch}, rename),
        ("patchesStrategicMerge:\n- replicas.yaml\n", {"deploy/prod/replicas.yaml": patch}, rename),
        (f"patches:\n{inline}", {}, rename),
        ("replicas:\n- name: orders\n  count: 3\n", {}, rename),
        ("components:\n- ../more\n", {"deploy/more/kustomization.yaml": component}, rename),
        ("- scaler.yaml\n", {"deploy/prod/scaler.yaml": scaler}, rename),
        ("images:\n- name: orders\n  newTag: v1\n", {}, (deployment, "image: orders\n", "image: order-service\n")),
        ("patches:\n- path: tty.yaml\n", {"deploy/prod/tty.yaml": patch.replace("  replicas: 3\n", tty)},
         (deployment, "- name: app\n", "- name: orders\n")),
        (f"patches:\n{pointer}", {}, (deployment, "        - --room=3\n", "")),
    ))  # fmt: skip
    patching = {**changed(base, (prod, "- ../base\n", f"- ../base\n{added}")), **new}
    return _swapped(rng, Case("resource", base, patching, changed(base, edit)))


def broken(number: int) -> Case:
    """Return a history whose owner's side does not work, with a newer template that has nothing to do with it."""
    rng, base = Random(number), start()
    names = sorted(BROKEN)
    name = names[number % len(names)]
    mine = changed(base, *(edit for edit in BROKEN[name] if edit[1])) | {
        path: text for path, old, text in BROKEN[name] if not old
    }
    edits = [edit for edit in _HARMLESS if rng.random() < 0.7] or [*_HARMLESS]
    return Case(name, base, _noise(rng, mine, "owner"), _noise(rng, changed(base, *edits), "template"))


_STORE, _CONFIG, _PROD = "internal/store/store.go", "internal/config/config.go", "deploy/prod/kustomization.yaml"
BROKEN: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "a symbol that is not there": [("internal/own/own.go", "", "package own\n\nvar _ = nothing\n")],
    "a package that others need": [(_CONFIG, "const Default = 8080", "const Default = nothing")],
    "a function twice": [("internal/store/own.go", "", "package store\n\ntype Store struct{}\n")],
    "a test that does not compile": [
        ("internal/config/own_test.go", "", "package config\n\nvar _ = nothing\n\nvar _ = none\n"),
    ],
    "a finding of vet": [
        ("internal/own/own.go", "", 'package own\n\nimport "fmt"\n\nfunc F() { fmt.Printf("%d", "a") }\n'),
    ],
    "no Go at all": [(_STORE, "package store", "packag store")],
    "a go.mod that cannot be read": [("go.mod", "go 1.26", "gone 1.26")],
    "a module that nothing provides": [("internal/own/own.go", "", 'package own\n\nimport _ "example.com/other/x"\n')],
    "a module that is not here": [
        ("internal/own/own.go", "", 'package own\n\nimport _ "example.com/other/x"\n'),
        ("go.mod", "go 1.26\n", "go 1.26\n\nrequire example.com/other v1.0.0\n"),
    ],
    "a key twice": [("deploy/base/settings.yaml", "  FIRST: a\n", "  FIRST: a\n  FIRST: b\n")],
    "a name twice": [
        ("deploy/base/deployment.yaml", "        - name: FIRST\n",
         "        - name: FIRST\n          value: c\n        - name: FIRST\n"),
    ],
    "no YAML": [("deploy/base/settings.yaml", "  FIRST: a\n", "  FIRST: a: b\n")],
    "no JSON": [("settings.json", '  "first": 1,\n', '  "first": 1,,\n')],
    "a target twice": [("Makefile", "build:\n", "build:\n\techo\n\nbuild:\n")],
    "a patch of nothing": [
        (_PROD, "- ../base\n", "- ../base\npatches:\n- path: p.yaml\n"),
        ("deploy/prod/p.yaml", "", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: order\n"),
    ],
    "a patch of no field": [
        (_PROD, "- ../base\n",
         "- ../base\npatches:\n- target: {kind: Deployment}\n  patch: '[{op: remove, path: /spec/none}]'\n"),
    ],
    "an autoscaler of nothing": [
        ("deploy/base/kustomization.yaml", "- settings.yaml\n", "- settings.yaml\n- scaler.yaml\n"),
        ("deploy/base/scaler.yaml", "",
         "apiVersion: a/v1\nkind: Scaler\nmetadata: {name: own}\nspec: {scaleTargetRef: {name: none}}\n"),
    ],
    "a resource that is not there": [(_PROD, "- ../base\n", "- ../base\n- nothing.yaml\n")],
    "an object twice": [
        ("deploy/base/kustomization.yaml", "- settings.yaml\n", "- settings.yaml\n- more.yaml\n"),
        ("deploy/base/more.yaml", "", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n"),
    ],
    "an image that nothing has": [(_PROD, "- ../base\n", "- ../base\nimages:\n- name: none\n  newTag: v1\n")],
}  # fmt: skip
_HARMLESS = (
    ("main.go", "// main 4.", "// The newer template says so."),
    (_CONFIG, "// config 2.", "// The newer template says so."),
    (_STORE, "// store 4.", "// The newer template says so."),
    ("deploy/base/settings.yaml", "  ROOM_4: a", "  ROOM_4: b"),
    ("deploy/base/deployment.yaml", "    room-4: a", "    room-4: b"),
    ("deploy/base/deployment.yaml", "ROOM_3", "ROOM_9"),
    ("settings.json", '"room4": 1', '"room4": 2'),
    ("Makefile", "# make 4.", "# The newer template says so."),
    ("internal/config/config_test.go", "// test 4.", "// The newer template says so."),
)  # fmt: skip
