# Targets for the image and the manifests, beside those of the project: make -f gocontainer.mk help
SHELL := /bin/sh
.DEFAULT_GOAL := help

<% include "make/builders.mk" %>

<% if cookiecutter.go_proxy %>
# Where modules come from, here and in the image, unless the environment names another place.
export GOPROXY ?= << cookiecutter.go_proxy >>
<% endif %>
<% include "make/modules.mk" %>
<% if cookiecutter.__deploys %>
# What names one image, and where its name stands.
REFERENCE := ^[a-z0-9][a-z0-9._/:-]*:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?$$
<% include "make/environments.mk" %>

<% endif %>
.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 16

.PHONY: image
image: ## build the image for this machine
	$(HAS_BUILDER)
	$(BUILD) --tag $(IMAGE) $(ARGS) .

.PHONY: push
push: ## build the image for every platform and push it
	$(HAS_BUILDER)
	$(call PUSH_$(BUILDER)$(BUILDX),$(IMAGE),$(ARGS))
<% if cookiecutter.__deploys %>

.PHONY: set-image
set-image: ## name the image that an environment runs: ENV=dev IMAGE=name:tag[@sha256:...]
	@test -f "deploy/overlays/$$ENV/image/kustomization.yaml" || { echo 'say ENV=name, one of: $(ENVIRONMENTS)' >&2; exit 2; }
<% include "make/set-image.mk" %>
	@case "$$IMAGE" in *@*) printf '%s\n' "$$PINNED" | tee -a $(DEPLOYED).new >/dev/null ;; esac
	@mv $(DEPLOYED).new $(DEPLOYED)

.PHONY: promote
promote: ## have prod run the image that dev runs; FROM=name and TO=name say others
	@for each in "$$FROM" "$$TO"; do test -f "deploy/overlays/$$each/image/kustomization.yaml" || \
	  { echo "$$each is no environment that names an image: $(ENVIRONMENTS)" >&2; exit 2; }; done
	@cp "deploy/overlays/$$FROM/image/kustomization.yaml" "deploy/overlays/$$TO/image/kustomization.yaml"

.PHONY: render
render: ## print the manifests of every environment
	@for each in deploy/overlays/*/kustomization.yaml; do echo ---; kubectl kustomize "$${each%/*}" || exit; done
<% endif %>
