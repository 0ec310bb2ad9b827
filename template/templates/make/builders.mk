VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
REVISION  ?= $(shell git rev-parse --verify --quiet HEAD 2>/dev/null || echo unknown)
# The tag of an image has fewer signs than one of git: v1.2.0+b1 becomes v1.2.0-b1, and release/1 release-1.
TAG        = $(shell printf %s '$(subst ','\'',$(VERSION))' | sed 's/[^A-Za-z0-9_.-]/-/g; s/^[.-]/_/' | cut -c 1-128)
IMAGE     ?= << cookiecutter.image >>:$(TAG)
PLATFORMS := << cookiecutter.platforms >>
export IMAGE VERSION REVISION

# What builds images: BUILDER, or the first of these that is here; docker comes last where it has no buildx.
BY_BUILDX  = $(shell docker buildx version >/dev/null 2>&1 && echo docker)
FOUND      = $(foreach each,$(BY_BUILDX) podman buildah nerdctl docker,$(shell command -v $(each) 2>/dev/null))
BUILDER   ?= $(notdir $(firstword $(FOUND)))
BUILDX     = $(if $(filter docker,$(BUILDER)),$(BY_BUILDX:docker=-buildx))
# What the build is told: a name alone is taken from the environment, and Go's settings are those of this machine.
GO_ARGS   := --build-arg GOPROXY="$$(go env GOPROXY)" --build-arg GOSUMDB="$$(go env GOSUMDB)"
ARGS       = --build-arg VERSION --build-arg REVISION $(GO_ARGS)

# How each of them builds for this machine. Only Docker's format has a HEALTHCHECK.
BUILD_docker-buildx := docker buildx build --load
BUILD_docker        := DOCKER_BUILDKIT=1 docker build
BUILD_podman        := podman build --format docker
BUILD_buildah       := buildah build --format docker
BUILD_nerdctl       := nerdctl build
BUILD                = $(BUILD_$(BUILDER)$(BUILDX))
NO_BUILDER           = nothing here builds images: install docker, podman, buildah or nerdctl, or name it as BUILDER
HAS_BUILDER          = @$(if $(BUILD),:,echo '$(NO_BUILDER)' >&2; exit 1)

# How each of them builds for every platform and pushes: $(1) is the image, $(2) what the build is told.
PUSH_docker-buildx = docker buildx build --push --platform $(PLATFORMS) --tag $(1) $(2) .
PUSH_docker        = $(BUILD) --platform $(PLATFORMS) --tag $(1) $(2) . && docker push $(1)
# Older ones of the next two have to be told where the compiler runs.
PUSH_podman        = $(BUILDER) manifest rm $(LIST) >/dev/null 2>&1; $(BUILD) --platform $(PLATFORMS) \
  --build-arg BUILDPLATFORM="linux/$$(go env GOHOSTARCH)" --manifest $(LIST) $(2) . && \
  $(BUILDER) manifest push --all $(PUSH_FLAGS) $(LIST) docker://$(1)
PUSH_buildah       = $(PUSH_podman)
PUSH_nerdctl       = $(BUILD) --platform $(PLATFORMS) --tag $(1) $(2) . && nerdctl push --all-platforms $(1)
LIST              := localhost/<< cookiecutter.service >>-platforms
