package center

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Place is where in Consul the values are: one key, whose text is a flat YAML mapping.
type Place struct {
	Key string
}

func (p *Place) flags(set *flag.FlagSet) {
	set.StringVar(&p.Key, "center-key", "<< cookiecutter.service >>/settings", "`key` in Consul")
}

// Consul is the centre, over its HTTP API. Its credential is token.
type Consul struct {
	settings Settings
	web      web
	index    uint64
}

// Open prepares the client and talks to nobody yet.
func (s Settings) Open() *Consul { return &Consul{settings: s, web: web{credentials: s.Credentials}} }

// Load reads the text.
func (c *Consul) Load(ctx context.Context) (map[string]string, error) {
	pairs, err := c.pairs(ctx, url.Values{})
	if err != nil {
		return nil, fmt.Errorf("consul: %w", err)
	}
	var values map[string]string
	if yaml.Unmarshal(pairs[0].Value, &values) != nil {
		return nil, &Malformed{c.settings.Key, string(pairs[0].Value)}
	}
	c.index = pairs[0].ModifyIndex
	return values, nil
}

// Wait asks for what is newer than the last answer, for at most a minute.
func (c *Consul) Wait(ctx context.Context) error {
	if _, err := c.pairs(ctx, url.Values{"index": {strconv.FormatUint(c.index, 10)}, "wait": {"1m"}}); err != nil {
		return fmt.Errorf("consul: %w", err)
	}
	return nil
}

type pair struct {
	Value       []byte
	ModifyIndex uint64
}

func (c *Consul) pairs(ctx context.Context, query url.Values) ([]pair, error) {
	address := strings.TrimSuffix(c.settings.Address, "/") + "/v1/kv/" + c.settings.Key + "?" + query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	token, err := c.settings.Credentials.read("token")
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Consul-Token", token)
	text, status, err := c.web.get(req)
	var pairs []pair
	switch {
	case err != nil:
		return nil, err
	case status != http.StatusOK:
		return nil, fmt.Errorf("%d %s", status, http.StatusText(status))
	case json.Unmarshal(text, &pairs) != nil:
		return nil, errors.New("the answer is not the JSON that was expected")
	case len(pairs) == 0:
		return nil, errors.New("the key has no value")
	}
	return pairs, nil
}
