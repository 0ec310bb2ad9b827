-- Sends a small basket and says at the end, as one line of JSON, what came of it.

wrk.method = "POST"
wrk.body = '{"lines":[{"sku":"tea","quantity":2,"unit_price":350}]}'
wrk.headers["Content-Type"] = "application/json"

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "errors": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
