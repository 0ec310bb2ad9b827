package center

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Place is where in Nacos the values are: one text, a flat YAML mapping.
type Place struct {
	Namespace, Group, DataID string
}

func (p *Place) flags(set *flag.FlagSet) {
	set.StringVar(&p.Namespace, "center-namespace", "public", "`namespace` in Nacos, by its id; public is that without one")
	set.StringVar(&p.Group, "center-group", "DEFAULT_GROUP", "`group` in Nacos")
	set.StringVar(&p.DataID, "center-data-id", "<< cookiecutter.service >>.yaml", "`data id` in Nacos")
}

// poll is how often Nacos is asked. Its call that waits for a change is asked anew each ten seconds, and after a
// deletion without a break.
const poll = 2 * time.Second

// Nacos is the centre, over version 1 of its HTTP API, which Nacos 2 and 3 answer. Its credentials are username and
// password.
type Nacos struct {
	settings Settings
	web      web
	token    string
}

// Open prepares the client and talks to nobody yet.
func (s Settings) Open() *Nacos {
	return &Nacos{settings: s, web: web{credentials: s.Credentials, servers: s.servers()}}
}

// Load reads the text. Where Nacos does not know the token any more, it logs in anew.
func (n *Nacos) Load(ctx context.Context) (map[string]string, error) {
	text, status, err := n.text(ctx)
	if err == nil && (status == http.StatusUnauthorized || status == http.StatusForbidden) {
		if err = n.login(ctx); err == nil {
			text, status, err = n.text(ctx)
		}
	}
	place := n.settings.Place
	switch {
	case err != nil:
		return nil, fmt.Errorf("nacos: %w", err)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return nil, fmt.Errorf("nacos: %d: the user may not read group %s", status, place.Group)
	case status == http.StatusNotFound: // deleted by mistake, more likely than on purpose
		return nil, fmt.Errorf("nacos: there is no %s in group %s of namespace %q", place.DataID, place.Group, place.Namespace)
	case status == http.StatusGone:
		return nil, errors.New("nacos: 410: version 1 of its API is turned off there, by nacos.core.api.compatibility.client.enabled")
	case status != http.StatusOK:
		return nil, fmt.Errorf("nacos: %d %s", status, http.StatusText(status))
	}
	var values map[string]string
	if yaml.Unmarshal([]byte(text), &values) != nil {
		return nil, &Malformed{n.settings.DataID, text}
	}
	return values, nil
}

// Wait returns when it is time to look again.
func (n *Nacos) Wait(ctx context.Context) error {
	sleep(ctx, poll)
	return nil
}

// text reads the text as it is in Nacos.
func (n *Nacos) text(ctx context.Context) (text string, status int, err error) {
	place := n.settings.Place
	query := url.Values{"group": {place.Group}, "dataId": {place.DataID}}
	if place.Namespace != "public" && place.Namespace != "" { // which has an id of its own since Nacos 3, and none before
		query.Set("tenant", place.Namespace)
	}
	body, status, err := n.ask(ctx, http.MethodGet, "/nacos/v1/cs/configs?"+query.Encode(), nil)
	return string(body), status, err
}

// login asks for a token.
func (n *Nacos) login(ctx context.Context) error {
	username, err1 := n.settings.Credentials.read("username")
	password, err2 := n.settings.Credentials.read("password")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if username == "" {
		return errors.New("it wants a user, and there is no file username in center-credentials")
	}
	n.token = ""
	form := url.Values{"username": {username}, "password": {password}}
	text, status, err := n.ask(ctx, http.MethodPost, "/nacos/v1/auth/login", form)
	if err != nil && strings.Contains(err.Error(), "malformed HTTP status code") {
		status, err = 0, nil // how Nacos 2 refuses
	}
	if err != nil {
		return err
	}
	var answer struct{ AccessToken string }
	if status != http.StatusOK || json.Unmarshal(text, &answer) != nil {
		return fmt.Errorf("%d: the user %q or the password is wrong, or is not known yet", status, username)
	}
	n.token = answer.AccessToken
	return nil
}

// ask sends a request to a server that answers.
func (n *Nacos) ask(ctx context.Context, method, path string, form url.Values) (text []byte, status int, err error) {
	status, err = n.web.from(func(server string) (int, error) {
		address := strings.TrimSuffix(server, "/nacos") + path // which other clients have in the address
		req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
		if err != nil {
			return 0, err
		}
		if form != nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if n.token != "" {
			req.Header.Set("accessToken", n.token) // a header: an address may be logged on its way
		}
		var code int
		text, code, err = n.web.get(req)
		return code, err
	})
	return text, status, err
}
