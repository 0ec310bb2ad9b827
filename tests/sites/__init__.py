"""`gocontainer sites`, which writes the manifests of sites, and what their platforms make of them."""
