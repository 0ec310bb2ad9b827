"""The questions of who builds each change, where what it is built from comes from, and who proposes changes of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gocontainer.options.patterns import HOST, LABEL, PLACE, REPOSITORY
from gocontainer.options.text_kinds import Map
from gocontainer.options.types import LACKING, Choice, Select, Text, by_value


class CiProvider(Choice):
    """A CI provider; its pipeline is a file of the template."""

    registry: str = LACKING
    """The registry that its own token may push to; elsewhere the pipeline needs a secret."""
    runners: str = LACKING
    """The table of pins.toml with its machines, by architecture; nothing where the pipeline names none."""
    issuer: str = ""
    """Who tells Sigstore's public instance whose jobs are whose; nothing where that believes no such issuer."""
    issues_for: str = ""
    """The only host that its issuer speaks for; nothing where a host that nobody knows is taken for that one."""
    signer: str = ""
    """What of it signs, below the repository's address; nothing without an issuer."""
    runs: str = ""
    """Where its runs are, below the repository's address; nothing where they are elsewhere."""
    deps_bot: str = ""
    """The dependency bot of a repository that has it and is not GitHub's; nothing where it may be GitHub's."""

    @property
    def pins(self) -> Sequence[tuple[str, str]]:
        return [(self.runners, architecture) for architecture in ("amd64", "arm64") if self.runners]


