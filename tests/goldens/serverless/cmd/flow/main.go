// Command flow tries the function out on this machine: an object storage over a folder, the function, and an upload of
// which it is told as the platform would tell it. `make run-flow` builds what it starts.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	uploads = "orders-uploads"
	results = "orders-results"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` of the function")
	admin := flag.String("admin-addr", "127.0.0.1:8081", "`address` of its probes")
	storage := flag.String("storage-addr", "127.0.0.1:7070", "`address` of the storage")
	file := flag.String("file", "README.md", "text `file` to upload")
	flag.Parse()
	folder, err := os.MkdirTemp("", "flow-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	for _, bucket := range []string{uploads, results} {
		if err := os.Mkdir(filepath.Join(folder, bucket), 0o700); err != nil {
			return err
		}
	}
	ctx, fail := context.WithCancelCause(ctx)
	var started sync.WaitGroup
	defer started.Wait()
	defer fail(nil)
	start := func(name string, args ...string) {
		started.Go(func() { fail(program(ctx, name, args...)) })
	}
	start("bin/versitygw", "--quiet", "--port", *storage, "posix", folder)
	start("bin/function", "-addr", *addr, "-admin-addr", *admin, "-pprof-addr", "", "-log-level", "warn",
		"-shutdown-delay", "0s", "-s3-endpoint", "http://"+*storage)

	if err := upload(folder, *file); err != nil {
		return err
	}
	if err := deliver(ctx, "http://"+*addr, "1", filepath.Base(*file)); err != nil {
		return err
	}
	fmt.Printf("\nThe storage is %s. Put a text into %s and tell of it, or send the same event again:\n\n", folder, filepath.Join(folder, uploads))
	fmt.Printf("  curl -i http://%s -H 'Content-Type: application/json' -H 'Ce-Specversion: 1.0' -H 'Ce-Id: 1' \\\n", *addr)
	fmt.Printf("    -H 'Ce-Source: /me' -H 'Ce-Type: upload.created' -d '{\"bucket\":\"%s\",\"key\":\"%s\"}'\n\nCtrl-C ends it.\n", uploads, filepath.Base(*file))
	<-ctx.Done()
	return context.Cause(ctx)
}

// program runs a program until ctx ends, and then asks it to stop.
func program(ctx context.Context, name string, args ...string) error {
	fmt.Println("start", name)
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // our own two programs
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 30 * time.Second
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY=flow", "ROOT_SECRET_KEY=flow-secret", "AWS_ACCESS_KEY_ID=flow", "AWS_SECRET_ACCESS_KEY=flow-secret")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s has ended: %w", name, err)
	}
	return fmt.Errorf("%s has ended", name)
}

// upload puts a file where the storage has the objects of a bucket.
func upload(folder, file string) error {
	content, err := os.ReadFile(file) //nolint:gosec // whoever runs this names it
	if err != nil {
		return err
	}
	fmt.Println("upload", file)
	return os.WriteFile(filepath.Join(folder, uploads, filepath.Base(file)), content, 0o600) //nolint:gosec // as above
}

// deliver sends an event until it has an outcome, and prints the answer. What is no answer and 503 are tried again.
func deliver(ctx context.Context, url, id, key string) error {
	data, err := json.Marshal(map[string]string{"bucket": uploads, "key": key})
	if err != nil {
		return err
	}
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(string(data)))
		if err != nil {
			return err
		}
		req.Header = http.Header{
			"Content-Type": {"application/json"}, "Ce-Specversion": {"1.0"}, "Ce-Id": {id}, "Ce-Source": {"/flow"}, "Ce-Type": {"upload.created"},
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil && res.StatusCode < http.StatusInternalServerError {
			return show(res)
		}
		if err == nil {
			_ = res.Body.Close()
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// show prints the event that answers.
func show(res *http.Response) error {
	defer func() { _ = res.Body.Close() }()
	fmt.Println("\n" + res.Status)
	for _, name := range slices.Sorted(maps.Keys(res.Header)) {
		if strings.HasPrefix(name, "Ce-") {
			fmt.Printf("%s: %s\n", name, res.Header.Get(name))
		}
	}
	_, err := io.Copy(os.Stdout, res.Body)
	return err
}
