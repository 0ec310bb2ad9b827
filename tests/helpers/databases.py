"""A database in a rendered repository, written as its owner would: in the files that are theirs, and in new ones."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tests.helpers.support import git, go, ok, replace


class Driver(NamedTuple):
    """A driver of a database, and how a pool of its connections is opened, asked and closed."""

    module: str
    version: str
    imports: str
    pool: str
    opened: str
    closed: str
    query: str
    url: str


PGX = Driver(
    module="github.com/jackc/pgx/v5",
    version="v5.13.0",
    imports='"github.com/jackc/pgx/v5/pgxpool"',
    pool="*pgxpool.Pool",
    opened="pgxpool.New(ctx, core.Settings().DatabaseURL)",
    closed="d.DB.Close()\n\treturn nil",
    query="d.DB.QueryRow(r.Context(), `select total from orders where id = $1`, r.PathValue(`id`))",
    url="postgres://localhost/test",
)
MYSQL = Driver(
    module="github.com/go-sql-driver/mysql",
    version="v1.10.1",
    imports='"database/sql"\n\n\t_ "github.com/go-sql-driver/mysql"',
    pool="*sql.DB",
    opened="sql.Open(`mysql`, core.Settings().DatabaseURL)",
    closed="return d.DB.Close()",
    query="d.DB.QueryRowContext(r.Context(), `select total from orders where id = ?`, r.PathValue(`id`))",
    url="tester@tcp(localhost)/test",
)
DRIVERS = {"pgx": PGX, "mysql": MYSQL}
OWN, TESTS, DEPS = "internal/config/own.go", "internal/config/configtest/configtest.go", "internal/deps/deps.go"
ROUTES, HANDLER = "internal/httpapi/routes.go", "internal/httpapi/orders.go"

_HANDLER = """package httpapi

import (
	"fmt"
	"net/http"

	"example.com/orders/internal/deps"
)

func readOrder(d *deps.Deps) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var total int64
		if err := %s.Scan(&total); err != nil {
			fail(w, r, fmt.Errorf("read the order: %%w", err))
			return
		}
		writeJSON(w, http.StatusOK, map[string]int64{"total": total})
	}
}
"""
_TEST = """package httpapi

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/orders/internal/config"
	"example.com/orders/internal/config/configtest"
	"example.com/orders/internal/deps"
)

func TestAnOrderThatCannotBeReadIsOurFault(t *testing.T) {
	cfg, err := config.Load(nil, configtest.Env, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	d, err := deps.Open(t.Context(), deps.NewCore(slog.New(slog.DiscardHandler), cfg.Now))
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	rec := httptest.NewRecorder()
	Routes(d).ServeHTTP(rec, httptest.NewRequestWithContext(gone, http.MethodGet, "/v1/orders/7", nil))
	if rec.Code != http.StatusInternalServerError || d.Close(t.Context()) != nil {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
}
"""


def add_database(repository: Path, driver: Driver) -> None:
    """Add a route that reads from a database whose address has to be said, and commit it."""
    flag = '\tfs.StringVar(&o.DatabaseURL, "database-url", "", "`URL` of the database"+Secret)\n'
    replace(
        repository / OWN,
        ("\tQuoteMaxLines int\n", "\tQuoteMaxLines int\n\tDatabaseURL   string\n"),
        ("func (o *Own) flags(fs *flag.FlagSet) {\n", "func (o *Own) flags(fs *flag.FlagSet) {\n" + flag),
        ("args ...any)) {\n", 'args ...any)) {\n\tcheck(o.DatabaseURL != "", "database-url is empty")\n'),
    )
    sample = f'"APP_DATABASE_URL": "{driver.url}",\n'
    replace(repository / TESTS, ('// "APP_DATABASE_URL": "postgres://localhost/test",\n', sample))
    replace(
        repository / DEPS,
        ('import "context"\n', f'import (\n\t"context"\n\t{driver.imports}\n)\n'),
        ("\tCore\n", f"\tCore\n\n\tDB {driver.pool}\n"),
        ("Open(_ context", "Open(ctx context"),
        ("{ return &Deps{core}, nil }", f"{{\n\tpool, err := {driver.opened}\n\treturn &Deps{{core, pool}}, err\n}}"),
        ("{ return nil }\n\n// Ready", f"{{\n\t{driver.closed}\n}}\n\n// Ready"),
    )
    route = '\tmux.Handle("GET /v1/orders/{id}", readOrder(d))\n'
    replace(repository / ROUTES, ("\treturn mux\n", f"{route}\treturn mux\n"))
    (repository / HANDLER).write_text(_HANDLER % driver.query)
    (repository / HANDLER.replace(".go", "_test.go")).write_text(_TEST)
    fetch(repository, driver)
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "A database")


def fetch(repository: Path, driver: Driver) -> None:
    """Have go.mod name the driver, as its owner does."""
    ok(go(repository, "get", f"{driver.module}@{driver.version}", GOFLAGS="-mod=mod"), "go get")
    tidy(repository)


def tidy(repository: Path) -> None:
    """Have go.mod and go.sum name what the code imports."""
    ok(go(repository, "mod", "tidy", GOFLAGS="-mod=mod"), "go mod tidy")
