"""What people put into tasks: callables of real libraries."""

import httpx
from celery import Celery
from pydantic import BaseModel
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from types_boto3_sqs import SQSClient

from ravyn_bg import BackgroundTask, BackgroundTasks


class Order(BaseModel):
    id: int
    note: str = ""


@Celery().task
def resize(path: str, width: int = 10) -> None: ...


def of_http(tasks: BackgroundTasks, http: httpx.Client, later: httpx.AsyncClient) -> None:
    BackgroundTask(http.post, "http://b.c", json={"a": 1}, timeout=5)  # right: httpx
    tasks.add_task(later.get, "http://b.c", headers={"a": "b"})  # right: httpx, async
    BackgroundTask(http.post, "http://b.c", jsn={"a": 1})  # wrong: unknown keyword
    tasks.add_task(later.get, "http://b.c", timeout="5")  # wrong: type


def of_sql(tasks: BackgroundTasks, session: Session, later: AsyncSession) -> None:
    BackgroundTask(session.execute, text("select 1"))  # right: SQLAlchemy
    tasks.add_task(later.execute, text("select :a"), {"a": 1})  # right: SQLAlchemy, async
    BackgroundTask(session.execute, "select 1")  # wrong: no overload | overload: pyrefly


def of_queues(tasks: BackgroundTasks, sqs: SQSClient, redis: Redis, later: AsyncRedis) -> None:
    tasks.add_task(sqs.send_message, QueueUrl="http://b.c", MessageBody="a")  # right: boto3
    BackgroundTask(redis.set, "a", "b", ex=60)  # right: redis
    tasks.add_task(later.set, "a", "b", ex=60)  # right: redis, async
    BackgroundTask(resize.delay, "a.png", width=5)  # right: celery
    tasks.add_task(resize.apply_async, args=("a.png",), countdown=5)  # right: celery
    tasks.add_task(sqs.send_message, QueueUrl="http://b.c", Body="a")  # wrong: unknown keyword
    BackgroundTask(redis.set, "a", "b", ex="60")  # wrong: no overload | overload: pyrefly
    tasks.add_task(resize.apply_async, args=("a.png",), countdown="5")  # wrong: type
    BackgroundTask(resize.delay, 5)  # wrong: type | celery-types: all


def of_models(tasks: BackgroundTasks, order: Order) -> None:
    BackgroundTask(Order, id=1, note="a")  # right: pydantic
    tasks.add_task(order.model_dump, mode="json")  # right: pydantic
    BackgroundTask(Order)  # wrong: missing
    tasks.add_task(order.model_dump, mod="json")  # wrong: unknown keyword
