"""The task routes on plain FastAPI and the same kind of table: no Dapr, no outbox, no sign-in.

What `edge_price` compares with. Written as most people write such a service.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlmodel import col, select
from task_service.models import Task
from task_service.tasks.schemas import TaskCreate, TaskRead

engine = create_async_engine(os.environ["BARE_DATABASE_URL"], pool_size=10, max_overflow=0)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Task.metadata.tables["task"].create, checkfirst=True)
    yield


async def open_session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


Session = Annotated[AsyncSession, Depends(open_session)]
app = FastAPI(lifespan=lifespan)


@app.post("/tasks", status_code=201)
async def create_task(body: TaskCreate, session: Session) -> TaskRead:
    now = datetime.now(UTC)
    fields = {name: value for name, value in body.model_dump().items() if name in Task.model_fields}
    task = Task(**fields | {"position": "a"}, id=str(uuid4()), user_id="u", created_at=now, updated_at=now)
    session.add(task)
    await session.commit()
    return TaskRead.model_validate(task)


@app.get("/tasks")
async def list_tasks(session: Session, limit: int = 50) -> list[TaskRead]:
    found = await session.scalars(select(Task).order_by(col(Task.id).desc()).limit(limit))
    return [TaskRead.model_validate(task) for task in found]


@app.get("/tasks/{id}")
async def read_task(id: str, session: Session) -> TaskRead:
    task = await session.get(Task, id)
    if task is None:
        raise HTTPException(404)
    return TaskRead.model_validate(task)
