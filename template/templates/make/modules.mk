<% if cookiecutter.go_sumdb %>
# Who vouches for the sums of modules, by the same rule.
export GOSUMDB ?= << cookiecutter.go_sumdb >>
<% endif %>
<% if cookiecutter.private_modules %>
# Modules that nobody else is asked for.
export GOPRIVATE ?= << cookiecutter.__private_modules >>
ARGS  += --build-arg GOPRIVATE
<% endif %>
<% if cookiecutter.__netrc or cookiecutter.__ssh_hosts %>
COMMA := ,
<% endif %>
<% if cookiecutter.__netrc %>
# Who we are to the hosts that modules come from: the build sees it, and no image has it.
NETRC ?= $(HOME)/.netrc
ARGS  += $(if $(wildcard $(NETRC)),--secret id=netrc$(COMMA)src=$(NETRC))
<% endif %>
<% if cookiecutter.__ssh_hosts %>
# The build asks the SSH agent, which keeps the keys, and knows hosts by the keys that this machine knows them by.
KNOWN_HOSTS ?= $(HOME)/.ssh/known_hosts
ARGS  += $(if $(SSH_AUTH_SOCK),--ssh default)
ARGS  += $(if $(wildcard $(KNOWN_HOSTS)),--secret id=known_hosts$(COMMA)src=$(KNOWN_HOSTS))
<% endif %>
