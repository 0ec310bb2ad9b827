package config

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
)

// Edge is what a site needs to go on while its link is down.
type Edge struct {
	Site string // its name

	Upstream   string // who gets the records
	QueueDir   string // where they wait for it
	QueueBytes int64
<% if cookiecutter.__model %>

	Model
<% endif %>
}

func (c *Edge) flags(fs *flag.FlagSet) {
	fs.StringVar(&c.Site, "site", "", "`name` of the site")
	fs.StringVar(&c.Upstream, "upstream", "", "`URL` that each answer is posted to, in order and at least once; empty while there is none")
	fs.StringVar(&c.QueueDir, "queue-dir", "", "`folder` for the answers that the upstream does not have; empty to record none")
	fs.Int64Var(&c.QueueBytes, "queue-bytes", 64*1024*1024, "most `bytes` in that folder; a full queue drops its oldest")
<% if cookiecutter.__model %>
	c.Model.flags(fs)
<% endif %>
}

func (c *Edge) validate() error {
	var errs []error
	if u, err := url.Parse(c.Upstream); c.Upstream != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		errs = append(errs, fmt.Errorf("upstream %q is not a URL of http or https", c.Upstream))
	}
	if c.Upstream != "" && c.QueueDir == "" {
		errs = append(errs, errors.New("queue-dir is empty: what the upstream does not take at once would be lost"))
	}
<% if cookiecutter.__model %>
	errs = append(errs, c.Model.validate())
<% endif %>
	return errors.Join(errs...)
}
