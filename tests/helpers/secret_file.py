"""A secret in a rendered repository, declared as its owner would, and a folder that is mounted as the kubelet does."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.helpers.databases import OWN, ROUTES
from tests.helpers.support import replace

KEY = "database-password"
PATH = "/v1/fingerprint"
"""Where the service answers with the hash of its secret."""

_HANDLER = """package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"example.com/{service}/internal/deps"
)

func fingerprint(d *deps.Deps) http.HandlerFunc {{
	return func(w http.ResponseWriter, _ *http.Request) {{
		sum := sha256.Sum256([]byte(d.Settings().DatabasePassword))
		writeJSON(w, http.StatusOK, hex.EncodeToString(sum[:]))
	}}
}}
"""


def add_secret(repository: Path) -> None:
    """Declare a secret of which one check says too much, and a route that says which one is in force."""
    flag = f'\tfs.StringVar(&o.DatabasePassword, "{KEY}", "", "`password` of the database"+Secret)\n'
    refused = (
        f'\tcheck(o.DatabasePassword == "" || len(o.DatabasePassword) > 9, "{KEY} %q is short", o.DatabasePassword)\n'
    )
    replace(
        repository / OWN,
        ("\tQuoteMaxLines int\n", "\tQuoteMaxLines    int\n\tDatabasePassword string\n"),
        ("func (o *Own) flags(fs *flag.FlagSet) {\n", "func (o *Own) flags(fs *flag.FlagSet) {\n" + flag),
        ("args ...any)) {\n", "args ...any)) {\n" + refused),
    )
    routes = ("\treturn mux\n", f'\tmux.HandleFunc("GET {PATH}", fingerprint(d))\n\treturn mux\n')
    replace(repository / ROUTES, routes)
    (repository / "internal/httpapi/fingerprint.go").write_text(_HANDLER.format(service=repository.name))


def fingerprint(secret: str) -> str:
    """Return what the service answers with this secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Mounted:
    """A folder as the kubelet mounts a Secret: what is behind ``..data`` is swapped at once."""

    def __init__(self, folder: Path, values: Mapping[str, bytes]) -> None:
        self.folder, self.states = folder, 0
        folder.mkdir()
        self.rotate(values)

    def rotate(self, values: Mapping[str, bytes]) -> None:
        """Swap all files for those of ``values``."""
        self.states += 1
        state, data = self.folder / f"..2026_11_30_{self.states}", self.folder / "..data"
        old = data.resolve() if data.is_symlink() else None
        state.mkdir()
        for key, value in values.items():
            (state / key).write_bytes(value)
        (self.folder / "..data_tmp").symlink_to(state.name)
        (self.folder / "..data_tmp").rename(data)
        for key in values:
            if not (self.folder / key).is_symlink():
                (self.folder / key).symlink_to(f"..data/{key}")
        if old:
            shutil.rmtree(old)
