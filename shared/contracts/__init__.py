"""The events that services tell one another: frozen, versioned, only ever added to."""
