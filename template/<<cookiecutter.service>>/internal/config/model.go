package config

import (
	"errors"
	"flag"
)

// Model says which model the service works with, and whose.
type Model struct {
	ModelDir     string // where the versions are
	ModelKeys    string // of those who sign
	ModelVersion string // the wanted one

	InstallModel  string // copy the model in this folder to ModelDir and exit; a flag only
	RollbackModel bool   // go back to the version before and exit; a flag only
}

func (c *Model) flags(fs *flag.FlagSet) {
	fs.StringVar(&c.ModelDir, "model-dir", "", "`folder` of the model's versions; empty to work without a model")
	fs.StringVar(&c.ModelKeys, "model-keys", "", "public `keys` with commas, of whom a model must be signed by one")
	fs.StringVar(&c.ModelVersion, "model-version", "", "`version` to take if it is good; empty for the one installed last")
}

// commands adds the flags of what runs once, on a site's own box.
func (c *Model) commands(fs *flag.FlagSet) {
	fs.StringVar(&c.InstallModel, "install-model", "", "check the model in this `folder`, copy it to model-dir and exit")
	fs.BoolVar(&c.RollbackModel, "model-rollback", false, "go back to the version before this one and exit; needs no network")
}

func (c *Model) validate() error {
	switch {
	case c.ModelDir != "" && c.ModelKeys == "":
		return errors.New("model-keys is empty: anybody's model would do")
	case c.ModelDir == "" && (c.InstallModel != "" || c.RollbackModel):
		return errors.New("model-dir is empty")
	}
	return nil
}
