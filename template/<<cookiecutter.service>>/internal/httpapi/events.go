package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"<< cookiecutter.module >>/internal/function"
<% if cookiecutter.tracing %>
	"<< cookiecutter.module >>/internal/telemetry"
<% endif %>
)

// Receive takes CloudEvents 1.0 over HTTP, in binary and in structured mode, and answers with the reply.
//
// Whoever delivers them decides by the status: 4xx is for the dead letters at once, except 404, 408, 409 and 429,
// which are tried again, as is 5xx.
func Receive(fn *function.Function) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		event, err := readEvent(r)
		if err != nil {
			status, detail := refusal(err)
			refuse(w, r, status, detail, fmt.Errorf("no event: %w", err))
			return
		}
<% if cookiecutter.tracing %>
		ctx, end := telemetry.StartEvent(r.Context(), event.Type, event.Extensions)
		reply, err := fn.Handle(ctx, event)
		end(err)
<% else %>
		ctx := r.Context()
		reply, err := fn.Handle(ctx, event)
<% endif %>
		if err != nil {
			status := http.StatusServiceUnavailable
			if _, ok := errors.AsType[function.Permanent](err); ok {
				status = http.StatusUnprocessableEntity
			}
			refuse(w, r, status, err.Error(), fmt.Errorf("event %q of %q: %w", event.ID, event.Source, err))
			return
		}
		writeEvent(w, reply)
	}
}

// readEvent reads an event whose data is JSON.
func readEvent(r *http.Request) (function.Event, error) {
	kind, err := media(r)
	switch {
	case err != nil:
		return function.Event{}, err
	case kind == "application/cloudevents+json":
		return structured(r)
	case strings.HasPrefix(kind, "application/cloudevents"):
		return function.Event{}, fmt.Errorf("%w, and not a batch", errMedia)
	}
	return binary(r)
}

// binary reads an event whose attributes are headers and whose data is the body.
func binary(r *http.Request) (function.Event, error) {
	attributes := map[string]string{}
	for header := range r.Header {
		if name, ok := strings.CutPrefix(header, "Ce-"); ok {
			value, err := url.PathUnescape(r.Header.Get(header))
			if err != nil {
				return function.Event{}, fmt.Errorf("%s: %w", header, err)
			}
			attributes[strings.ToLower(name)] = value
		}
	}
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return function.Event{}, err
	}
	return eventOf(attributes, data)
}

// structured reads an event that is all in the body.
func structured(r *http.Request) (function.Event, error) {
	var members map[string]json.RawMessage
	if err := decode(r, &members); err != nil {
		return function.Event{}, err
	}
	data := []byte(members["data"])
	if encoded, ok := members["data_base64"]; ok {
		if err := json.Unmarshal(encoded, &data); err != nil { // a []byte is base64 in JSON
			return function.Event{}, fmt.Errorf("data_base64: %w", err)
		}
	}
	attributes := map[string]string{}
	for name, member := range members {
		if strings.HasPrefix(name, "data") && name != "dataschema" && name != "datacontenttype" {
			continue
		}
		var text string
		if json.Unmarshal(member, &text) != nil {
			text = string(member) // numbers and booleans are attributes too
		}
		attributes[name] = text
	}
	return eventOf(attributes, data)
}

func eventOf(attributes map[string]string, data []byte) (function.Event, error) {
	event := function.Event{
		ID: attributes["id"], Source: attributes["source"], Type: attributes["type"],
		Subject: attributes["subject"], Extensions: attributes, Data: data,
	}
	if version := attributes["specversion"]; version != "1.0" {
		return event, fmt.Errorf("specversion %q is not 1.0", version)
	}
	if event.ID == "" || event.Source == "" || event.Type == "" {
		return event, errors.New("an event needs an id, a source and a type")
	}
	for _, known := range []string{"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema"} {
		delete(event.Extensions, known)
	}
	return event, nil
}

// writeEvent answers with an event in binary mode.
func writeEvent(w http.ResponseWriter, event function.Event) {
	attributes := map[string]string{
		"specversion": "1.0", "id": event.ID, "source": event.Source, "type": event.Type, "subject": event.Subject,
	}
	maps.Copy(attributes, event.Extensions)
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		w.Header().Set("Ce-"+name, function.Escape(attributes[name]))
	}
	writeJSON(w, http.StatusOK, event.Data)
}
