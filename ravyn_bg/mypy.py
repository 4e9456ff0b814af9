"""A plugin for mypy, which judges a task as the call that it makes: `plugins = ["ravyn_bg.mypy"]`.

With it, mypy says of `tasks.add_task(send, "a@b.c")` what it says of `send("a@b.c")`, at the same
arguments and in the same words. By itself, it holds them to a `ParamSpec`, in which much of what it
knows of a function is lost: what a `functools.partial` leaves open (python/mypy#17461), the
`__init__` of a class in a variable, the default values of a lambda, what an overloaded or a generic
function expects.

mypy asks a plugin for the signature of what is called before it looks at the arguments. For
`BackgroundTask(...)`, its subclasses and `add_task(...)`, the plugin builds the direct call from
the same nodes and has mypy visit it. Then it returns the task's own signature, changed so that it
takes everything behind the function as it is: nothing is reported twice.

mypy does not judge the calls of two kinds of partials: those of overloaded functions and those of
other partials. A task of one is judged as a call of the function inside.

If an older or a newer mypy differs inside, everything is as it is without the plugin.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import takewhile
from typing import Any, NamedTuple, TypeAlias

from mypy import checker, nodes, types
from mypy.plugin import FunctionContext, FunctionSigContext, MethodSigContext, Plugin
from mypy.plugins import default
from mypy.typeops import get_type_vars

SignatureContext: TypeAlias = FunctionSigContext | MethodSigContext
Context: TypeAlias = SignatureContext | FunctionContext
SignatureHook: TypeAlias = Callable[[SignatureContext], types.FunctionLike]
Hook: TypeAlias = Callable[[FunctionContext], types.Type]

TASK = "ravyn_bg.background.BackgroundTask"
TASKS = "ravyn_bg.background.BackgroundTasks"
ADDED_BY_SUPER = "add_task of BackgroundTasks"  # mypy's name for what `super().add_task` is

# Where the type of a partial holds what was given to it: as the type of a function that takes this
# and returns the function inside. mypy's cache can hold that, too.
GIVEN = "__ravyn_bg_given"


def plugin(version: str) -> type[Plugin]:
    return TaskPlugin


class TaskPlugin(Plugin):
    def get_function_signature_hook(self, fullname: str) -> SignatureHook | None:
        return check_task if self.makes_tasks(fullname, "__init__", TASK) else None

    def get_method_signature_hook(self, fullname: str) -> SignatureHook | None:
        owner, _, name = fullname.rpartition(".")
        adds = name == "add_task" and self.makes_tasks(owner, name, TASKS)
        return check_task if adds else None

    def get_function_hook(self, fullname: str) -> Hook | None:
        with suppress(Exception):
            if fullname == "functools.partial":
                hook = default.DefaultPlugin(self.options).get_function_hook(fullname)
                return hook and partial(remember_given, hook)
        return check_added_by_super if fullname == ADDED_BY_SUPER else None

    def makes_tasks(self, owner: str, method: str, base: str) -> bool:
        with suppress(Exception):
            kind = getattr(self.lookup_fully_qualified(owner), "node", None)
            if isinstance(kind, nodes.TypeInfo) and kind.has_base(base):
                # Which of several overloads is called, only mypy can tell.
                return isinstance(kind[method].type, types.CallableType)
        return False


class Argument(NamedTuple):
    value: nodes.Expression
    kind: nodes.ArgKind
    name: str | None


class PlannedCall(NamedTuple):
    """The call that a task makes, and the task's own parameter that takes its function.

    First among the arguments is what a subclass adds: `Callable[Concatenate[str, P], object]`.
    """

    func: nodes.Expression
    arguments: list[Argument]
    parameter: types.CallableType
    place: int


def check_task(ctx: SignatureContext) -> types.FunctionLike:
    """Judge the direct call, and let pass what is behind the function."""
    with suppress(Exception):
        if call := planned_call(ctx):
            with ctx.api.msg.filter_errors(save_filtered_errors=True) as errors:
                judge(call.func, call.arguments, ctx)
                signature = accepting(call, ctx)
            ctx.api.msg.add_errors(errors.filtered_errors())
            return signature
    return ctx.default_signature


def check_added_by_super(ctx: FunctionContext) -> types.Type:
    """Judge the direct call for `super().add_task(...)`, of which mypy asks for no signature.

    It has judged functions by then, but has let pass partials and classes in variables.
    """
    with suppress(Exception):
        (func,), call, known = ctx.args[0], ctx.context, types.get_proper_type(ctx.arg_types[0][0])
        is_unjudged = isinstance(known, types.TypeType) or is_partial(known)
        if is_unjudged and isinstance(call, nodes.CallExpr) and is_super_of_tasks(call.callee):
            judge(func, [each for each in arguments_of(call) if each.value is not func], ctx)
    return ctx.default_return_type


def remember_given(hook: Hook, ctx: FunctionContext) -> types.Type:
    """What mypy makes of a partial, and what was given to it, where mypy forgets that."""
    made = hook(ctx)
    with suppress(Exception):
        func: Any = types.get_proper_type(ctx.arg_types[0][0])
        forgets = isinstance(func, types.Overloaded) or is_partial(func)
        if forgets and isinstance(made, types.Instance):
            _, *given = arguments_of(ctx.context)
            if earlier := given_to(func):
                func, given = earlier.ret_type, [*kept(earlier, given, ctx), *given]
            takes = columns([(type_of(each.value, ctx), *each[1:]) for each in given])
            function = ctx.api.named_generic_type("builtins.function", [])
            return made.copy_with_extra_attr(GIVEN, types.CallableType(*takes, func, function))
    return made


def planned_call(ctx: SignatureContext) -> PlannedCall | None:
    """The call that a task makes, if it can be told from the call that makes the task."""
    *own, args, kwargs = types.get_proper_types(ctx.default_signature.arg_types)
    own_values = {each for values in ctx.args[: len(own)] for each in values}
    arguments = arguments_of(ctx.context)
    if any(each.kind.is_star() for each in arguments if each.value in own_values):
        return None
    for place, parameter in enumerate(own):
        if isinstance(parameter, types.CallableType) and parameter.param_spec():
            *passed, its_args, its_kwargs = parameter.arg_types
            if (its_args, its_kwargs) == (args, kwargs):
                (func,) = ctx.args[place]
                added = [Argument(node_of(each, ctx), nodes.ARG_POS, None) for each in passed]
                given = [each for each in arguments if each.value not in own_values]
                return PlannedCall(func, [*added, *given], parameter, place)
    return None


def judge(func: nodes.Expression, arguments: list[Argument], ctx: Context) -> None:
    """Have mypy say what it says of the direct call."""
    if isinstance(func, nodes.LambdaExpr):
        # As one in a variable: of one that is called where it stands, mypy infers the parameters
        # from what is given, and `Never` where nothing is.
        func = node_of(ctx.api.get_expression_type(func), ctx)
    visit_call(func, arguments, ctx)
    if given := given_to(type_of(func, ctx)):
        arguments = [*kept(given, arguments, ctx), *arguments]
        visit_call(node_of(given.ret_type, ctx), arguments, ctx)


def visit_call(func: nodes.Expression, arguments: list[Argument], ctx: Context) -> None:
    call, api = nodes.CallExpr(func, *columns(arguments)), ctx.api
    call.set_line(ctx.context)
    assert isinstance(api, checker.TypeChecker)
    api.type_context.append(None)
    try:
        # In a frame of its own: what follows is reached, though the function may never return.
        with api.binder.frame_context(can_skip=True, fall_through=0):
            api.expr_checker.visit_call_expr(call, allow_none_return=True)
    finally:
        api.type_context.pop()


def accepting(call: PlannedCall, ctx: SignatureContext) -> types.CallableType:
    """The task's own signature, except that it takes what is behind the function as it is."""
    signature = ctx.default_signature
    anything = types.AnyType(types.TypeOfAny.special_form)
    stars = [(anything, nodes.ARG_STAR, None), (anything, nodes.ARG_STAR2, None)]
    own = [*zip(signature.arg_types, signature.arg_kinds, signature.arg_names, strict=True)][:-2]
    variables = [each for each in signature.variables if not isinstance(each, types.ParamSpecType)]

    takes: types.Type = ctx.api.named_generic_type("builtins.object", [])
    if variables:  # of a class that is generic in what its function returns
        arg_types, kinds, names = columns(stars)
        takes = call.parameter.copy_modified(arg_types, kinds, names, is_ellipsis_args=True)
    own[call.place] = (takes, *own[call.place][1:])

    # Each by its own type, not by `Any`: mypy infers an argument from what is expected, too.
    given = call.arguments[len(call.parameter.arg_types[:-2]) :]
    rest = [(type_of(each.value, ctx), *each[1:]) for each in given]
    positional = takewhile(lambda formal: formal[1] == nodes.ARG_POS, rest)
    named = [formal for formal in rest if formal[1] == nodes.ARG_NAMED]
    arg_types, kinds, names = columns([*own, *positional, stars[0], *named, stars[1]])
    return signature.copy_modified(arg_types, kinds, names, variables=variables)


