package config

import "flag"

// Own are the settings of your own code. This file is yours: no update touches it.
type Own struct {
}

// flags names each key and its default. Hot in a usage: a config centre may change it at once; Secret: no file has it.
func (o *Own) flags(*flag.FlagSet) {}

// validate refuses what is wrong, or missing: then internal/config/configtest has a value for the tests.
func (o *Own) validate(func(ok bool, format string, args ...any)) {}
