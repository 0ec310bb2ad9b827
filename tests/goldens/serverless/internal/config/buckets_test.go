package config

import (
	"strings"
	"testing"
)

func TestEachBucketAndItsRegionAreSaid(t *testing.T) {
	cfg, err := load(t, "", nil, "-s3-region", "eu-1", "-s3-uploads", "up", "-s3-results", "down")
	if err != nil || cfg.S3Region != "eu-1" || cfg.Uploads != "up" || cfg.Results != "down" {
		t.Errorf("got %+v, %v", cfg, err)
	}
	if _, err := load(t, "", nil, "-s3-results", ""); err == nil || !strings.Contains(err.Error(), "need a bucket each") {
		t.Errorf("got %v", err)
	}
}
