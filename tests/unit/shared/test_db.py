"""The pool of transactions: a connection that the server closed is replaced, and nobody asks it first."""

from sqlalchemy import text

from shared.db import Database, run
from tests.unit.shared.conftest import until


async def test_a_connection_closed_by_the_server_is_replaced_before_it_is_used(
    validation_db: Database, catalog_db: Database
) -> None:
    async with validation_db.transaction() as session:
        lost = (await run(session, text("SELECT pg_backend_pid()"))).scalar_one()
        raw = await (await session.connection()).get_raw_connection()
        driver = raw.driver_connection
    assert driver is not None
    await catalog_db.execute("SELECT pg_terminate_backend($1)", lost)

    async def closed() -> bool:
        return bool(driver.is_closed())

    await until(closed)
    async with validation_db.transaction() as session:
        found = (await run(session, text("SELECT pg_backend_pid()"))).scalar_one()
    assert found != lost
