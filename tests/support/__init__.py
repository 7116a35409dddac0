"""What the tests need of the world: servers, databases, a closed network."""
