ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="<< cookiecutter.service >>" \
      org.opencontainers.image.description=<< cookiecutter.description | quoted >> \
      org.opencontainers.image.vendor=<< cookiecutter.owner | quoted >> \
<% if cookiecutter.__license %>
      org.opencontainers.image.licenses="<< cookiecutter.__license >>" \
<% endif %>
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
