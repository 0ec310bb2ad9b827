"""What the network policies let through: by Cilium's own library, by cyclonus, and by a kernel."""
