"""`gocontainer adopt`: a repository that was never generated is taken up, and not a line of it is changed unasked."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gocontainer.adopt.sources import without_comments
from gocontainer.answers import lockfile
from gocontainer.answers.adopted import POSSIBLE, Adopted
from gocontainer.answers.model import Answers, Layer
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import holds
from gocontainer.rendering import adopted, language
from gocontainer.rendering.engine import render
from gocontainer.repository import tree
from tests.helpers.support import COMMAND, GOCONTAINER, ROOT, Run, clean_environment, git, go, gocontainer, need, ok
from tests.helpers.terminal import ENTER, LARGE, Terminal, environment
from tests.test_template_contract import DERIVED, PARTIALS, names, shape, stray_delimiters, versions

Files = Mapping[str, str]
MAIN = """\
package main

import (
	"log"
	"net/http"
)

// It once listened: http.ListenAndServe(":9999", nil), and answered "/livez".
func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {})
	log.Fatal(http.ListenAndServe(":8090", mux))
}
"""
LINE = MAIN.split("\n").index('\tlog.Fatal(http.ListenAndServe(":8090", mux))') + 1
SHOP: Files = {"go.mod": "module example.com/acme/shop\n\ngo 1.24\n", "main.go": MAIN}


def repository(folder: Path, files: Files) -> Path:
    """A repository of somebody else's, committed."""
    target = folder / "shop"
    for path, text in files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text)
    git(target, "init", "--quiet", "--initial-branch=main")
    git(target, "add", "--all", "--force")
    git(target, "commit", "--quiet", "--message=theirs")
    return target


def adopt(target: Path, *arguments: str) -> Run:
    return gocontainer("adopt", str(target), "--no-input", *arguments)


def report(target: Path, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ok(adopt(target, "--json", *arguments)))
    return found


def refused(target: Path, *arguments: str) -> str:
    """What a refusal says; nothing is written."""
    before = git(target, "status", "--porcelain", "--ignored")
    run = adopt(target, *arguments)
    assert run.code == 2, run.out + run.err
    assert git(target, "status", "--porcelain", "--ignored") == before
    assert run.err.count("Error: ") == 1
    return run.err.removeprefix("Error: ").strip()


def look(folder: Path, **files: str) -> dict[str, Any]:
    """What is proposed for the shop with files of its own; a double underscore stands for a slash."""
    named = {path.replace("__", "/").replace("_DOT_", "."): text for path, text in files.items()}
    return report(repository(folder, {**SHOP, **named}), "--dry-run")


@COMMAND
def test_what_is_proposed_names_the_line_that_says_so(tmp_path: Path) -> None:
    said = report(repository(tmp_path, SHOP), "--dry-run")
    assert (said["answers"]["service"], said["answers"]["module"]) == ("shop", "example.com/acme/shop")
    assert (said["answers"]["port"], said["code"]["live"], said["code"]["ready"]) == (8090, "/healthz", "")
    assert said["evidence"]["port"] == {
        "file": "main.go",
        "line": LINE,
        "text": 'log.Fatal(http.ListenAndServe(":8090", mux))',
    }
    assert said["evidence"]["live"]["file"] == "main.go"
    assert [each["name"] for each in said["lacks"]] == ["readiness", "drain", "metrics"]
    assert all(each["lines"] for each in said["lacks"])


@COMMAND
def test_all_is_written_beside_what_is_there_and_an_update_works_as_anywhere(tmp_path: Path) -> None:
    target = repository(tmp_path, SHOP)
    said = report(target)
    assert said["written"] is True
    assert git(target, "diff", "HEAD") == ""
    assert {*git(target, "ls-files", "--others", "-z").strip("\0").split("\0")} == {*said["files"]}
    git(target, "add", "--all", "--force")
    git(target, "commit", "--quiet", "--message=adopt")
    status = json.loads(ok(gocontainer("status", str(target), "--json")))
    assert {*map(tuple, status["files"].values())} == {("clean",)}
    assert "already" in ok(gocontainer("update", str(target)))
    ok(gocontainer("update", str(target), "--set", "port=8181", "--commit"))
    assert "EXPOSE 8181\n" in (target / "Dockerfile").read_text()
    assert "containerPort: 8181\n" in (target / "deploy/base/deployment.yaml").read_text()
    assert lockfile.read(target).adopted == Adopted(".", live="/healthz")
    assert (target / "main.go").read_text() == MAIN


