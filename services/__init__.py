"""The three services. None imports another; they talk by the events declared in `shared.contracts`."""
