"""Dockerfiles are read as BuildKit reads them: in a table by hand, and beside BuildKit's own parser."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gocontainer.rendering.engine import render
from gocontainer.repository import dockerfile
from gocontainer.repository.dockerfile import Reference, is_dockerfile, references
from tests.helpers.support import BUILDKIT, ROOT, ROWS, answers, wrapped

D = f"@sha256:{'a' * 64}"
SAMPLES: dict[str, list[str]] = {
    # Names
    "FROM alpine:3.18\n": ["alpine:3.18"],
    "from alpine:3.18 as build\nFROM build\nFROM Alpine": ["alpine:3.18", "Alpine"],
    "  FROM \t alpine:3.18\t\r\nFROM scratch\r\n": ["alpine:3.18"],
    f"FROM --platform=$BUILDPLATFORM localhost:5000/alpine:3.18{D} AS Build\nFROM build\n": [
        f"localhost:5000/alpine:3.18{D}"
    ],
    "FROM --platform='linux/amd64' alpine:3.18\n": ["alpine:3.18"],
    "FROM alpine AS alpine\nFROM alpine\n": ["alpine"],
    "FROM scratch AS a\nFROM a AS scratch\nFROM scratch\n": [],
    "FROM alpine AS base-amd64\nFROM debian AS base-arm64\nFROM base-${TARGETARCH}\n": ["alpine", "debian"],
    "FROM \"alpine:3.18\"\nFROM 'debian:12'\nFROM a\\lpine:3\n": ["alpine:3.18", "debian:12", "alpine:3"],
    "\ufeffFROM alpine:3.18\n": ["alpine:3.18"],
    # Lines
    "FROM \\\nalpine:3.18\n": ["alpine:3.18"],
    "FROM \\ \t\n  # between\n\n  alpine:3.18 \\\n  AS build\nFROM build\n": ["alpine:3.18"],
    "\\\nFR\\\r\nOM alp\\\nine:3.18\n": ["alpine:3.18"],
    "FROM alpine\nRUN echo \\\n# no\nFROM debian\nFROM c": ["alpine", "c"],
    "FROM alpine\nRUN echo \\\\\nFROM debian\n": ["alpine", "debian"],
    "FROM alpine \\": ["alpine"],
    "# FROM a\n#FROM b\n  # FROM c\nFROM alpine\n": ["alpine"],
    # Directives
    "# escape=`\nFROM `\nalpine:3.18\nRUN echo \\\nFROM debian\n": ["alpine:3.18", "debian"],
    "# syntax=docker/dockerfile:1\n#check=skip=all\n#ESCAPE = `\nFROM al`\npine\n": ["alpine"],
    "# a word\n# escape=`\nFROM \\\nalpine\n": ["alpine"],
    "\n# escape=`\nFROM \\\nalpine\n": ["alpine"],
    "FROM alpine\n# escape=`\nFROM \\\ndebian\n": ["alpine", "debian"],
    # Heredocs
    "FROM debian\nCOPY <<EOF /notes\nFROM alpine:3.18\nEOF\nFROM a\n": ["debian", "a"],
    "FROM debian\nCOPY <<-EOF /notes\nFROM alpine:3.18\n\t EOF\nFROM x\n\tEOF\nFROM a\n": ["debian", "a"],
    "FROM debian\nRUN <<A cat <<'B' 3<<\"C\"\nFROM x\nA\nFROM y\nB\nA\nFROM z\nC\nFROM a\n": ["debian", "a"],
    "FROM debian\nRUN cat << EOF\nFROM x\n EOF\nFROM y\nEOF \nFROM z\nEOF\nFROM a\n": ["debian", "a"],
    "FROM debian\nRUN --mount=type=cache,target=/a cat \\\n  <<EOF\nFROM x\\\nEOF\nFROM a\n": ["debian", "a"],
    "FROM debian\nADD <<EOF /notes\nFROM x\nEOF\nFROM a\n": ["debian", "a"],
    "FROM debian\nONBUILD RUN <<EOF\nFROM x\nEOF\nFROM a\n": ["debian", "a"],
    "FROM debian\nONBUILD copy <<EOF /a\nFROM x\nEOF\nFROM a\n": ["debian", "a"],
    'FROM debian\nRUN ["cat", "<<EOF", "\\" <<EOF \\\\" , "a <<EOF b"]\nFROM a\n': ["debian", "a"],
    'FROM debian\nRUN [ "$a" ] && cat <<EOF\nFROM x\nEOF\nFROM a\n': ["debian", "a"],
    "FROM debian\nRUN echo '<<EOF' \"<<EOF\" \\<<EOF 1<<<EOF a<<EOF\nFROM a\n": ["debian", "a"],
    "FROM debian\nENV A=<<EOF\nFROM a\n": ["debian", "a"],
    "FROM debian\nLABEL a=<<EOF\nCMD cat <<EOF\nFROM a\n": ["debian", "a"],
    'FROM debian\nRUN <<E\\"O"F"\nFROM x\nE"OF\nFROM a\n': ["debian", "a"],
    "FROM debian\nRUN cat <<EOF; echo it's\nFROM a\n": ["debian", "a"],
    # Arguments
    "ARG BASE=alpine:3.18\nFROM ${BASE}\n": ["alpine:3.18"],
    "ARG TAG=3.18\nARG BASE=alpine:${TAG} OTHER='debian:12'\nFROM $BASE\nFROM $OTHER\n": ["alpine:3.18", "debian:12"],
    'ARG TAG="3.18"\nARG TAG\nFROM alpine:$TAG-slim\n': ["alpine:3.18-slim"],
    "ARG A\nFROM ${A:-alpine:3.18}\nFROM ${B-debian}\nFROM alpine${C:+:3}\n": ["alpine:3.18", "debian", "alpine"],
    "ARG A=\nFROM ${A:-alpine}\nFROM x${A-debian}\nFROM x${A:+y}\nFROM x${A+y}\n": ["alpine", "x", "x", "xy"],
    "ARG A=b\nFROM ${A:-alpine}\nFROM ${A-debian}\nFROM x${A:+y}\nFROM ${A:?no}${A?no}\n": ["b", "b", "xy", "bb"],
    "ARG A=b\nFROM ${C:-${A:-alpine}:${A}}\n": ["b:b"],
    "ARG A=b\nFROM x'$A'\"$A\"\\$A\n": ["x$Ab$A"],
    "ARG A=b\nFROM ${B:-'$A'\"$A\"}\n": ["$Ab"],
    "FROM alpine\nARG A=b\nFROM x$A\n": ["alpine", "x"],
    "# escape=`\nARG A=b\nFROM x`$A\nFROM x\\$A\n": ["x$A", "x\\b"],
    "ARG A=b\\ c D='e f'\nFROM $D-x\n": ["e f-x"],
    "ARG A='b c'\nFROM x:\"$A\"\n": ["x:b c"],
    "ARG A=b\nFROM x:$A.$A-$A_$A\n": ["x:b.b-b"],
    "FROM alpine:$\nFROM alpine:$$\nFROM alpine:$1a\n": ["alpine:$", "alpine:", "alpine:a"],
}
"""Dockerfiles that BuildKit accepts, with the images that they start from."""
REFUSED = {
    "FROM ${A\n": ["${A"],
    "FROM ${}\n": ["${}"],
    "FROM ${:-a}\n": ["${:-a}"],
    "FROM ${A?no}\n": ["${A?no}"],
    "FROM ${A^}\n": ["${A^}"],
    "FROM ${A:\n": ["${A:"],
    "FROM 'a\n": ["'a"],
    'FROM "a\n': ['"a'],
    'FROM "a\\\n': ['"a'],
    "ARG A='b\nFROM a$A\n": ["a"],
    "FROM a AS\nFROM\nFROM $A\nFROM b c d e\n": ["a", "b"],
    "ARG\nRUN <<EOF\nFROM a\n": [],
    "": [],
    "\n": [],
    "\\": [],
}
"""Dockerfiles that BuildKit refuses, with what is read nevertheless."""
UNREAD = "ARG A=v3.18\nFROM alpine:${A#v}\n"
"""What BuildKit reads and we do not."""

Reader = Callable[[str], dict[str, Any]]


def found(text: str) -> list[str]:
    return [each.name for each in references(text) if each.kind == "image"]


@pytest.fixture(scope="module")
def buildkit() -> Iterator[Reader]:
    """What BuildKit's parser makes of a Dockerfile."""
    program = [str(wrapped(BUILDKIT, "./bases"))]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        read, write = process.stdout, process.stdin

        def ask(text: str) -> dict[str, Any]:
            write.write(f"{json.dumps(text)}\n")
            write.flush()
            answer: dict[str, Any] = json.loads(read.readline())
            return answer

        yield ask
        write.close()


