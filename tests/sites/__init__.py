"""The program of an edge repository that writes the manifests of its sites, and what their platforms make of them."""
