package center

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"<< cookiecutter.module >>/internal/memory"
)

// Place is where in etcd the values are: below a prefix, one key each.
type Place struct {
	Prefix string
}

func (p *Place) flags(set *flag.FlagSet) {
	set.StringVar(&p.Prefix, "center-prefix", "/<< cookiecutter.service >>/", "`prefix` of the keys in etcd")
}

// confirm is how long etcd may say nothing until it is asked: a broken connection would look the same.
const confirm = 10 * time.Second

// Etcd is the centre. Its address may be several, joined by commas; credentials are username and password.
type Etcd struct {
	settings Settings
	client   *clientv3.Client
	revision int64 // of what was loaded last
}

// Open prepares the client and talks to nobody yet.
func (s Settings) Open() *Etcd { return &Etcd{settings: s} }

// Load reads every key below the prefix. After a failure it logs in anew.
func (e *Etcd) Load(ctx context.Context) (map[string]string, error) {
	values, err := e.load(ctx)
	if err != nil && e.client != nil {
		_ = e.client.Close()
		e.client = nil
	}
	if err != nil {
		return nil, fmt.Errorf("etcd: %w", err)
	}
	return values, nil
}

func (e *Etcd) load(ctx context.Context) (map[string]string, error) {
	if e.client == nil {
		if err := e.dial(); err != nil {
			return nil, err
		}
	}
	found, err := e.client.Get(ctx, e.settings.Prefix, clientv3.WithPrefix())
	if err != nil {
		return nil, err
	}
	if len(found.Kvs) == 0 {
		return nil, fmt.Errorf("no key below %s", e.settings.Prefix)
	}
	values := map[string]string{}
	for _, pair := range found.Kvs {
		values[strings.TrimPrefix(string(pair.Key), e.settings.Prefix)] = string(pair.Value)
	}
	e.revision = found.Header.Revision
	return values, nil
}

// Wait returns when a key changes after what was loaded, or when it is time to confirm.
func (e *Etcd) Wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(clientv3.WithRequireLeader(ctx), confirm)
	defer cancel()
	for answer := range e.client.Watch(ctx, e.settings.Prefix, clientv3.WithPrefix(), clientv3.WithRev(e.revision+1)) {
		if err := answer.Err(); err != nil && ctx.Err() == nil {
			return fmt.Errorf("etcd: %w", err)
		}
		if len(answer.Events) > 0 {
			return nil
		}
	}
	return nil
}

// dial makes a client, which logs in where there is a password.
func (e *Etcd) dial() error {
	secured, err := e.settings.Credentials.tls()
	username, err1 := e.settings.Credentials.read("username")
	password, err2 := e.settings.Credentials.read("password")
	if err = errors.Join(err, err1, err2); err != nil {
		return err
	}
	e.client, err = clientv3.New(clientv3.Config{
		Endpoints:          e.settings.servers(),
		DialTimeout:        e.settings.Timeout,
		DialOptions:        []grpc.DialOption{grpc.WithChainUnaryInterceptor(impatient)},
		MaxUnaryRetries:    2, // the second with a new token
		MaxCallRecvMsgSize: int(memory.Settings()),
		Username:           username,
		Password:           password,
		TLS:                secured,
		Logger:             zap.NewNop(), // what fails is returned
	})
	return err
}

// impatient returns why no server can be reached. The client itself waits for one, and then says only that it waited.
func impatient(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	return invoke(ctx, method, req, reply, conn, append(options, grpc.WaitForReady(false))...)
}
