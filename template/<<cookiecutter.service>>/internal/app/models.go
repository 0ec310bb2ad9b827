package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"<< cookiecutter.module >>/internal/config"
	"<< cookiecutter.module >>/internal/httpapi"
	"<< cookiecutter.module >>/internal/model"
	"<< cookiecutter.module >>/internal/telemetry"
)

const look = 10 * time.Second // for another version: a rollback is a matter of minutes, and a look is one small read

// models keeps the service on the version of the model that this box should have, or the best that it has.
type models struct {
	store  *model.Store
	wanted string
	log    *slog.Logger
	tell   func(version string, fallback bool)
	fail   func()

	current atomic.Pointer[httpapi.Discounts]
	seen    string // what the store said when it was loaded
	failure string // that the log has already
}

// openModels loads a version and follows the store until ctx ends. Without a folder there is no model.
func openModels(ctx context.Context, cfg config.Model, metrics *telemetry.Metrics, log *slog.Logger) (*models, error) {
	if cfg.ModelDir == "" {
		return nil, nil
	}
	store, err := model.NewStore(cfg.ModelDir, cfg.ModelKeys, log)
	if err != nil {
		return nil, err
	}
	m := &models{store: store, wanted: cfg.ModelVersion, log: log}
	m.tell, m.fail = metrics.WatchModel()
	m.load()
	go m.follow(ctx)
	return m, nil
}

func (m *models) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(look):
			m.load()
		}
	}
}

// load takes another version if there is one, and says why where a better one is not taken. Where none is good, the one in
// memory goes on.
func (m *models) load() {
	now := m.store.Current()
	if m.current.Load() != nil && now == m.seen {
		return
	}
	var discounts *httpapi.Discounts
	got, err := m.store.Load(m.wanted, func(v *model.Model) (err error) {
		discounts, err = read(v)
		return err
	})
	fallback := err != nil
	if !fallback {
		m.failure = ""
	} else if m.fail(); err.Error() != m.failure {
		m.failure = err.Error()
		m.log.Error("model not taken", "error", err)
	}
	if got == nil {
		return
	}
	m.seen = now
	m.current.Store(discounts)
	m.tell(got.Version, fallback)
	m.log.Info("model in use", "version", got.Version, "digest", got.Digest, "wanted", m.wanted, "fallback", fallback)
}

// read is what makes a whole and signed version one that the service can use.
func read(v *model.Model) (*httpapi.Discounts, error) {
	data, err := v.ReadFile("discounts.json")
	if err != nil {
		return nil, err
	}
	return httpapi.ReadDiscounts(v.Version, data)
}

// missing says why requests should go elsewhere: there is no model.
func (m *models) missing() error {
	if m == nil || m.current.Load() != nil {
		return nil
	}
	return errors.New("no model that is whole and signed")
}

// ManageModel installs a version or goes back to the one before, whatever the settings ask for. Neither needs a network.
func ManageModel(cfg config.Model, out io.Writer) error {
	log := telemetry.NewLogger(out, slog.LevelInfo)
	store, err := model.NewStore(cfg.ModelDir, cfg.ModelKeys, log)
	if err != nil {
		return err
	}
	if cfg.RollbackModel {
		version, err := store.Rollback()
		if err == nil {
			log.Info("model rolled back", "version", version)
		}
		return err
	}
	err = store.Install(cfg.InstallModel, cfg.ModelVersion)
	if err == nil {
		log.Info("model installed")
		return nil
	}
	// An init container that fails would stop a site that has a good model.
	has, none := store.Load("", func(v *model.Model) error { _, err := read(v); return err })
	if has == nil {
		return errors.Join(err, none)
	}
	log.Error("model not installed, the site goes on with what it has", "error", err, "version", has.Version)
	return nil
}
