"""What the network policies let through: by Cilium's own library, and by cyclonus."""
