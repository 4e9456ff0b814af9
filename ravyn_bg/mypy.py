"""A plugin for mypy, which then checks what it lets pass by itself: `plugins = ["ravyn_bg.mypy"]`.

mypy knows what a `functools.partial` leaves open, but does not hold the arguments behind a
`ParamSpec` to it (python/mypy#17461); nor to the `__init__` of a class that is in a variable
(python/mypy#1831). With this, the arguments of a task of either are checked as those of a call
are, in mypy's own words. Of a partial of an overloaded function, or of another partial, mypy
forgets what is left open; this keeps it. Nothing else changes.

Where an older or a newer mypy is not as expected inside, all is as without the plugin.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias

from mypy import checker, errorcodes, nodes, types
from mypy.plugin import FunctionContext, MethodContext, Plugin
from mypy.plugins import default

Hook: TypeAlias = Callable[[Any], types.Type]

BASES = {
    "__init__": "ravyn_bg.background.BackgroundTask",
    "add_task": "ravyn_bg.background.BackgroundTasks",
}

# Where the type of a partial holds what is left open: mypy's own place, and one for tasks alone.
OPEN, OPEN_TO_TASKS = "__mypy_partial", "__ravyn_bg_partial"


def plugin(version: str) -> type[Plugin]:
    return TaskPlugin


class TaskPlugin(Plugin):
    def get_function_hook(self, fullname: str) -> Hook | None:
        if fullname == "functools.partial":
            with suppress(Exception):
                hook = default.DefaultPlugin(self.options).get_function_hook(fullname)
                return hook and partial(keep_open, hook)
        return self.check_of(fullname, "__init__")

    def get_method_hook(self, fullname: str) -> Hook | None:
        owner, _, name = fullname.rpartition(".")
        return self.check_of(owner, name) if name == "add_task" else None

    def check_of(self, owner: str, name: str) -> Hook | None:
        """For a method, also a subclass's own."""
        with suppress(Exception):
            kind = getattr(self.lookup_fully_qualified(owner), "node", None)
            if isinstance(kind, nodes.TypeInfo) and kind.has_base(BASES[name]):
                return partial(check, kind[name].type)
        return None


def check(method: Any, ctx: FunctionContext | MethodContext) -> types.Type:
    """Hold what stands behind a method's own arguments to what the function among these takes."""
    with suppress(Exception):
        own, rest = method.arg_types[1:-2], method.arg_types[-2:]
        for given, parameter in zip(ctx.arg_types, own, strict=False):
            takes = left_open(given[0]) if method.param_spec() else None
            if takes and getattr(types.get_proper_type(parameter), "arg_types", None) == rest:
                check_call(takes, len(own), ctx)
    return ctx.default_return_type


def check_call(takes: types.Type, own: int, ctx: FunctionContext | MethodContext) -> None:
    if isinstance(takes, types.NoneType):
        text = "The partial gives what its function does not take"
        ctx.api.fail(text, ctx.context, code=errorcodes.CALL_OVERLOAD)
    elif isinstance(ctx.api, checker.TypeChecker):
        formals = zip(ctx.args[own:], ctx.arg_kinds[own:], ctx.arg_names[own:], strict=True)
        rest: Any = dict.fromkeys(each for formal in formals for each in zip(*formal, strict=True))
        args, kinds, names = ([each[i] for each in rest] for i in range(3))
        ctx.api.expr_checker.check_call(takes, args, kinds, ctx.context, names)


def keep_open(hook: Hook, ctx: FunctionContext) -> types.Type:
    """What mypy makes of a partial, with what is left of each signature that mypy forgets."""
    made = hook(ctx)
    with suppress(Exception):
        given = types.get_proper_type(ctx.arg_types[0][0])
        known = given if isinstance(given, types.Overloaded) else left_open(given)
        if isinstance(made, types.Instance) and isinstance(known, types.FunctionLike):
            fitting: list[Any] = []
            for each in known.items:
                with ctx.api.msg.filter_errors() as errors:
                    one = hook(ctx._replace(arg_types=[[each], *ctx.arg_types[1:]]))
                fitting += [] if errors.has_new_errors() else [left_open(one)]
            left = types.Overloaded(fitting) if fitting[1:] else [*fitting, types.NoneType()][0]
            return made.copy_with_extra_attr(OPEN_TO_TASKS, left)
    return made


def left_open(func: types.Type) -> types.Type | None:
    """What takes the arguments of a task, where mypy does not look at it."""
    func = types.get_proper_type(func)
    if isinstance(func, types.Instance) and func.extra_attrs:
        attributes = func.extra_attrs.attrs
        return attributes.get(OPEN_TO_TASKS, attributes.get(OPEN))
    return func if isinstance(func, types.TypeType) else None
