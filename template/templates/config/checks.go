	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.Addr != "", "addr is empty")
	check(c.AdminAddr != "", "admin-addr is empty")
	check(c.PprofAddr == "" || isLoopback(c.PprofAddr),
		"pprof-addr %q is not a loopback IP and port: profiles show memory, reach them by port-forward", c.PprofAddr)
<% if cookiecutter.resources == "latency" %>
	check(c.CPURequest >= 0, "cpu-request %d is negative", c.CPURequest)
<% endif %>
	check(c.RequestTimeout > 0, "request-timeout %s is not positive", c.RequestTimeout)
	check(c.MaxHeaderBytes >= 4096, "max-header-bytes %d is below 4096, which is what one is read in", c.MaxHeaderBytes)
	check(c.MaxBodyBytes > 0, "max-body-bytes %d is not positive", c.MaxBodyBytes)
	check(c.MaxInFlight >= 0, "max-in-flight %d is negative", c.MaxInFlight)
	check(c.ShutdownDelay >= 0, "shutdown-delay %s is negative", c.ShutdownDelay)
	check(c.DrainTimeout >= c.RequestTimeout,
		"drain-timeout %s is below request-timeout %s: a shutdown would cut requests off", c.DrainTimeout, c.RequestTimeout)
	c.Own.validate(check)
