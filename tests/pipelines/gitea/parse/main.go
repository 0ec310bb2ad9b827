// Command gitea prints what Gitea's own parser says of each workflow that is named, one finding a line.
package main

import (
	"errors"
	"fmt"
	"os"

	"code.gitea.io/gitea/modules/actions/jobparser"
)

func main() {
	for _, path := range os.Args[1:] {
		source, err := os.ReadFile(path)
		if err == nil {
			err = check(source)
		}
		if err != nil {
			fmt.Printf("%s:1: %v\n", path, err)
		}
	}
}

// check does what Gitea does with a workflow that is pushed: it reads its events, then each of its jobs.
func check(source []byte) error {
	jobs, err := jobparser.Parse(source)
	if err != nil {
		return err
	}
	if len(jobs) == 0 {
		return errors.New("it has no job")
	}
	events, err := jobparser.ParseRawOn(&jobs[0].RawOn)
	if err != nil {
		return err
	}
	if len(events) == 0 {
		return errors.New("nothing starts it")
	}
	known := map[string]bool{}
	for _, each := range jobs {
		id, _ := each.Job()
		known[id] = true
	}
	for _, each := range jobs {
		id, job := each.Job()
		if len(job.RunsOn()) == 0 || job.RunsOn()[0] == "" {
			return fmt.Errorf("no runner takes the job %s", id)
		}
		for _, needed := range job.Needs() {
			if !known[needed] {
				return fmt.Errorf("the job %s waits for %s, which there is not", id, needed)
			}
		}
	}
	return nil
}
