"""Images that are signed without a key: the real Fulcio, and an issuer whose jobs it believes.

A program of its own, for a network of its own: Fulcio's port for metrics listens at every address. It prints what
`make verify` said of each image.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from docs.demo import free_ports

from tests.helpers.daemons import answers, process, until
from tests.helpers.support import go_tool
from tests.signing.registry import Release, registry
from tests.signing.signer import NOWHERE, Signer, cloned
from tests.signing.tools import tool

FULCIO = ("github.com/sigstore/fulcio", "v1.8.8")
RELEASE = ".github/workflows/release.yml@refs/tags/v1.2.0"
JOBS = {
    "own": f"acme/orders/{RELEASE}",
    "another repository": f"mallory/orders/{RELEASE}",
    "a longer repository": f"acme/orders-2/{RELEASE}",
    "another workflow": "acme/orders/.github/workflows/ci.yml@refs/tags/v1.2.0",
    "a branch": "acme/orders/.github/workflows/release.yml@refs/heads/main",
    "a sign that patterns know": f"acme/orders/{RELEASE}".replace(".github", "xgithub"),
}
"""Who signs: the workflow of a job, as GitHub's issuer names it."""
SETTINGS = """\
oidc-issuers:
  {issuer}:
    issuer-url: {issuer}
    client-id: sigstore
    type: ci-provider
    ci-provider: github-workflow
ci-issuer-metadata:
  github-workflow:
    default-template-values:
      url: https://github.com
    # As in Fulcio's own config/identity/config.yaml.
    subject-alternative-name-template: "{{{{ .url }}}}/{{{{ .job_workflow_ref }}}}"
"""


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Issuer:
    """Who says which job somebody is, by tokens that its key signs."""

    def __init__(self, key: Path, address: str) -> None:
        self.key, self.address = key, address
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)

    def token(self, job: str) -> str:
        now = int(time.time())
        claims = {"iss": self.address, "aud": "sigstore", "sub": "job", "iat": now, "exp": now + 3600}
        parts = ({"alg": "RS256", "kid": "1"}, claims | {"job_workflow_ref": job})
        text = ".".join(encoded(json.dumps(part).encode()) for part in parts)
        command = ["openssl", "dgst", "-sha256", "-sign", str(self.key)]
        return f"{text}.{encoded(subprocess.run(command, input=text.encode(), check=True, capture_output=True).stdout)}"

    def documents(self) -> Mapping[str, object]:
        command = ["openssl", "rsa", "-in", str(self.key), "-noout", "-modulus"]
        modulus = subprocess.run(command, check=True, capture_output=True, text=True).stdout.partition("=")[2]
        key = {
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": "1",
            "n": encoded(bytes.fromhex(modulus)),
            "e": "AQAB",
        }
        paths = {"authorization_endpoint": "/a", "token_endpoint": "/t", "jwks_uri": "/keys"}
        found = {name: self.address + path for name, path in paths.items()}
        lists = {"response_types_supported": ["code"], "subject_types_supported": ["public"]}
        lists["id_token_signing_alg_values_supported"] = ["RS256"]
        return {
            "/keys": {"keys": [key]},
            "/.well-known/openid-configuration": {"issuer": self.address, **found, **lists},
        }


class Answers(BaseHTTPRequestHandler):
    """Answers with documents by their paths."""

    def __init__(self, documents: Mapping[str, object], *given: object) -> None:
        self._documents = documents
        super().__init__(*given)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(self._documents[self.path]).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def issuer(scratch: Path) -> Iterator[Issuer]:
    """Run an issuer."""
    port = free_ports(1)[0]
    running = Issuer(scratch / "issuer.key", f"http://127.0.0.1:{port}")
    with ThreadingHTTPServer(("127.0.0.1", port), partial(Answers, running.documents())) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield running
        server.shutdown()


@contextmanager
def fulcio(scratch: Path, believed: Issuer) -> Iterator[dict[str, str]]:
    """Run Fulcio; yield the variables by which cosign asks and trusts it, and no log."""
    (scratch / "fulcio.yaml").write_text(SETTINGS.format(issuer=believed.address))
    http, grpc, metrics = free_ports(3)
    address = f"http://127.0.0.1:{http}"
    told = {
        "--ca": "ephemeralca", "--ct-log-url": "", "--config-path": str(scratch / "fulcio.yaml"),
        "--host": "127.0.0.1", "--port": str(http), "--grpc-host": "127.0.0.1", "--grpc-port": str(grpc),
        "--metrics-port": str(metrics),
    }  # fmt: skip
    flags = [f"{name}={value}" for name, value in told.items()]
    with process([go_tool(*FULCIO), "serve", *flags], scratch / "fulcio.log"):
        bundle = f"{address}/api/v2/trustBundle"
        until(lambda: answers(bundle), "Fulcio")
        with urllib.request.urlopen(bundle) as answer:
            (chain,) = json.loads(answer.read())["chains"]
        (scratch / "chain.pem").write_text("".join(chain["certificates"]))
        made = "api-version=1,start-time=2024-01-01T00:00:00Z,operator=here"
        for arguments in (
            ("signing-config", f"--fulcio=url={address},{made}", f"--oidc-provider=url={believed.address},{made}"),
            ("trusted-root", f"--fulcio=url={address},certificate-chain={scratch}/chain.pem"),
        ):
            kind, *rest = arguments
            subprocess.run(
                [tool("COSIGN"), kind, "create", *rest, f"--out={scratch}/{kind}"], check=True, capture_output=True
            )
        yield {
            "COSIGN_SIGNING_CONFIG": f"{scratch}/signing-config",
            "COSIGN_TRUSTED_ROOT": f"{scratch}/trusted-root",
            "COSIGN_INSECURE_IGNORE_TLOG": "true",
            "COSIGN_INSECURE_IGNORE_SCT": "true",
        }


def story(scratch: Path) -> dict[str, tuple[int, str, str, str]]:
    """Sign an image as each job; return what `make verify` said of it, with its name."""
    said = {}
    with issuer(scratch) as believed, fulcio(scratch, believed) as variables, registry(scratch) as images:
        signer = Signer(cloned(scratch), {**variables, "ISSUER": believed.address})
        for name, job in JOBS.items():
            image = f"{images.name}@{images.push(Release(layer=name.encode()))}"
            signed = signer.make("sign", f"IMAGE={image}", COSIGN_IDENTITY_TOKEN=believed.token(job))
            assert signed.code == 0, f"{name}\n{signed.err}"
            said[name] = (*signer.make("verify", f"IMAGE={image}"), image)
            if name == "own":
                said["another issuer"] = (*signer.make("verify", f"IMAGE={image}", ISSUER=NOWHERE), image)
                said["another source"] = (*signer.make("verify", f"IMAGE={image}", "SOURCE=https://x.org/y"), image)
    return said


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        json.dump(story(Path(place)), sys.stdout)
