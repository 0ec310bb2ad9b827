// Command scorecard prints what Scorecard's checks of files say of each folder named: one JSON object, by folder and check.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/ossf/scorecard/v5/checker"
	"github.com/ossf/scorecard/v5/checks"
	"github.com/ossf/scorecard/v5/clients/localdir"
	"github.com/ossf/scorecard/v5/log"
)

// judged is what a check says of a folder.
type judged struct {
	Score    int      `json:"score"`
	Reason   string   `json:"reason"`
	Warnings []string `json:"warnings"`
}

func main() {
	answers := map[string]map[string]judged{}
	for _, folder := range os.Args[1:] {
		answer, err := judge(folder)
		if err != nil {
			fmt.Fprintln(os.Stderr, folder, err)
			os.Exit(1)
		}
		answers[folder] = answer
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// names are the checks that need nothing but files.
var names = []string{
	checks.CheckBinaryArtifacts, checks.CheckDangerousWorkflow, checks.CheckDependencyUpdateTool, checks.CheckFuzzing,
	checks.CheckLicense, checks.CheckPinnedDependencies, checks.CheckSAST, checks.CheckSecurityPolicy,
	checks.CheckTokenPermissions,
}

// judge runs them over a folder.
func judge(folder string) (map[string]judged, error) {
	repository, err := localdir.MakeLocalDirRepo(folder)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	client := localdir.CreateLocalDirClient(ctx, log.NewLogger(log.WarnLevel))
	if err := client.InitRepo(repository, "HEAD", 0); err != nil {
		return nil, err
	}
	answer := map[string]judged{}
	all := checks.GetAll()
	for _, name := range names {
		details := checker.NewLogger()
		result := all[name].Fn(&checker.CheckRequest{
			Ctx: ctx, RepoClient: client, Repo: repository, Dlogger: details, RawResults: &checker.RawResults{},
		})
		if result.Error != nil {
			return nil, fmt.Errorf("%s: %w", name, result.Error)
		}
		answer[name] = judged{Score: result.Score, Reason: result.Reason, Warnings: warnings(details.Flush())}
	}
	return answer, nil
}

// warnings keeps of a check's details what takes points.
func warnings(details []checker.CheckDetail) []string {
	lines := []string{}
	for _, detail := range details {
		if detail.Type == checker.DetailWarn {
			lines = append(lines, fmt.Sprintf("%s:%d: %s", detail.Msg.Path, detail.Msg.Offset, detail.Msg.Text))
		}
	}
	return lines
}
