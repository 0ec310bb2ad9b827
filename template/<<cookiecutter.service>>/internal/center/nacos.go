package center

import (
	"context"
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
	set.StringVar(&p.Namespace, "center-namespace", "public", "`namespace` in Nacos, by its id")
	set.StringVar(&p.Group, "center-group", "DEFAULT_GROUP", "`group` in Nacos")
	set.StringVar(&p.DataID, "center-data-id", "<< cookiecutter.service >>.yaml", "`data id` in Nacos")
}

// poll is how often Nacos is asked: its HTTP API for clients has no call that waits for a change.
const poll = 2 * time.Second

// Nacos is the centre, over the HTTP API of Nacos 3. Its credentials are username and password.
type Nacos struct {
	settings Settings
	web      web
	token    string
}

// Open prepares the client and talks to nobody yet.
func (s Settings) Open() *Nacos { return &Nacos{settings: s, web: web{credentials: s.Credentials}} }

// Load reads the text. Where Nacos does not know the token any more, it logs in anew.
func (n *Nacos) Load(ctx context.Context) (map[string]string, error) {
	text, status, err := n.text(ctx)
	if err == nil && (status == http.StatusUnauthorized || status == http.StatusForbidden) {
		if err = n.login(ctx); err == nil {
			text, status, err = n.text(ctx)
		}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("nacos: %w", err)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return nil, fmt.Errorf("nacos: %d: the user may not read group %s", status, n.settings.Group)
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
	query := url.Values{"namespaceId": {place.Namespace}, "groupName": {place.Group}, "dataId": {place.DataID}}
	var answer struct {
		Message string
		Data    *struct{ Content string }
	}
	status, err = n.ask(ctx, http.MethodGet, "/nacos/v3/client/cs/config?"+query.Encode(), nil, &answer)
	switch {
	case err != nil || status != http.StatusOK:
		return "", status, err
	case answer.Data == nil: // deleted by mistake, more likely than on purpose
		return "", status, fmt.Errorf("%s in group %s: %s", place.DataID, place.Group, answer.Message)
	}
	return answer.Data.Content, status, nil
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
	var answer struct{ AccessToken string }
	n.token = ""
	form := url.Values{"username": {username}, "password": {password}}
	status, err := n.ask(ctx, http.MethodPost, "/nacos/v3/auth/user/login", form, &answer)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("%d: the user %q or the password is wrong", status, username)
	}
	n.token = answer.AccessToken
	return nil
}

func (n *Nacos) ask(ctx context.Context, method, path string, form url.Values, into any) (status int, err error) {
	address := strings.TrimSuffix(n.settings.Address, "/") + path
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
	return n.web.getJSON(req, into)
}