# By hand


@pytest.mark.parametrize("text", [*SAMPLES, *REFUSED])
def test_the_images_of_a_dockerfile(text: str) -> None:
    assert found(text) == {**SAMPLES, **REFUSED}[text]


def test_what_is_not_read_stays_as_written_and_says_nothing_wrong() -> None:
    assert found(UNREAD) == ["alpine:${A#v}"]


@pytest.mark.parametrize("name", [f"{'${A:-' * 9000}b{'}' * 9000}", "${A:-" * 9000])
def test_what_is_nested_without_measure_is_left_as_written(name: str) -> None:
    assert found(f"FROM a\nRUN {'[' * 99000} <<E\nE\nFROM {name}\n") == ["a", name]


def test_images_are_named_without_digests() -> None:
    assert dockerfile.images(f"ARG A=alpine:3.18{D}\nFROM debian:12{D} AS a\nFROM $A\nFROM a\nFROM scratch\n") == [
        "debian:12",
        "alpine:3.18",
    ]


def test_each_name_says_what_it_is_and_where_it_stands() -> None:
    text = (
        "# syntax=docker/dockerfile:1\n"
        "ARG A=debian\n"
        "  FROM --platform=$BUILDPLATFORM golang:1.26 AS build\n"
        "FROM \\\n"
        "# x\n"
        "  $A\n"
        "FROM scratch\n"
        "FROM al\\\n"
        "pine\n"
        "FROM build"
    )
    assert list(references(text)) == [
        Reference("docker/dockerfile:1", "syntax", (0, 9)),
        Reference("golang:1.26", "image", (2, 33)),
        Reference("debian", "image", (5, 2)),
        Reference("scratch", "scratch", (6, 5)),
        Reference("alpine", "image", None),
        Reference("build", "stage", (9, 5)),
    ]
    assert text.split("\n")[2][33:].startswith("golang:1.26 ")


