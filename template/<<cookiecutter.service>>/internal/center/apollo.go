package center

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- Apollo's signature
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Place is what of Apollo is read. A gray release knows an instance by its IP or its label.
type Place struct {
	AppID, Cluster, Namespaces, IP, Label string
}

func (p *Place) flags(set *flag.FlagSet) {
	set.StringVar(&p.AppID, "center-app-id", "<< cookiecutter.service >>", "`id` of the application in Apollo")
	set.StringVar(&p.Cluster, "center-cluster", "default", "`cluster` in Apollo")
	set.StringVar(&p.Namespaces, "center-namespaces", "application", "`namespaces` in Apollo with commas, the first wins")
	set.StringVar(&p.IP, "center-ip", "", "this instance's `IP`, for a gray release")
	set.StringVar(&p.Label, "center-label", "", "this instance's `label`, for a gray release")
}

// longPoll is how long a question for changes may take: Apollo says that there is none after 60 s.
const longPoll = 90 * time.Second

// Apollo is the centre, over its HTTP API. Its credential is the file secret, an access key.
type Apollo struct {
	settings Settings
	web      web
	releases map[string]*release // by namespace
}

// release is the newest state of a namespace that is known.
type release struct {
	Configurations map[string]string
	ReleaseKey     string

	notification int64
	messages     json.RawMessage // for a server whose cache may lag
}

// Open prepares the client and talks to nobody yet.
func (s Settings) Open() *Apollo {
	a := &Apollo{settings: s, web: web{credentials: s.Credentials, servers: s.servers()}, releases: map[string]*release{}}
	for _, namespace := range strings.Split(s.Namespaces, ",") {
		a.releases[namespace] = &release{notification: -1}
	}
	return a
}

// Load reads every namespace, those that did not change without their values.
func (a *Apollo) Load(ctx context.Context) (map[string]string, error) {
	values := map[string]string{}
	for _, namespace := range slices.Backward(strings.Split(a.settings.Namespaces, ",")) {
		known := a.releases[namespace]
		query := url.Values{"releaseKey": {known.ReleaseKey}, "ip": {a.settings.IP}, "label": {a.settings.Label}}
		if len(known.messages) > 0 {
			query.Set("messages", string(known.messages))
		}
		path := "/configs/" + url.PathEscape(a.settings.AppID) + "/" + url.PathEscape(a.settings.Cluster) + "/" + url.PathEscape(namespace)
		fresh := release{notification: known.notification, messages: known.messages}
		changed, err := a.get(ctx, path, query, &fresh)
		if err != nil {
			return nil, fmt.Errorf("apollo: namespace %s: %w", namespace, err)
		}
		if changed {
			*known = fresh
		}
		own := known.Configurations
		if strings.HasSuffix(namespace, ".yaml") || strings.HasSuffix(namespace, ".yml") {
			text := own["content"]
			own = nil
			if yaml.Unmarshal([]byte(text), &own) != nil {
				return nil, &Malformed{namespace, text}
			}
		}
		maps.Copy(values, own)
	}
	return values, nil
}

// Wait asks to be told of a change, for at most a minute and a half.
func (a *Apollo) Wait(ctx context.Context) error {
	type notification struct {
		NamespaceName  string          `json:"namespaceName"`
		NotificationID int64           `json:"notificationId"`
		Messages       json.RawMessage `json:"messages,omitempty"`
	}
	var known, news []notification
	for namespace, release := range a.releases {
		known = append(known, notification{NamespaceName: namespace, NotificationID: release.notification})
	}
	asked, err := json.Marshal(known)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, longPoll)
	defer cancel()
	query := url.Values{"appId": {a.settings.AppID}, "cluster": {a.settings.Cluster}, "notifications": {string(asked)}, "ip": {a.settings.IP}, "label": {a.settings.Label}}
	if _, err := a.get(ctx, "/notifications/v2", query, &news); err != nil {
		return fmt.Errorf("apollo: notifications: %w", err)
	}
	for _, each := range news {
		for namespace, release := range a.releases {
			if strings.EqualFold(strings.TrimSuffix(namespace, ".properties"), each.NamespaceName) {
				release.notification, release.messages = each.NotificationID, each.Messages
			}
		}
	}
	return nil
}

// get reads JSON; false means that nothing has changed.
func (a *Apollo) get(ctx context.Context, path string, query url.Values, into any) (changed bool, err error) {
	maps.DeleteFunc(query, func(_ string, values []string) bool { return values[0] == "" })
	status, err := a.web.from(func(server string) (int, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, server+path+"?"+query.Encode(), nil)
		if err != nil {
			return 0, err
		}
		if err := a.sign(req); err != nil {
			return 0, err
		}
		return a.web.getJSON(req, into)
	})
	switch {
	case err != nil:
		return false, err
	case status == http.StatusUnauthorized:
		return false, errors.New("401: the access key is wrong or missing, or this clock is off")
	case status != http.StatusOK && status != http.StatusNotModified:
		return false, fmt.Errorf("%d %s", status, http.StatusText(status))
	}
	return status == http.StatusOK, nil
}

// sign adds Apollo's signature where there is an access key: HMAC-SHA1 over the time and the path.
func (a *Apollo) sign(req *http.Request) error {
	key, err := a.settings.Credentials.read("secret")
	if err != nil || key == "" {
		return err
	}
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	mac := hmac.New(sha1.New, []byte(key))
	_, _ = io.WriteString(mac, now+"\n"+req.URL.RequestURI())
	req.Header.Set("Timestamp", now)
	req.Header.Set("Authorization", "Apollo "+a.settings.AppID+":"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return nil
}

// getJSON sends a request and decodes the answer where its status is 200.
func (w *web) getJSON(req *http.Request, into any) (status int, err error) {
	text, status, err := w.get(req)
	if err != nil || status != http.StatusOK {
		return status, err
	}
	if json.Unmarshal(text, into) != nil { // its error could show values
		return 0, errors.New("the answer is not the JSON that was expected")
	}
	return status, nil
}
