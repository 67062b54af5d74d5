"""S3 on the wire, as pure functions and values: no sockets, no clock, no tenants."""
