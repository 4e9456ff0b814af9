"""User registration: three follow-ups, none of which costs the others when it fails."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from lilya.apps import Lilya

from ravyn_bg import BackgroundTasks, JSONResponse

app = Lilya(infer_body=True)  # Lilya makes a `SignUp` of the request's JSON or form
user_ids = count(1)


@dataclass
class SignUp:
    email: str
    password: str


def send_welcome_email(to: str) -> None:
    print(f"Welcome aboard, {to}")


def create_profile(user_id: int) -> None:
    print(f"Profile of user {user_id} created")


def tell_admin(email: str) -> None:
    print(f"New user: {email}")


@app.post("/register")
def register(sign_up: SignUp) -> JSONResponse:
    user_id = next(user_ids)
    tasks = BackgroundTasks(continue_on_error=True)
    tasks.add_task(send_welcome_email, sign_up.email)
    tasks.add_task(create_profile, user_id)
    tasks.add_task(tell_admin, sign_up.email)
    return JSONResponse({"user_id": user_id}, status_code=201, background=tasks)
