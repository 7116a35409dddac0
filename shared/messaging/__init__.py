"""Events between services, and work within one: Postgres keeps them, Redis rings the bell."""
