# The tool as an image, made of the wheel in dist/ (make wheel): docker build -t gocontainer .
#
# In a folder of one's own, as oneself: docker run -it -v "$PWD:/work" -u "$(id -u)" gocontainer new orders

# The digest stands in docker-library/repo-info, repos/python/remote/3.14-slim.md at 422f3cfe488d, read on 2026-11-30.
FROM python:3.14-slim@sha256:656d12e70054d5fda18a045e2494c96701e9792dd1445f95b3d038df954f57e9 AS base

FROM base AS build
# What the wheel needs comes by its hash, and pip stays behind.
RUN --mount=type=bind,target=/src \
    python -m venv --without-pip /opt/gocontainer \
    && pip --python /opt/gocontainer install --no-cache-dir --only-binary :all: \
      --require-hashes -r /src/requirements.lock \
    && pip --python /opt/gocontainer install --no-cache-dir --no-deps /src/dist/*.whl

FROM base
# `new` and `update` run git. Debian has one version of it at a time, so none is named.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    # The folder is its caller's, whatever number the caller has in here.
    && git config --system safe.directory '*'
COPY --from=build /opt/gocontainer /opt/gocontainer
# A home that each number may write.
ENV PATH=/opt/gocontainer/bin:$PATH HOME=/tmp
WORKDIR /work
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENTRYPOINT ["gocontainer"]
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="gocontainer" \
      org.opencontainers.image.description="Write a Go service that is ready for production in containers" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
