"""Socle on one machine with nothing installed: PostgreSQL and Valkey from wheels, one process for the rest.

servers    EmbeddedServers: the two servers, their data folder, their addresses
postgres   how PostgreSQL is prepared and started (also for root, which it refuses to run as)
valkey     how Valkey is started
process    a server process that is recognised again after our own crash
sockets    where the unix sockets live
run        `socle dev`: servers, migrations, the three APIs and their workers
"""
