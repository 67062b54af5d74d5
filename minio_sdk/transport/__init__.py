"""The only code that opens sockets, starts threads or tasks."""
