package sites

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ask returns an error unless the query finds something, and nothing that is zero. Who finds nothing knows nothing:
// the series may be absent because no site reports.
func (g Gate) ask(ctx context.Context, sites []string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	query := strings.ReplaceAll(g.Query, "$sites", strings.Join(sites, "|"))
	where := strings.TrimSuffix(g.Prometheus, "/") + "/api/v1/query?" + url.Values{"query": {query}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("the gate does not answer: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Status, Error string
		Data          struct {
			ResultType string
			Result     json.RawMessage
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return fmt.Errorf("the gate answers %s and no JSON: %w", response.Status, err)
	}
	if answer.Status != "success" {
		return fmt.Errorf("the gate refuses the query: %s", answer.Error)
	}
	return verdict(answer.Data.ResultType, answer.Data.Result)
}

func verdict(kind string, result []byte) error {
	var samples []struct{ Value []any }
	if kind != "vector" {
		return fmt.Errorf("the gate's query gives a %s: compare a metric with a number", kind)
	}
	if err := json.Unmarshal(result, &samples); err != nil {
		return fmt.Errorf("the gate's answer is no vector: %w", err)
	}
	if len(samples) == 0 {
		return errors.New("the gate says no: the query finds nothing")
	}
	for _, sample := range samples {
		if len(sample.Value) != 2 {
			return errors.New("the gate's answer has a sample without a value")
		}
		if number, err := strconv.ParseFloat(fmt.Sprint(sample.Value[1]), 64); err != nil || !(number < 0 || number > 0) {
			return fmt.Errorf("the gate says no: the query finds %v", sample.Value[1])
		}
	}
	return nil
}
