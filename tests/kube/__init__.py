"""What we render, before a real kube-apiserver, and its pods before a real scheduler."""
