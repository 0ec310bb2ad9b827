<% if cookiecutter.cgo %>
# C code is compiled on the platform that it runs on.
FROM << cookiecutter.__build_image >> AS build
<% else %>
# The compiler runs on the builder's own platform and cross-compiles.
FROM --platform=$BUILDPLATFORM << cookiecutter.__build_image >> AS build
<% endif %>
WORKDIR /src
# Set these where the modules come from a proxy of your own.
<% if cookiecutter.go_proxy %>
ARG GOPROXY=<< cookiecutter.go_proxy | quoted >>
<% else %>
ARG GOPROXY
<% endif %>
<% if cookiecutter.go_sumdb %>
ARG GOSUMDB=<< cookiecutter.go_sumdb | quoted >>
<% else %>
ARG GOSUMDB
<% endif %>
<% if cookiecutter.private_modules %>
# These are names of modules, no secret.
# hadolint ignore=DL3064
ARG GOPRIVATE=<< cookiecutter.__private_modules | quoted >>
<% endif %>
<% if cookiecutter.__ssh_hosts %>
# Git asks these over SSH, whatever the address of a module.
ARG SSH_HOSTS=<< cookiecutter.__ssh_hosts | quoted >>
RUN for host in $SSH_HOSTS; do \
      git config --system "url.ssh://git@$host/.insteadOf" "https://${host%:*}/"; \
    done
<% endif %>
<% if cookiecutter.ca_bundle %>
# Our own authority is trusted beside all others, here and in the image.
RUN --mount=type=bind,source=<< cookiecutter.ca_bundle >>,target=/run/authority.pem \
    tee -a /etc/ssl/certs/ca-certificates.crt < /run/authority.pem > /dev/null
<% endif %>
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=dev
ARG REVISION=unknown
ENV CGO_ENABLED=<< cookiecutter.__cgo_enabled >>
<% if cookiecutter.__build_tags == "grpcnotrace,timetzdata" %>
# Tags: grpcnotrace leaves out grpc's debug pages; timetzdata brings the time zones that the base lacks.
<% elif cookiecutter.__build_tags == "grpcnotrace" %>
# Tags: grpcnotrace leaves out grpc's debug pages.
<% elif cookiecutter.__build_tags == "timetzdata" %>
# Tags: timetzdata brings the time zones that the base lacks.
<% endif %>
# Modules and compiled packages stay in the caches from build to build; with vendor/ nothing is fetched.
RUN --mount=type=bind,target=/src \
    --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
<% if cookiecutter.__netrc %>
    --mount=type=secret,id=netrc,target=/root/.netrc \
<% endif %>
<% if cookiecutter.__ssh_hosts %>
    --mount=type=ssh \
    --mount=type=secret,id=known_hosts,target=/root/.ssh/known_hosts \
<% endif %>
    GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false \
<% if cookiecutter.__build_tags %>
      -tags=<< cookiecutter.__build_tags >> \
<% endif %>
