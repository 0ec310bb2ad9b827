	@test '$(origin IMAGE)' != file || { echo 'say IMAGE=name:tag' >&2; exit 2; }
	@printf '%s\n' "$$IMAGE" | grep -Eq '$(REFERENCE)' || \
	  { printf '%s is not name:tag or name:tag@sha256:...\n' "$$IMAGE" >&2; exit 2; }
	@tagged="$${IMAGE%@*}"; { echo '# Which image runs: only make writes this file.'; \
	  sed '/^#/d; /newName:/,$$d' $(DEPLOYED); \
	  printf '    newName: %s\n    newTag: "%s"\n' "$${tagged%:*}" "$${tagged##*:}"; \
	  case "$$IMAGE" in *@*) printf '    digest: %s\n' "$${IMAGE#*@}" ;; esac; } > $(DEPLOYED).new
