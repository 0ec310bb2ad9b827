package function

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"example.com/orders/internal/config"
)

// errAbsent says that there is no such object.
var errAbsent = errors.New("no such object")

// store is what the function keeps in the results' bucket:
//
//	results/<key>/<event id>              the result, written once
//	attempts/<key>/<event id>/<replay>/<n>  an empty object for each attempt, to be expired by the bucket's lifecycle
//
// Attempts are counted there and before the work, since an event that kills the process leaves no other trace: neither
// memory nor the platform's count of retries survives. While the storage is away nothing is counted, so that its
// outage sends no event to the dead letters.
type store struct {
	client  func() (minio.Core, error)
	results string
}

func newStore(cfg config.Config) *store {
	return &store{results: cfg.Results, client: sync.OnceValues(func() (minio.Core, error) {
		endpoint, err := url.Parse(cfg.S3Endpoint)
		if err != nil {
			return minio.Core{}, err
		}
		client, err := minio.NewCore(endpoint.Host, &minio.Options{
			Creds:      credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.IAM{}}),
			Secure:     endpoint.Scheme == "https",
			Region:     cfg.S3Region,
			MaxRetries: 1, // whoever delivers the event tries again
		})
		if err != nil {
			return minio.Core{}, err
		}
		return *client, nil
	})}
}

// attempt counts one more attempt and returns its number, most+1 where that many have been.
func (s *store) attempt(ctx context.Context, name, replay string, most int) (int, error) {
	for n := 1; n <= most; n++ {
		mark := fmt.Sprintf("attempts/%s/%s/%d", name, url.PathEscape("r"+replay), n)
		if created, err := s.create(ctx, mark, nil); created || err != nil {
			return n, err
		}
	}
	return most + 1, nil
}

// keep stores a result unless there is one, and returns the one that is there.
func (s *store) keep(ctx context.Context, name string, result json.RawMessage) (json.RawMessage, error) {
	created, err := s.create(ctx, "results/"+name, result)
	if err != nil || created {
		return result, err
	}
	return s.result(ctx, name)
}

// result returns the result that is there, or errAbsent.
func (s *store) result(ctx context.Context, name string) (json.RawMessage, error) {
	object, err := s.get(ctx, s.results, "results/"+name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = object.Close() }()
	return io.ReadAll(object)
}

// open returns an upload. One that is not there will not come: the event tells of it after it was written.
func (s *store) open(ctx context.Context, up upload) (io.ReadCloser, error) {
	object, err := s.get(ctx, up.Bucket, up.Key)
	if errors.Is(err, errAbsent) {
		return nil, permanent("%s/%s: %w", up.Bucket, up.Key, err)
	}
	return object, err
}

func (s *store) get(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	client, err := s.client()
	if err != nil {
		return nil, err
	}
	object, _, _, err := client.GetObject(ctx, bucket, key, minio.GetObjectOptions{})
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return nil, errAbsent
	}
	return object, err
}

// create writes an object unless there is one, and reports whether it did: of several at once, one does.
func (s *store) create(ctx context.Context, key string, content []byte) (bool, error) {
	client, err := s.client()
	if err != nil {
		return false, err
	}
	options := minio.PutObjectOptions{ContentType: "application/json"}
	options.SetMatchETagExcept("*")
	_, err = client.Client.PutObject(ctx, s.results, key, bytes.NewReader(content), int64(len(content)), options)
	switch minio.ToErrorResponse(err).StatusCode {
	case http.StatusPreconditionFailed:
		return false, nil
	case http.StatusConflict: // S3 says so to the one of two at once that it cannot settle
		return false, fmt.Errorf("%s: written at once: %w", key, err)
	}
	return err == nil, err
}