@COMMAND
def test_an_edit_of_the_owners_stays_when_an_answer_changes(tmp_path: Path) -> None:
    target = repository(tmp_path, SHOP)
    report(target)
    place = target / "deploy/base/deployment.yaml"
    own = "              mountPath: /tmp\n            - name: data\n              mountPath: /data\n"
    place.write_text(place.read_text().replace("              mountPath: /tmp\n", own))
    git(target, "add", "--all")
    git(target, "commit", "--quiet", "--message=adopt")
    ok(gocontainer("update", str(target), "--set", "port=8181", "--set", "memory=256Mi", "--commit"))
    text = place.read_text()
    assert own in text
    assert "containerPort: 8181" in text
    assert "memory: 256Mi" in text


@COMMAND
def test_a_file_that_differs_is_shown_and_touched_only_when_it_is_named(tmp_path: Path) -> None:
    old = "FROM golang:1.20\nCOPY . .\nRUN go build -o /shop\nEXPOSE 7070\n"
    target = repository(tmp_path, {**SHOP, "Dockerfile": old})
    said = report(target, "--dry-run")
    assert said["kept"] == ["Dockerfile"]
    assert "-FROM golang:1.20\n" in said["diffs"]["Dockerfile"]
    assert said["left_out"] == {"image": ["Dockerfile"]}, "what it builds from is left as it is, too"
    assert ".dockerignore" not in said["files"]
    said = report(target, "--overwrite", "Dockerfile")
    assert said["overwritten"] == ["Dockerfile"]
    assert git(target, "diff", "--name-only", "HEAD") == "Dockerfile\n"


@COMMAND
def test_other_dockerfiles_see_what_they_saw(tmp_path: Path) -> None:
    said = look(tmp_path, Dockerfile_DOT_debug="FROM scratch\nCOPY debug.bin /\n")
    assert "Dockerfile.dockerignore" in said["files"]
    assert ".dockerignore" not in said["files"]


@COMMAND
def test_manifests_that_are_there_are_not_mixed_with_ours(tmp_path: Path) -> None:
    theirs = "kind: Kustomization\nresources: [x.yaml]\n"
    target = repository(tmp_path, {**SHOP, "deploy/base/kustomization.yaml": theirs})
    said = report(target)
    assert said["left_out"] == {"deploy": ["deploy/base/kustomization.yaml"]}
    assert [path for path in said["files"] if path.startswith("deploy/")] == []
    assert "Dockerfile" in said["files"]
    assert "set-image" not in (target / "gocontainer.mk").read_text()
    assert (target / "deploy/base/kustomization.yaml").read_text() == theirs


@COMMAND
@pytest.mark.parametrize("parts", ["image", "deploy", "image,ci"])
def test_parts_are_written_alone(tmp_path: Path, parts: str) -> None:
    said = report(repository(tmp_path, SHOP), "--only", parts, "--set", "ci=github")
    of = {"Dockerfile": "image", "deploy/base/deployment.yaml": "deploy", ".github/workflows/container.yml": "ci"}
    assert {part for path, part in of.items() if path in said["files"]} == {*parts.split(",")}


def missing(said: dict[str, Any], name: str) -> list[str]:
    """Why something is lacking, each time that it is."""
    return [each["reason"] for each in said["lacks"] if each["name"] == name]


def arguments(said: dict[str, Any]) -> list[list[str]]:
    return [each["lines"] for each in said["lacks"] if each["name"] == "arguments"]


