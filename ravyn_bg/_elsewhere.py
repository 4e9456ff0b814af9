"""Names that Ravyn has and this package has not: what Lilya has instead."""

from __future__ import annotations

INSTEAD = {
    "app.delete(path) of a lilya.apps.Lilya app": "delete",
    "app.get(path) of a lilya.apps.Lilya app": "get",
    "app.head(path) of a lilya.apps.Lilya app": "head",
    "app.options(path) of a lilya.apps.Lilya app": "options",
    "app.patch(path) of a lilya.apps.Lilya app": "patch",
    "app.post(path) of a lilya.apps.Lilya app": "post",
    "app.put(path) of a lilya.apps.Lilya app": "put",
    "app.query(path) of a lilya.apps.Lilya app": "query",
    "app.route(path, methods=[...]) of a lilya.apps.Lilya app": "route",
    "app.trace(path) of a lilya.apps.Lilya app": "trace",
    "app.websocket(path) of a lilya.apps.Lilya app": "websocket",
    "lilya.apps.ChildLilya": "ChildRavyn",
    "lilya.apps.Lilya": "Ravyn",
    "lilya.cli.decorator.directive": "directive",
    "lilya.conf.global_settings.Settings": "RavynAPISettings RavynSettings",
    "lilya.conf.settings": "settings",
    "lilya.context.Context": "Context",
    "lilya.contrib.openapi.config.OpenAPIConfig": "OpenAPIConfig",
    "lilya.controllers.Controller": (
        "BaseController Controller ListController SimpleAPIController View"
    ),
    "lilya.datastructures.UploadFile": "UploadFile",
    "lilya.decorators.observable": "observable",
    "lilya.dependencies.Depends": "Requires",
    "lilya.dependencies.Provide": "Factory Inject",
    "lilya.dependencies.Provides": "Injects",
    "lilya.dependencies.Security": "Security",
    "lilya.exceptions.HTTPException": "HTTPException ServiceUnavailable",
    "lilya.exceptions.ImproperlyConfigured": "ImproperlyConfigured",
    "lilya.exceptions.MethodNotAllowed": "MethodNotAllowed",
    "lilya.exceptions.NotAuthorized": "NotAuthenticated",
    "lilya.exceptions.NotFound": "NotFound",
    "lilya.exceptions.PermissionDenied": "PermissionDenied",
    "lilya.exceptions.UnprocessableEntity": "ValidationErrorException",
    "lilya.logging.LoggingConfig": "LoggingConfig",
    "lilya.middleware.cors.CORSMiddleware": "CORSConfig",
    "lilya.middleware.csrf.CSRFMiddleware": "CSRFConfig",
    "lilya.middleware.sessions.SessionMiddleware": "SessionConfig",
    "lilya.params.Cookie": "Cookie",
    "lilya.params.Header": "Header",
    "lilya.params.Query": "Param Query",
    "lilya.permissions.deny_all.DenyAll": "DenyAll",
    "lilya.protocols.middleware.MiddlewareProtocol": "MiddlewareProtocol RavynInterceptor",
    "lilya.protocols.permissions.PermissionProtocol": "AllowAny BasePermission",
    "lilya.responses.JSONResponse": "JSON",
    "lilya.responses.RedirectResponse": "Redirect",
    "lilya.responses.StreamingResponse": "Stream",
    "lilya.responses.TemplateResponse": "Template",
    "lilya.routing.Host": "Host",
    "lilya.routing.Include": "Include",
    "lilya.routing.Path": "Gateway Path WebhookGateway",
    "lilya.routing.Router": "Router",
    "lilya.routing.WebSocketPath": "WebSocketGateway",
    "lilya.staticfiles.StaticFiles": "StaticFilesConfig",
    "lilya.status": "status",
    "lilya.websockets.WebSocket": "WebSocket",
    "lilya.websockets.WebSocketDisconnect": "WebSocketDisconnect",
    "lilya.websockets.WebSocketState": "WebSocketState",
    "a plain parameter, which Lilya reads from the body": "Body File Form",
    "": (
        "AsyncDAOProtocol DaoProtocol Extension Pluggable whdelete whget whhead whoptions whpatch "
        "whpost whput whquery whroute whtrace"
    ),
}


def refuse(name: str) -> None:
    """Raise the ImportError that says what to use instead of a name of Ravyn's."""
    for instead, names in INSTEAD.items():
        if name in names.split():
            hint = f"Use {instead} instead" if instead else "Lilya has no counterpart"
            raise ImportError(
                f"ravyn_bg has no {name!r}: it ends at background tasks, and leaves routing, "
                f"injection and validation to Lilya. {hint}.",
                name="ravyn_bg",
            )
