DEPLOYED  := deploy/overlays/$(ENV)/image/kustomization.yaml
# The environments that name an image of their own: dev and prod, and each copy of their folders.
ENVIRONMENTS := $(sort $(patsubst deploy/overlays/%/image/kustomization.yaml,%,$(wildcard deploy/overlays/*/image/kustomization.yaml)))
# Who is promoted to whom.
FROM := dev
TO   := prod
export FROM TO
# What a digest names never moves, so a node that has it need not ask: its pods start while the registry is away.
define PINNED
patches:
  - patch: |
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: << cookiecutter.service >>
      spec:
        template:
          spec:
            containers:
              - name: << cookiecutter.service >>
                imagePullPolicy: IfNotPresent
endef
export PINNED
