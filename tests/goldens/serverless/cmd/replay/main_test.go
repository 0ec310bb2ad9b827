package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestDeadLetterBecomesAFreshEvent(t *testing.T) {
	dead := &kgo.Record{Key: []byte("k"), Value: []byte("{}"), Headers: []kgo.RecordHeader{
		{Key: "ce_id", Value: []byte("1")}, {Key: "ce_replay", Value: []byte("1")}, {Key: "content-type", Value: []byte("application/json")},
		{Key: "error-code", Value: []byte("422")}, {Key: "ce_knativeerrorcode", Value: []byte("422")},
	}}
	fresh, err := renew(dead, "uploads")
	if want := "[[ce_id 1] [content-type application/json] [ce_replay 2]]"; err != nil || headers(fresh) != want ||
		fresh.Topic != "uploads" || string(fresh.Key) != "k" || string(fresh.Value) != "{}" {
		t.Errorf("got %v, %v", fresh, err)
	}
}

func TestDeadLetterInOnePieceToo(t *testing.T) {
	structured := []kgo.RecordHeader{{Key: "content-type", Value: []byte("application/cloudevents+json; charset=UTF-8")}}
	dead := &kgo.Record{Headers: structured, Value: []byte(`{"id":"1","data":{"key":"a"},"knativeerrordata":"gone"}`)}
	fresh, err := renew(dead, "uploads")
	if err != nil || headers(fresh) != headers(dead) {
		t.Fatalf("got %v, %v", fresh, err)
	}
	var got map[string]any
	if err := json.Unmarshal(fresh.Value, &got); err != nil || fmt.Sprint(got) != "map[data:map[key:a] id:1 replay:1]" {
		t.Errorf("got %s, %v", fresh.Value, err)
	}
	if _, err := renew(&kgo.Record{Headers: structured, Value: []byte("?")}, "uploads"); err == nil {
		t.Error("nonsense is replayed")
	}
}

func headers(record *kgo.Record) string {
	pairs := make([][2]string, len(record.Headers))
	for i, header := range record.Headers {
		pairs[i] = [2]string{header.Key, string(header.Value)}
	}
	return fmt.Sprint(pairs)
}
