"""Who signed an image: cosign, a registry and Sigstore's certificate authority, all on this machine."""
