package config

import "flag"

// Own are the settings of your own code. This file is yours: no update touches it.
type Own struct {
	QuoteMaxLines int
}

// flags names each key and its default. Hot in a usage: a config centre may change it at once; Secret: no file has it.
func (o *Own) flags(fs *flag.FlagSet) {
	fs.IntVar(&o.QuoteMaxLines, "quote-max-lines", 100, "most `lines` in one quote, 1 to 1000"+Hot)
}

// validate refuses what is wrong, or missing: then internal/config/configtest has a value for the tests.
func (o *Own) validate(check func(ok bool, format string, args ...any)) {
	check(o.QuoteMaxLines >= 1 && o.QuoteMaxLines <= 1000, "quote-max-lines %d is outside 1 to 1000", o.QuoteMaxLines)
}
