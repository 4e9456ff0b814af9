"""Names that Ravyn has and this package has not: what Lilya has instead."""

from __future__ import annotations

ROUTES = "delete get head options patch post put query route trace websocket"
# Where Lilya has the same name.
SAME = {
    "lilya": "status",
    "lilya.cli.decorator": "directive",
    "lilya.conf": "settings",
    "lilya.context": "Context",
    "lilya.contrib.openapi.config": "OpenAPIConfig",
    "lilya.controllers": "BaseController Controller",
    "lilya.datastructures": "UploadFile",
    "lilya.decorators": "observable",
    "lilya.dependencies": "Security",
    "lilya.exceptions": (
        "HTTPException ImproperlyConfigured MethodNotAllowed NotFound PermissionDenied"
    ),
    "lilya.logging": "LoggingConfig",
    "lilya.params": "Cookie Header Query",
    "lilya.permissions.deny_all": "DenyAll",
    "lilya.protocols.middleware": "MiddlewareProtocol",
    "lilya.routing": "Host Include Path Router",
    "lilya.websockets": "WebSocket WebSocketDisconnect WebSocketState",
}
OTHER = {
    "lilya.apps.ChildLilya": "ChildRavyn",
    "lilya.apps.Lilya": "Ravyn",
    "lilya.conf.global_settings.Settings": "RavynAPISettings RavynSettings",
    "lilya.controllers.Controller": "ListController SimpleAPIController View",
    "lilya.dependencies.Depends": "Requires",
    "lilya.dependencies.Provide": "Factory Inject",
    "lilya.dependencies.Provides": "Injects",
    "lilya.exceptions.HTTPException": "ServiceUnavailable",
    "lilya.exceptions.NotAuthorized": "NotAuthenticated",
    "lilya.exceptions.UnprocessableEntity": "ValidationErrorException",
    "lilya.middleware.cors.CORSMiddleware": "CORSConfig",
    "lilya.middleware.csrf.CSRFMiddleware": "CSRFConfig",
    "lilya.middleware.sessions.SessionMiddleware": "SessionConfig",
    "lilya.params.Query": "Param",
    "lilya.protocols.middleware.MiddlewareProtocol": "RavynInterceptor",
    "lilya.protocols.permissions.PermissionProtocol": "AllowAny BasePermission",
    "lilya.responses.JSONResponse": "JSON",
    "lilya.responses.RedirectResponse": "Redirect",
    "lilya.responses.StreamingResponse": "Stream",
    "lilya.responses.TemplateResponse": "Template",
    "lilya.routing.Path": "Gateway WebhookGateway",
    "lilya.routing.WebSocketPath": "WebSocketGateway",
    "lilya.staticfiles.StaticFiles": "StaticFilesConfig",
    "a plain parameter, which Lilya reads from the body": "Body File Form",
}
NOWHERE = (
    "AsyncDAOProtocol DaoProtocol Extension Pluggable whdelete whget whhead whoptions whpatch "
    "whpost whput whquery whroute whtrace"
)


def refuse(name: str) -> None:
    """Raise the ImportError that says what to use instead, if `name` is one of Ravyn's."""
    instead = {each: f"@app.{each}(...) of a lilya.apps.Lilya" for each in ROUTES.split()}
    instead |= {
        each: f"{module}.{each}" for module, names in SAME.items() for each in names.split()
    }
    instead |= {each: other for other, names in OTHER.items() for each in names.split()}
    if name not in instead and name not in NOWHERE.split():
        return
    hint = f"Use {instead[name]} instead" if name in instead else "Lilya has no counterpart"
    raise ImportError(
        f"ravyn_bg has no {name!r}: it ends at background tasks, and leaves routing, injection "
        f"and validation to Lilya. {hint}.",
        name="ravyn_bg",
    )