@pytest.mark.parametrize("name", ["Dockerfile", "a/Containerfile", "Dockerfile.debug", "a/b.dockerfile", "dockerfile"])
def test_a_file_is_a_dockerfile_by_its_name(name: str) -> None:
    assert is_dockerfile(name)
    assert not is_dockerfile(f"{name}s/x")
    assert not is_dockerfile(f"{name.partition('.')[0]}s")


# Beside BuildKit


@pytest.mark.parametrize("text", SAMPLES)
def test_buildkit_reads_the_same_in_each_sample(text: str, buildkit: Reader) -> None:
    assert buildkit(text) == {"syntax": syntax(text), "images": SAMPLES[text], "refused": ""}


@pytest.mark.parametrize("text", REFUSED)
def test_buildkit_refuses_what_we_read_as_far_as_it_goes(text: str, buildkit: Reader) -> None:
    assert buildkit(text)["refused"]


def test_buildkit_reads_what_we_do_not(buildkit: Reader) -> None:
    assert buildkit(UNREAD)["images"] == ["alpine:3.18"]


def syntax(text: str) -> str:
    return next((each.name for each in references(text) if each.kind == "syntax"), "")


def test_buildkit_reads_the_same_in_every_row_and_golden(buildkit: Reader) -> None:
    texts = {render(answers(**row))["Dockerfile"].content.decode() for row in ROWS}
    texts |= {path.read_text() for path in (ROOT / "tests").rglob("Dockerfile") if path.is_file()}
    assert len(texts) > len(ROWS) / 2
    for text in sorted(texts):
        assert buildkit(text) == {"syntax": syntax(text), "images": found(text), "refused": ""}


