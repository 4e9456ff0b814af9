"""The calls of Ravyn's guide to background tasks."""

from lilya.requests import Request

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse


def log_request(endpoint: str) -> None: ...
def send_welcome_email(email: str) -> None: ...
def create_user_profile(user_id: int) -> None: ...
def notify_admin(user_email: str) -> None: ...
def send_notification(user_id: int, message: str) -> None: ...
def send_email(to: str, subject: str = "") -> None: ...
def log_event(event: str) -> None: ...
def update_analytics() -> None: ...
def update_database(user_id: int) -> None: ...
def sync_task(message: str) -> None: ...
async def async_task(message: str) -> None: ...
def process_uploaded_file(filename: str, user_id: int) -> None: ...
async def send_webhook(url: str, data: dict[str, object]) -> None: ...
def calculate_total(items: list[int]) -> int:
    return sum(items)


def process_large_file(filename: str) -> None: ...
def risky_operation(data: dict[str, str]) -> None: ...
def log_request_data(request: Request) -> None: ...


def right(email: str, user_id: int, action_type: str, request: Request) -> None:
    BackgroundTask(send_welcome_email, email)  # right: the quick start
    BackgroundTask(log_request, "/users")  # right: a single task on the route
    BackgroundTasks(
        tasks=[
            BackgroundTask(send_email, "admin@example.com"),  # right: several on the route
            BackgroundTask(log_event, "user_registered"),  # right: the second of them
            BackgroundTask(update_analytics),  # right: the third, without arguments
        ]
    )
    BackgroundTask(send_notification, user_id, f"Hello {email}")  # right: one in a response

    tasks = BackgroundTasks()
    if action_type == "important":
        tasks.add_task(send_email, email, "Important Action")  # right: added on a condition
        tasks.add_task(log_event, f"Important action by {email}")  # right: a text made here
    tasks.add_task(create_user_profile, user_id)  # right: the registration flow
    tasks.add_task(notify_admin, email)  # right: the registration flow
    JSONResponse({"user_id": user_id}, status_code=201, background=tasks)  # right: its response

    BackgroundTasks(
        tasks=[
            BackgroundTask(sync_task, "Hello"),  # right: a sync function
            BackgroundTask(async_task, "World"),  # right: an async function beside it
            BackgroundTask(update_database, user_id),  # right: several in a response
        ]
    )
    BackgroundTask(process_uploaded_file, "a.png", user_id)  # right: the file upload
    BackgroundTask(send_webhook, "http://b.c", {"item": "tea", "quantity": 2})  # right: the webhook
    BackgroundTask(calculate_total, [1, 2, 3])  # right: a result that is lost
    BackgroundTask(process_large_file, "a.csv")  # right: a task that is too long
    BackgroundTask(risky_operation, {})  # right: a task that fails
    BackgroundTask(log_request_data, request)  # right: a request passed on
    url = str(request.url)
    BackgroundTask(lambda: print(url))  # right: what was taken from it instead