def arguments_of(call: Any) -> list[Argument]:
    return [*map(Argument, call.args, call.arg_kinds, call.arg_names)]


def columns(rows: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


def node_of(kind: types.Type, ctx: Context) -> nodes.Expression:
    return nodes.TempNode(kind, context=ctx.context)


def type_of(value: nodes.Expression, ctx: Context) -> types.Type:
    """What mypy has inferred; `Any` for what it has not, and what it would infer anew each time."""
    api: Any = ctx.api
    found = value.type if isinstance(value, nodes.TempNode) else api.lookup_type_or_none(value)
    is_known = found and not get_type_vars(found)
    return found if is_known else types.AnyType(types.TypeOfAny.special_form)


def is_super_of_tasks(callee: nodes.Expression) -> bool:
    info = callee.info if isinstance(callee, nodes.SuperExpr) else None
    return info is not None and info.has_base(TASKS)


def is_partial(kind: types.Type) -> bool:
    return isinstance(kind, types.Instance) and kind.type.fullname == "functools.partial"


def given_to(func: types.Type) -> Any:
    """What was given to a partial, where mypy has forgotten it."""
    extra = getattr(types.get_proper_type(func), "extra_attrs", None)
    return extra and extra.attrs.get(GIVEN)


def kept(given: types.CallableType, later: list[Argument], ctx: Context) -> list[Argument]:
    """What was given to a partial, but for the keywords that are given anew."""
    values = [node_of(each, ctx) for each in given.arg_types]
    anew = {each.name for each in later if each.name}
    every = map(Argument, values, given.arg_kinds, given.arg_names)
    return [each for each in every if each.name not in anew]
