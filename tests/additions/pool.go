package deps

import (
	"context"
	"database/sql"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5/pgxpool"
)

// openPool opens the pool, whose spans say how long a request waited for a connection and for each statement.
func openPool(ctx context.Context, core Core) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(core.Settings().DatabaseURL)
	if err != nil {
		return nil, err
	}
	cfg.ConnConfig.Tracer = otelpgx.NewTracer()
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	core.WatchPool("orders", func() sql.DBStats {
		now := pool.Stat()
		return sql.DBStats{
			MaxOpenConnections: int(now.MaxConns()),
			InUse:              int(now.AcquiredConns()),
			Idle:               int(now.IdleConns()),
			WaitCount:          now.EmptyAcquireCount() + now.CanceledAcquireCount(),
			WaitDuration:       now.EmptyAcquireWaitTime(),
		}
	})
	return pool, nil
}
