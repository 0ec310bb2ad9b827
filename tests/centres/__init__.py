"""The config centres themselves, which install themselves: Nacos, Apollo's test server, and etcd."""
