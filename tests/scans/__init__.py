"""What looks for secrets and for vulnerabilities, run as it is on what it must find and on what it must not."""
