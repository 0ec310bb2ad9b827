// Package configtest has what tests must say to get any settings. This file is yours: no update touches it.
package configtest

// Env is the environment that the tests run in: a setting of yours that must be said has its value here.
func Env(name string) (value string, ok bool) {
	value, ok = map[string]string{
		// "APP_DATABASE_URL": "postgres://localhost/test",
	}[name]
	return value, ok
}
