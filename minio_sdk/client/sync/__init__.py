"""The blocking facade, made from the async one."""