NAMES = ("alpine:3.18", "debian", "scratch", "build", "x", f"y:1{D}", "a${B:-debian}", "x'$A'", 'x"$A"', "x\\$A")
USES = ("x$A.$B", "${A:-$B}x", "x${A:+y}", "x${A+$B}", "x${C-${A:-'q'}}", "$TARGETARCH", "x${B:-`$A}", "$C:a", "a$")
HEREDOCS = ("<<EOF", "<<-EOF", "<< EOF", "3<<EOF", "<<'EOF'", '<<"EOF"', "a<<EOF", "<<<EOF", "\\<<EOF", "<<E\\OF")
ODD = ("'", '"', "`", "\\", "#", "[", '["a"]', "AS", "=", "/a", "'a b'", "--a='b c'", "it's", "<<A 'B\n")
BETWEEN = st.sampled_from([" ", " ", " ", "\t", " \\\n", " \\\n  ", " \\ \n# FROM c\n", " \\\n\n ", " `\n"])
GLUE = st.sampled_from(["", "\\\n", "`\n", "\\\n# FROM c\n"])
"""Not behind a heredoc's word: of ``<<A${B:-c}`` BuildKit forgets what stands before the variable. Nor is there any
``${`` without its end among the words: BuildKit then sees no heredoc in the line, as with a quote without its end."""
WORDS = st.sampled_from([*NAMES, *USES, *HEREDOCS, *ODD])
LINES = st.one_of(
    st.tuples(
        *(st.just("FROM"), BETWEEN, st.sampled_from([*NAMES, *USES]), GLUE),
        st.sampled_from(["", "", " AS build", " as Build", " AS x", " "]),
    ),
    st.tuples(st.just("ARG "), st.sampled_from("ABC"), st.just("="), st.sampled_from([*NAMES, *USES])),
    st.tuples(
        st.sampled_from(["RUN", "COPY a", "add", "ONBUILD RUN", "RUN --mount=type=cache,target=/a", "CMD"]),
        *(BETWEEN, st.sampled_from(HEREDOCS), BETWEEN, WORDS),
        st.sampled_from(["\n", "\nFROM inside\n", "\n\tEOF\n", "\nRUN \\\n", "\n EOF\nEOF \nFROM inside\n"]),
        st.sampled_from(["EOF", "EOF\r", "\tEOF"]),
    ),
    st.tuples(st.just("RUN x "), *(WORDS, BETWEEN) * 3, st.just("#")),
    st.tuples(st.sampled_from(["# FROM c", "", "  # escape=`", "# check=skip=all", "ARG A", "EOF", "\r"])),
).map("".join)
DOCKERFILES = st.builds(
    lambda first, lines: "\n".join([*first, *lines, ""]),
    st.sampled_from(
        [
            *(["FROM a"], ["ARG A=x", "ARG B", "FROM a"], ["# escape=`", "FROM b"], [], ["\ufeffARG A=x"]),
            ["# syntax=docker/dockerfile:1", "#escape = `", "ARG A=x"],
        ]
    ),
    st.lists(LINES, min_size=1, max_size=5),
)


def test_buildkit_reads_the_same_in_dockerfiles_made_at_random(buildkit: Reader) -> None:
    accepted = 0

    @settings(max_examples=1000, deadline=None, derandomize=True)
    @given(DOCKERFILES)
    def compare(text: str) -> None:
        nonlocal accepted
        theirs, ours = buildkit(text), found(text)
        if not theirs["refused"]:
            accepted += len(theirs["images"]) > 0
            assert (theirs["syntax"], theirs["images"]) == (syntax(text), ours)

    compare()
    assert accepted > 200, "most samples must be such as say something"