CASES: Mapping[str, tuple[Files, Callable[[dict[str, Any]], bool]]] = {
    "the one of several programs that has the module's name": (
        {"main.go": "package shop\n", "cmd/shop/main.go": MAIN, "cmd/migrate/main.go": MAIN},
        lambda said: said["program"] == "./cmd/shop",
    ),
    "no main at the root": (
        {"main.go": "package shop\n", "cmd/server/main.go": MAIN},
        lambda said: said["program"] == "./cmd/server" and said["answers"]["service"] == "shop",
    ),
    "a program that no build takes is none": (
        {"tools.go": "//go:build ignore\n\npackage main\n\nfunc main() {}\n", "gen/main_test.go": MAIN},
        lambda said: said["program"] == ".",
    ),
    "cgo": (
        {"c.go": 'package main\n\nimport "C"\n'},
        lambda said: said["answers"]["cgo"] is True and said["evidence"]["cgo"]["file"] == "c.go",
    ),
    "a driver in C": (
        {"go.mod": SHOP["go.mod"] + "\nrequire github.com/mattn/go-sqlite3 v1.14.22\n"},
        lambda said: said["answers"]["cgo"] is True and "SQLite" in said["found"]["databases"],
    ),
    "a vendored program is not theirs": (
        {"vendor/example.org/x/main.go": MAIN},
        lambda said: said["program"] == ".",
    ),
    "a workspace": (
        {
            "go.work": "go 1.24\n\nuse (\n\t.\n\t./tool\n)\n",
            "tool/go.mod": "module example.com/tool\n",
            "tool/main.go": MAIN,
        },
        lambda said: said["program"] == ".",
    ),
    "a Helm chart": (
        {
            "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\n",
            "charts/shop/templates/d.yaml": "kind: Deployment\n",
        },
        lambda said: [each["file"] for each in said["found"]["manifests"]] == ["charts/shop/Chart.yaml"],
    ),
    "Kustomize": (
        {"k8s/kustomization.yaml": "kind: Kustomization\nresources: []\n"},
        lambda said: [each["file"] for each in said["found"]["manifests"]] == ["k8s/kustomization.yaml"],
    ),
    "another pipeline": (
        {".gitlab-ci.yml": "test:\n  script: go test ./...\n"},
        lambda said: said["answers"]["ci"] == "none" and said["evidence"]["ci"]["file"] == ".gitlab-ci.yml",
    ),
    "a pipeline of Gitea's": (
        {".gitea/workflows/ci.yml": "name: ci\n"},
        lambda said: said["answers"]["ci"] == "gitea" and ".gitea/workflows/container.yml" in said["files"],
    ),
    "a bot that is there": (
        {"renovate.json": "{}\n"},
        lambda said: said["answers"]["deps_bot"] == "none" and ".github/dependabot.yml" not in said["files"],
    ),
    "the variable that has the port": (
        {"main.go": MAIN.replace('":8090"', '":"+getEnv("SHOP_PORT", "80")')},
        lambda said: said["code"]["port_variable"] == "SHOP_PORT" and said["answers"]["port"] == 8080,
    ),
    "a port that needs a privilege": (
        {"main.go": MAIN.replace(":8090", ":80")},
        lambda said: said["answers"]["port"] == 8080 and said["lacks"][0]["name"] == "port",
    ),
    "a port that is ours for something else, and not theirs": (
        {"main.go": MAIN.replace(":8090", ":8081")},
        lambda said: said["answers"]["port"] == 8081 and said["evidence"]["port"]["line"] == LINE,
    ),
    "the default of a helper's third argument": (
        {
            "main.go": MAIN.replace('":8090"', "*addr").replace(
                "func main",
                'var addr = env.String("LISTEN_ADDR", false, "0.0.0.0:9090", "where it listens")\n\nfunc main',
            )
        },
        lambda said: said["answers"]["port"] == 9090 and "LISTEN_ADDR" in said["evidence"]["port"]["text"],
    ),
    "no port": (
        {"main.go": MAIN.replace('":8090"', "address()")},
        lambda said: said["answers"]["port"] == 8080 and "--set port=N" in said["lacks"][0]["reason"],
    ),
    "the port of an old Dockerfile": (
        {"main.go": MAIN.replace('":8090"', "address"), "Dockerfile": "FROM scratch\nEXPOSE 7070\n"},
        lambda said: said["answers"]["port"] == 7070 and said["evidence"]["port"]["line"] == 2,
    ),
    "a path below another one is not known": (
        {"main.go": MAIN.replace("mux := http.NewServeMux()", 'mux := gin.Default().Group("/api")')},
        lambda said: said["code"]["live"] == "" and said["lacks"][0]["name"] == "liveness",
    ),
    "what is embedded": (
        {
            "web/web.go": 'package web\n\n//go:embed all:dist "a b.txt"\nvar (\n\t//go:embed in/*\n\tfs embed.FS\n)\n',
            "web/dist/x": "",
        },
        lambda said: said["code"]["embedded"] == ["web/a b.txt", "web/dist", "web/in/*"],
    ),
    "what the old image brings": (
        {"Dockerfile": "FROM golang AS b\nCOPY . .\nFROM scratch\nCOPY --from=b /shop /\nCOPY ui /ui\n"},
        lambda said: [each["lines"] for each in said["lacks"] if each["name"] == "files"] == [["COPY ui /ui"]],
    ),
    "what is embedded and not there": (
        {"web.go": "package main\n\n//go:embed ui/build ui/*.css ui/**.css all:.\nvar fs embed.FS\n", "ui/a.css": ""},
        lambda said: (
            missing(said, "embedded") == ["ui/build is embedded and not there: make it before the image is built"]
        ),
    ),
    "what an image brings that compiles nothing": (
        {"Dockerfile": "FROM busybox\nCOPY dist/$ARCH/shop /bin/\nCOPY dist/$NAME /bin/\nCOPY a.yml b.yml /etc/\n"},
        lambda said: (
            [each["lines"] for each in said["lacks"] if each["name"] == "files"] == [["COPY a.yml b.yml /etc/"]]
        ),
    ),
    "with what the old image starts it": (
        {"Dockerfile": 'FROM x\nCMD ["old"]\nFROM y\nENTRYPOINT ["/shop", "--bind=0.0.0.0"]\nCMD ["serve"]\n'},
        lambda said: arguments(said) == [['args: ["--bind=0.0.0.0", "serve"]']],
    ),
    "with what a shell or an init starts it": (
        {"Dockerfile": "FROM x\nENTRYPOINT /sbin/tini -g -- /shop serve 'a b'\n"},
        lambda said: arguments(said) == [['args: ["serve", "a b"]']],
    ),
    "an address that no probe reaches": (
        {"main.go": MAIN.replace('":8090"', '"localhost:8090"')},
        lambda said: said["answers"]["port"] == 8090 and missing(said, "address") != [],
    ),
    "a main that drains": (
        {"stop.go": "package main\n\nvar _ = signal.Notify\n\nfunc stop() { server.Shutdown(ctx) }\n"},
        lambda said: "drain" not in [each["name"] for each in said["lacks"]],
    ),
}