CI_PROVIDERS = by_value(
    CiProvider(
        value="github",
        label="GitHub Actions",
        registry="ghcr.io",
        runners="runner",
        issuer="https://token.actions.githubusercontent.com",
        signer="/.github/workflows/release.yml",
        runs="/actions/runs/",
    ),
    CiProvider(
        value="gitlab",
        label="GitLab CI",
        registry="registry.gitlab.com",
        runners="",
        issuer="https://gitlab.com",
        issues_for="gitlab.com",
        signer="//.gitlab-ci.yml",
        runs="/-/jobs/",
        deps_bot="renovate",
    ),
    CiProvider(value="gitea", label="Gitea Actions, and Forgejo's", registry="", runners="runner", deps_bot="renovate"),
    CiProvider(
        value="jenkins", label="Jenkins, by a declarative pipeline", registry="", runners="", deps_bot="renovate"
    ),
    CiProvider(value="none", label="no pipeline", registry="", runners=""),
)
CI = Select(
    name="ci",
    group="delivery",
    title="CI",
    question="Who builds and tests each change?",
    help="Who builds and tests each change.",
    why="The pipeline calls the same make targets as you do.",
    default="github",
    choices=tuple(CI_PROVIDERS.values()),
)
WITHOUT_ISSUER = tuple(name for name, provider in CI_PROVIDERS.items() if not provider.issuer)
SIGNING = Select(
    name="signing",
    group="delivery",
    title="Signature",
    question="Who signs a released image?",
    help="Who signs a released image.",
    why="'make verify' tells an image that was released from here from any other, before it runs.",
    default="keyless",
    choices=(
        Choice(value="keyless", label="the pipeline on github.com or gitlab.com, no key"),
        Choice(value="key", label="whoever has the key, also without a network outside"),
        Choice(value="none", label="nobody"),
    ),
    before=lambda answers: "none" if answers["ci"] in WITHOUT_ISSUER else "keyless",
)
DEPS_BOT = Select(
    name="deps_bot",
    group="delivery",
    title="Dependency bot",
    question="Who proposes newer modules, base images and actions?",
    help="Who proposes newer modules, base images and actions.",
    why="A week after their release, so that a poisoned one is found by others first.",
    default="dependabot",
    choices=(
        Choice(value="dependabot", label="GitHub's own, nothing to install"),
        Choice(value="renovate", label="on any forge, also pins digests and the Makefile's tools"),
        Choice(value="none", label="nobody"),
    ),
)
SCAN = Select(
    name="scan",
    group="delivery",
    title="Scanner",
    question="What looks for known vulnerabilities in the image before it is pushed?",
    help="What looks for known vulnerabilities in the image before it is pushed.",
    why="Sees the base image too, which govulncheck does not. gitleaks looks for secrets beside it.",
    default="none",
    choices=(
        Choice(value="trivy", label="Trivy, whose database is an image: a registry's mirror has it"),
        Choice(value="grype", label="Grype, which compiles in half the time"),
        Choice(value="none", label="nothing"),
    ),
    before=lambda _: "none",
)
DIGESTS = Select(
    name="digests",
    group="delivery",
    title="Digests",
    question="Must the Dockerfile name its images by digest before a release?",
    help="Whether a release needs the digests of the Dockerfile's images.",
    why="A tag can move: by digest alone a release is built from what was looked at. 'make pin' writes them.",
    default="optional",
    choices=(
        Choice(value="optional", label="a release may build from tags"),
        Choice(value="required", label="a release from tags alone is refused"),
    ),
    before=lambda _: "optional",
)
REGISTRY_MIRRORS = Map(
    name="registry_mirrors",
    group="delivery",
    title="Registry mirrors",
    question="From which mirrors do images come instead of their own registries?",
    help="Mirrors that images come from, each for a registry.",
    why="For networks that reach no foreign registry, such as those with Harbor: no other place is asked for an image.",
    key=HOST,
    value=f"{HOST}(?:{REPOSITORY})?",
    expected="a list of mirrors",
    hint="Write docker.io=harbor.example.com/dockerhub,gcr.io=harbor.example.com/gcr, or one mirror for all of them.",
    example="docker.io=harbor.example.com/dockerhub,gcr.io=harbor.example.com/gcr",
)
_EMPTY: Mapping[str, Any] = {"group": "delivery", "default": "", "longest": 400}
_GLOB = r"[A-Za-z0-9*?._~-]+(?:/[A-Za-z0-9*?._~-]+)*"
GO_PROXY = Text(
    name="go_proxy",
    title="Module proxy",
    question="From which proxy do Go modules come?",
    help="Proxy that Go modules come from, as GOPROXY names it.",
    why="Reaches make, the image and the pipeline alike; without it each has what Go has by default.",
    pattern=rf"(?:(?:{PLACE}|direct|off)(?:[,|](?:{PLACE}|direct|off))*)?",
    expected="a value of GOPROXY without a password",
    hint="Write https://goproxy.example.com,direct: addresses, direct or off, and commas between; netrc has passwords.",
    example="https://goproxy.example.com,direct",
    **_EMPTY,
)
GO_SUMDB = Text(
    name="go_sumdb",
    title="Checksum database",
    question="Which database vouches for the sums of Go modules?",
    help="Database that vouches for the sums of Go modules, as GOSUMDB names it.",
    why="For networks that do not reach the usual one: a mirror of it vouches for as much, off for nothing.",
    pattern=rf"(?:off|{LABEL}(?:\.{LABEL})*(?:\+[0-9a-f]{{8}}\+[A-Za-z0-9+/=]+)?(?: {PLACE})?)?",
    expected="a value of GOSUMDB",
    hint="Give a name, with its key if it is your own and an address if it is a mirror, or off.",
    example="sum.example.com https://goproxy.example.com/sumdb",
    **_EMPTY,
)
GO_VULNDB = Text(
    name="go_vulndb",
    title="Vulnerabilities",
    question="Where are known vulnerabilities of Go modules listed?",
    help="Address of the list of known vulnerabilities that govulncheck reads.",
    why="Where it cannot be reached, the check says so in a sentence and fails in a release only.",
    pattern=rf"(?:{PLACE}|file://(?:/[A-Za-z0-9._~-]+)+)?",
    expected="an address",
    hint="Give one such as https://vuln.example.com or file:///srv/vulndb.",
    example="https://vuln.example.com",
    **_EMPTY,
)
_OVER_SSH = rf"ssh://{LABEL}(?:\.{LABEL})+(?::[1-9][0-9]{{0,4}})?(?:/[A-Za-z0-9._~-]+)*"
PRIVATE_MODULES = Text(
    name="private_modules",
    title="Private modules",
    question="Which Go modules are private?",
    help="Go modules that are private, as GOPRIVATE names them; with ssh:// before those that come over SSH.",
    why="Nobody else is asked for them. A netrc or an SSH agent says who we are, and stays in no image.",
    pattern=rf"(?:(?:{_OVER_SSH}|{_GLOB})(?:,(?:{_OVER_SSH}|{_GLOB}))*)?",
    expected="a list of patterns of module paths",
    hint="Write git.example.com/team,ssh://git.example.com:2222: paths or their beginnings, with commas between.",
    example="*.corp.example.com,ssh://git.example.com:2222",
    **_EMPTY,
)
CA_BUNDLE = Text(
    name="ca_bundle",
    title="CA bundle",
    question="Where in the repository are the certificates of your own authority?",
    help="File in the repository with the certificates of your own authority.",
    why="Trusted beside all others by make, while the image is built and while the service runs.",
    pattern=r"(?:(?:[A-Za-z0-9_][A-Za-z0-9._-]*/)*[A-Za-z0-9_][A-Za-z0-9._-]*[.](?:pem|crt))?",
    expected="a path below the top of the repository",
    hint="Name a file of PEM, such as certs/company.pem.",
    example="certs/company.pem",
    **_EMPTY,
)
UPDATE_WHEEL = Text(
    name="update_wheel",
    title="Update bot",
    question="From which wheel of gocontainer are newer templates proposed?",
    help="Address and hash of the wheel of gocontainer by which a pipeline proposes a newer template.",
    why="One pull request at a time, weekly, for whoever keeps several services; a name alone is never installed.",
    pattern=rf"(?:{PLACE}gocontainer-[0-9][A-Za-z0-9.!]*-py3-none-any[.]whl#sha256=[0-9a-f]{{64}})?",
    expected="the address of a wheel with its sha256",
    hint="Write https://files.example.com/gocontainer-1.0.0-py3-none-any.whl#sha256= and 64 hex digits behind it.",
    example=f"https://files.example.com/gocontainer-1.0.0-py3-none-any.whl#sha256={'5a' * 32}",
    **_EMPTY,
)
DELIVERY = (
    REGISTRY_MIRRORS,
    GO_PROXY,
    GO_SUMDB,
    GO_VULNDB,
    PRIVATE_MODULES,
    CA_BUNDLE,
    CI,
    SIGNING,
    SCAN,
    DIGESTS,
    DEPS_BOT,
    UPDATE_WHEEL,
)
