package function

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"

	"<< cookiecutter.module >>/internal/config"
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
	endpoint, region, results string
	longest                   int64 // result: it is told as an event, which may not be longer

	client *http.Client
	who    aws.CredentialsProvider
	signer *v4.Signer
}

func newStore(cfg config.Config) *store {
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		TLSHandshakeTimeout: 10 * time.Second,
		IdleConnTimeout:     90 * time.Second,
		MaxIdleConnsPerHost: cfg.MaxInFlight,
	}
	return &store{
		endpoint: strings.TrimSuffix(cfg.S3Endpoint, "/"), region: cfg.S3Region, results: cfg.Results, longest: cfg.MaxBodyBytes,
		client: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // the signature is for one host
		}},
		who: whoWeAre(os.Getenv),
		signer: v4.NewSigner(func(o *v4.SignerOptions) {
			o.DisableURIPathEscaping = true // S3 signs the path as it is sent
		}),
	}
}

<% if cookiecutter.__secret_files %>
// newest returns the keys that the secret files have at each request, or else those of another provider.
func newest(now func() *config.Config, other aws.CredentialsProvider) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		cfg := now()
		if cfg.S3AccessKeyID == "" {
			return other.Retrieve(ctx)
		}
		return aws.Credentials{AccessKeyID: cfg.S3AccessKeyID, SecretAccessKey: cfg.S3SecretAccessKey, SessionToken: cfg.S3SessionToken}, nil
	})
}

<% endif %>
// whoWeAre returns the keys in the environment, or else those that EKS Pod Identity hands out.
func whoWeAre(env func(string) string) aws.CredentialsProvider {
	uri := env("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	if env("AWS_ACCESS_KEY_ID") != "" || uri == "" {
		return credentials.NewStaticCredentialsProvider(
			env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY"), env("AWS_SESSION_TOKEN"))
	}
	return aws.NewCredentialsCache(endpointcreds.New(uri, func(o *endpointcreds.Options) {
		o.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
			token, err := os.ReadFile(env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
			return string(token), err
		})
	}))
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
	if int64(len(result)) > s.longest {
		return nil, permanent("a result of %d bytes, and max-body-bytes is %d", len(result), s.longest)
	}
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
	return io.ReadAll(io.LimitReader(object, s.longest))
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
	res, err := s.do(ctx, http.MethodGet, bucket, key, nil)
	if no, ok := errors.AsType[refusal](err); ok && no.Code == "NoSuchKey" {
		return nil, errAbsent
	}
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// create writes an object unless there is one, and reports whether it did: of several at once, one does.
func (s *store) create(ctx context.Context, key string, content []byte) (bool, error) {
	res, err := s.do(ctx, http.MethodPut, s.results, key, content)
	if no, ok := errors.AsType[refusal](err); ok && no.status == http.StatusPreconditionFailed {
		return false, nil
	}
	if err != nil { // also 409, which S3 says to the one of two at once that it cannot settle
		return false, err
	}
	return true, res.Body.Close()
}

// refusal is an answer that is not 200.
type refusal struct {
	status        int
	Code, Message string
}

func (r refusal) Error() string {
	return fmt.Sprintf("the storage answers %d: %s: %s", r.status, r.Code, r.Message)
}

// do sends one request; whoever delivers the event tries again. What it writes must not be there yet.
func (s *store) do(ctx context.Context, method, bucket, key string, content []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.endpoint+escape(bucket+"/"+key), bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	req.Header.Set("X-Amz-Content-Sha256", digest)
	if method == http.MethodPut {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("If-None-Match", "*")
	}
	who, err := s.who.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("who we are: %w", err)
	}
	if err := s.signer.SignHTTP(ctx, who, req, digest, "s3", s.region, time.Now()); err != nil {
		return nil, err
	}
	res, err := s.client.Do(req)
	if err != nil || res.StatusCode == http.StatusOK {
		return res, err
	}
	defer func() { _ = res.Body.Close() }()
	no := refusal{status: res.StatusCode}
	_ = xml.NewDecoder(io.LimitReader(res.Body, 64*1024)).Decode(&no) // what a proxy says has another form
	return nil, no
}

// escape returns a path as S3 signs it: of what URLs allow, only letters, digits and -._~ stay.
func escape(path string) string {
	var escaped strings.Builder
	for part := range strings.SplitSeq(path, "/") {
		escaped.WriteString("/" + strings.ReplaceAll(url.QueryEscape(part), "+", "%20"))
	}
	return escaped.String()
}
