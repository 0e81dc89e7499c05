"""The one database of a service: SQLite embedded, PostgreSQL in production."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from contracts.names import App
from overload import deadline
from overload.single_flight import Cooldown, SingleFlight
from servicekit.errors import Overloaded, Unavailable
from servicekit.persistence.dead_peers import SERVER_SETTINGS, detect_dead_server
from servicekit.persistence.deferred_inserts import BufferedSession
from servicekit.settings import ServiceSettings

SQLITE_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON")
"""WAL lets readers read while one writes; FULL keeps acknowledged commits over a power cut."""

RESERVED_CONNECTIONS = 3
CONNECT_COOLDOWN_SECONDS = 0.5
"""How long nobody asks a server for a connection that has just given none: each try costs milliseconds."""
UNAVAILABLE_SQLSTATES = ("08", "53", "57P")
"""SQLSTATE of what PostgreSQL refuses as it is now: no connection, too many of them, shutting down.
Classes of appendix A of its manual; SQLAlchemy has no class of its own for errors while connecting.
"""
UNAVAILABLE = (Unavailable, OperationalError, InterfaceError, PoolTimeout, ConnectionError, TimeoutError)

log = logging.getLogger(__name__)


class DatabaseUnavailable(ConnectionError):
    """The server gives no connection now."""


def is_unavailable(error: Exception) -> bool:
    """Whether an error says that a part can't be reached now, most likely the database.

    That is nobody's fault, and no reason to give up what was to be done.
    """
    state = str(getattr(getattr(error, "orig", error), "sqlstate", ""))
    is_lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return is_lost or isinstance(error, UNAVAILABLE) or state.startswith(UNAVAILABLE_SQLSTATES)


class DeadlineSemaphore(asyncio.Semaphore):
    """Refuses who gets a turn when nobody waits for the response any more."""

    async def __aenter__(self) -> None:
        await super().__aenter__()
        if not deadline.remaining():
            self.release()
            raise Overloaded


class Database:
    """Sessions for reading and transactions for writing.

    `outbox_written` is set after each commit that recorded an event: the relay waits for it.
    `for_requests` bounds the connections that requests hold, so that relay, consumers and probes find one;
    it raises `Overloaded` before anything is begun whose time is over.
    `session_class` is the session of every transaction, `session_info` in its `info`: what it needs to know.
    """

    def __init__(self, app: App, url: str, *, pool_size: int = 10, connect_seconds: float = 5) -> None:
        self.app = app
        self.url = make_url(url)
        self.outbox_written = asyncio.Event()
        self.session_class: type[BufferedSession] = BufferedSession
        self.session_info: dict[str, Any] = {"app": app}
        self.request_slots = DeadlineSemaphore(max(1, pool_size - RESERVED_CONNECTIONS))
        self.engine = _create_engine(str(url), self.is_sqlite, pool_size, connect_seconds)
        readonly: dict[str, Any] = {"access": "read"} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        self._read_engine = self.engine.execution_options(**readonly)
        self._look = SingleFlight(self._ask)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        made = AsyncSession(
            self.engine,
            sync_session_class=self.session_class,
            expire_on_commit=False,
            info=dict(self.session_info),
        )
        async with made as session:
            yield session
            await session.commit()
        if session.info.get("recorded"):
            self.outbox_written.set()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads: each statement for itself, no transaction around them."""
        async with AsyncSession(self._read_engine, autoflush=False) as session:
            yield session

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[AsyncConnection]:
        """As `reading`, without what a session adds to a connection."""
        async with self._read_engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def driver(self) -> AsyncIterator[Any]:
        """A pooled connection as PostgreSQL's driver has it; one that failed goes out of the pool."""
        pooled = await self.engine.raw_connection()
        try:
            yield pooled.driver_connection
        except BaseException as error:
            pooled.invalidate(error)
            raise
        pooled.close()

    async def ping(self, seconds: float | None = None) -> None:
        """Raise what the driver raises if the database can't be reached, `TimeoutError` if it doesn't answer.

        All who ask wait for the same result: a server that hangs gets no more connections for it.
        """
        await self._look.run(seconds)

    async def _ask(self) -> None:
        async with self.connected() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.engine.dispose()


def open_database(settings: ServiceSettings) -> Database:
    """The database `settings` name; the folder of a SQLite file is made."""
    database = Database(
        settings.app,
        settings.own_database_url,
        pool_size=settings.database_pool,
        connect_seconds=settings.database_connect_seconds,
    )
    if database.is_sqlite and database.url.database:
        Path(database.url.database).parent.mkdir(parents=True, exist_ok=True)
    return database


def build_per_dialect(make: Callable[[Any], Executable]) -> Mapping[str, Executable]:
    """What `make` makes of each dialect's own `insert`, by the dialect's name.

    For statements with `ON CONFLICT`, made once: making one costs more than running it.
    """
    return {"sqlite": make(sqlite.insert), "postgresql": make(postgresql.insert)}


async def execute_per_dialect(
    session: AsyncSession, statements: Mapping[str, Executable], values: Any
) -> CursorResult[Any]:
    """Run the statement of the session's dialect, past the ORM; `values` are one row's or a list."""
    connection = await session.connection()
    return await connection.execute(statements[connection.dialect.name], values)


def _create_engine(url: str, is_sqlite: bool, pool_size: int, connect_seconds: float) -> AsyncEngine:
    if is_sqlite:
        engine = create_async_engine(url, pool_size=5, max_overflow=5, hide_parameters=True)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=connect_seconds,
        hide_parameters=True,
        connect_args={"timeout": connect_seconds, "server_settings": SERVER_SETTINGS},
    )
    event.listen(engine.sync_engine, "do_connect", _Connector())
    return engine


class _Connector:
    """Makes connections; who comes after one that failed is refused for a moment, without a try."""

    def __init__(self) -> None:
        self._left_alone = Cooldown(CONNECT_COOLDOWN_SECONDS)

    def __call__(self, dialect: Any, _: Any, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
        if self._left_alone:
            raise DatabaseUnavailable
        try:
            connection = dialect.connect(*args, **options)
        except Exception as error:
            if not is_unavailable(error):
                raise
            self._left_alone.failed()
            log.warning("no database connection is available: %r", error)
            raise DatabaseUnavailable from error
        detect_dead_server(connection.driver_connection)
        return connection


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy begins transactions itself, see _begin_sqlite
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: a reader that turns writer half-way fails with SQLITE_BUSY."""
    reading = connection.get_execution_options().get("access") == "read"
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