@COMMAND
@pytest.mark.parametrize("case", CASES)
def test_is_seen(tmp_path: Path, case: str) -> None:
    files, holds_for = CASES[case]
    said = report(repository(tmp_path, {**SHOP, **files}), "--dry-run")
    assert holds_for(said), said


@COMMAND
def test_each_of_these_is_seen_only_where_it_is(tmp_path: Path) -> None:
    said = report(repository(tmp_path, SHOP), "--dry-run")
    seen = {case for case, (_, holds_for) in CASES.items() if holds_for(said)}
    assert seen == {"a program that no build takes is none", "a vendored program is not theirs", "a workspace"}


@pytest.mark.parametrize(
    "started",
    [
        'ENTRYPOINT ["/shop"]',
        "CMD /shop",
        'ENTRYPOINT ["/shop",',
        "ENTRYPOINT /shop 'a",
        'ENTRYPOINT ["/tini", "--", "/shop"]',
        'ENTRYPOINT ["/shop", "-x"]\nFROM y',
        "# CMD /shop -x",
    ],
)
def test_what_starts_nothing_but_the_program_has_no_arguments(tmp_path: Path, started: str) -> None:
    assert arguments(look(tmp_path, Dockerfile=f"FROM x\n{started}\n")) == []


@COMMAND
@pytest.mark.parametrize(
    ("files", "arguments", "said"),
    [
        ({"go.mod": ""}, [], "is no Go module: it has no go.mod"),
        ({"main.go": "package shop\n"}, [], "No package of example.com/acme/shop is a program"),
        (
            {"main.go": "package shop\n", "cmd/a/main.go": MAIN, "cmd/b/main.go": MAIN},
            [],
            "There are several programs: ./cmd/a, ./cmd/b. Name one: --program ./cmd/a.",
        ),
        ({}, ["--program", "cmd/x"], "Cmd/x is none of the programs .. Name one"),
        ({}, ["--only", "image,x"], "x is none of"),
        ({}, ["--only", "ci", "--set", "ci=github"], "The pipeline builds an image, and there is no Dockerfile"),
        ({}, ["--overwrite", "README.md"], "No file that differs is called README.md"),
        ({}, ["--set", "target=knative"], "target"),
        ({}, ["--set", "tracing=true"], "tracing"),
        ({}, ["--port", "80"], "--port"),
        ({}, ["--live", "healthz"], "no path such as /healthz"),
        ({"go.mod": "module example.com/acme/shop\n\ngo 1.99\n"}, [], "Go.mod:3: go 1.99 asks for a newer Go"),
        ({"go.mod": SHOP["go.mod"] + "\nreplace example.com/x => ../x\n"}, [], "from outside of this folder"),
        ({"deploy": "a file"}, [], "A link or a file is where a folder of"),
        ({".gocontainer.lock": "{}"}, [], "Run 'gocontainer update' there."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_written(
    tmp_path: Path, files: Files, arguments: list[str], said: str
) -> None:
    assert said in refused(repository(tmp_path, {**SHOP, **files}), *arguments)


@COMMAND
def test_what_git_does_not_have_is_not_overwritten(tmp_path: Path) -> None:
    target = repository(tmp_path, {**SHOP, "Dockerfile": "FROM scratch\n"})
    (target / "Dockerfile").write_text("FROM scratch\n# an edit\n")
    assert "not as committed: Dockerfile" in refused(target, "--overwrite", "Dockerfile")


@COMMAND
def test_where_the_disk_refuses_nothing_is_left_behind(tmp_path: Path) -> None:
    target = repository(tmp_path, {**SHOP, "Dockerfile": "FROM scratch\n"})
    limited = 'ulimit -f 1 && exec "$0" adopt . --no-input --overwrite Dockerfile'  # a file of a KiB at most
    done = subprocess.run(
        ["sh", "-c", limited, GOCONTAINER],
        check=False,
        cwd=target,
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "File too large" in done.stderr) == (1, True), done.stderr
    assert git(target, "status", "--porcelain", "--ignored") == ""


@COMMAND
def test_answers_come_from_a_file_as_new_takes_them(tmp_path: Path) -> None:
    target = repository(tmp_path, SHOP)
    (tmp_path / "answers.yaml").write_text("service: till\nmemory: 256Mi\n")
    said = report(target, "--answers", str(tmp_path / "answers.yaml"), "--port", "8200", "--ready", "/healthz")
    assert (said["answers"]["service"], said["answers"]["memory"], said["answers"]["port"]) == ("till", "256Mi", 8200)
    assert "path: /healthz" in (target / "deploy/base/deployment.yaml").read_text()
    assert "tcpSocket" not in (target / "deploy/base/deployment.yaml").read_text()


def test_private_modules_over_ssh_reach_make_and_the_image_as_in_any_repository(tmp_path: Path) -> None:
    target = repository(tmp_path, SHOP)
    report(target, "--private-modules", "ssh://git.corp.cn:2222/team")
    assert "GOPRIVATE ?= git.corp.cn/team\n" in (target / "gocontainer.mk").read_text()
    assert 'GOPRIVATE="git.corp.cn/team"\n' in (target / "Dockerfile").read_text()


def test_comments_are_no_evidence_and_strings_are_no_comments() -> None:
    text = 'a := "http://x" // ":1"\n/* ":2"\n*/ b := `// ":3"`\n//go:embed x\n'
    assert without_comments(text) == 'a := "http://x"        \n       \n   b := `// ":3"`\n//go:embed x\n'


def renders(rng: random.Random) -> dict[str, tree.File]:
    """What an adopted repository with answers at random renders."""
    known = Adopted(
        rng.choice([".", "./cmd/x"]),
        tuple(each for each in ("image", "deploy", "ci") if rng.random() < 0.8),
        rng.choice(["", "/healthz"]),
        rng.choice(["", "/readyz"]),
        rng.choice(["", "PORT"]),
        rng.choice([(), ("web/dist", "a b")]),
    )
    chosen = {"service": "shop", **{name: values[-1] for name, values in POSSIBLE.items()}, "port": 8090}
    for name in ("base_image", "kubernetes_min", "resources", "cgo", "network_policy", "ci"):
        option = BY_NAME[name]
        values = POSSIBLE.get(name) or getattr(option, "values", None) or (True, False)
        chosen[name] = rng.choice(list(values))
    chosen |= {"base_image": "distroless-base", "platforms": "linux/amd64"} if chosen["cgo"] else {}
    filled = Answers.merge(Layer("flag", {"service": "shop"}))
    chosen = {name: value for name, value in chosen.items() if holds(BY_NAME[name].when, {**filled, **chosen})}
    answers = Answers.merge_with_room(Layer("flag", {"service": "shop"}), Layer("code", chosen))
    answers.adopted = known
    return render(answers)


def untidy(files: Mapping[str, tree.File]) -> list[str]:
    """Findings on what no person would leave, or that is no value."""
    found = []
    for path, file in files.items():
        text = file.content.decode()
        if not text.endswith("\n") or text.endswith("\n\n") or "\n\n\n" in text or " \n" in text:
            found.append(f"{path}: white space")
        if "<<" in text.replace("<<-", "") or "cookiecutter" in text or "__" in text.replace("__pycache__", ""):
            found.append(f"{path}: a name of the template's")
        if "8081" in text or "-healthcheck" in text or "/livez" in text:
            found.append(f"{path}: what only the template's code has")
    return found


@pytest.mark.parametrize("seed", range(30))
def test_what_is_rendered_is_tidy_and_asks_for_nothing_that_the_code_lacks(seed: int) -> None:
    files = renders(random.Random(seed))
    assert untidy(files) == []
    assert untidy({"x": tree.File(b"EXPOSE 8081\n\n\n")}) == ["x: white space", "x: what only the template's code has"]


def test_the_files_of_an_adopted_repository_hold_the_templates_rules() -> None:
    files = language.read(ROOT / "template" / adopted.FOLDER)
    known_names = {*BY_NAME, *DERIVED, *Adopted(".").variables()}
    for path, text in files.items():
        assert shape(path, text) == [], path
        assert {*names(language.parse(text, path, PARTIALS))} - known_names == set(), path
        assert stray_delimiters(text) == [], path
        assert versions(text) == [], path
    known = language.load()["files"]
    assert [each for each in adopted.SHARED if not any(path.startswith(each) for path in known)] == []


@pytest.mark.slow
def test_their_tests_are_as_green_as_before(tmp_path: Path) -> None:
    need("go")
    test = 'package main\n\nimport "testing"\n\nfunc TestX(t *testing.T) {}\n'
    target = repository(tmp_path, {**SHOP, "main_test.go": test})
    ok(go(target, "test", "./..."))
    report(target)
    ok(go(target, "vet", "./..."))
    ok(go(target, "test", "./..."))


def at_a_terminal(home: Path, target: Path, *arguments: str) -> Terminal:
    return Terminal([GOCONTAINER, "adopt", "--plain", *arguments], target, environment(home, ["git"]), LARGE)


@COMMAND
def test_a_person_is_asked_with_what_was_found_as_the_answer(tmp_path: Path) -> None:
    target = repository(tmp_path, {**SHOP, "main.go": "package shop\n", "cmd/a/main.go": MAIN, "cmd/b/main.go": MAIN})
    terminal = at_a_terminal(tmp_path, target)
    for question, keys in (
        ("Which program is the service?", ("2", ENTER)),
        ("(service) [b]", ("till", ENTER)),
        ("(port) [8090]", (ENTER,)),
        ("(image) [localhost/b]", ("ghcr.io/acme/till", ENTER)),
        ("(base_image)", (ENTER,)),
        ("(ci)", ("none", ENTER)),
        ("Write 18 files?", ("y", ENTER)),
    ):
        terminal.sees(question)
        terminal.send(*keys)
    assert terminal.end() == 0
    lock = lockfile.read(target)
    assert lock.adopted
    assert lock.adopted.main == "./cmd/b"
    assert (lock.answers["service"], lock.answers["image"], lock.answers["ci"]) == ("till", "ghcr.io/acme/till", "none")


@COMMAND
def test_who_says_no_gets_nothing_written(tmp_path: Path) -> None:
    target = repository(tmp_path, SHOP)
    terminal = at_a_terminal(tmp_path, target)
    for question in ("(service)", "(port)", "(image)", "(base_image)", "(ci)", "files?"):
        terminal.sees(question)
        terminal.send(ENTER)
    assert terminal.end() == 130
    assert git(target, "status", "--porcelain") == ""
