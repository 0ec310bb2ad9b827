// Command sites writes the manifests of all sites and brings releases to them, wave by wave.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"

	"<< cookiecutter.module >>/internal/sites"
)

const usage = `usage: sites COMMAND

  render        write the manifests from deploy/sites.yaml and deploy/edge
  check         say what was edited by hand or is not written anew
  image NAME    name the image of the next release
  model NAME    name the model of the next release
  wave N        bring the release to a wave; -ok=yes where a person is the gate
  status        say which sites have what their wave should have
  rollback N    put a wave back to what it had before`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	ok := flags.String("ok", "", "yes: a person lets the wave begin")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	tool := sites.Tool{Dir: ".", Out: os.Stdout, Kubectl: sites.Kubectl}
	switch args[0] {
	case "render":
		return tool.Render(ctx)
	case "check":
		return tool.Check(ctx)
	case "image", "model":
		return tool.Release(ctx, args[0], flags.Arg(0))
	case "wave":
		return numbered(flags.Arg(0), func(n int) error { return tool.Wave(ctx, n, *ok == "yes") })
	case "status":
		return tool.Status(ctx)
	case "rollback":
		return numbered(flags.Arg(0), func(n int) error { return tool.Rollback(ctx, n) })
	}
	return errors.New(usage)
}

func numbered(text string, do func(int) error) error {
	n, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("%q is not the number of a wave: say N=2", text)
	}
	return do(n)
}
