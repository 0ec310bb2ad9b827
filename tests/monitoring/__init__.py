"""The rendered alerts, dashboards and runbooks, against Prometheus' own tool and the service as it runs."""
