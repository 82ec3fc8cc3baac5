"""What a failed call leaves behind: the state around every call of a wrong program, before it and after it failed."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

State = dict[str, Any]


class Watch:
    """Runs a program whose calls and operators all pass through `call`, which compares the states when one fails."""

    def __init__(self, tf: Any, program: str) -> None:
        self.tf = tf
        self.program = program
        self.found: list[str] = []
        self.failed = 0  # how many calls failed

    def call(self, function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
        """`function(...)`; if it fails, note every part of the state that is not as it was."""
        if getattr(getattr(function, "__code__", None), "co_filename", None) == self.program:
            return function(*args, **keywords)  # what the program's own functions did before they failed may stay
        graph = self.tf.get_default_graph()
        before = state(self.tf, graph)
        try:
            return function(*args, **keywords)
        except BaseException:
            self.failed += 1
            after = state(self.tf, graph)
            name = getattr(function, "__qualname__", repr(function))
            self.found += [f"{name} changed {part}: {_told(before[part], after[part])}" for part in before if before[part] != after[part]]
            raise


def state(tf: Any, graph: Any) -> State:
    """Everything about a graph and the default stacks that a failed call might change."""
    scope = tf.get_variable_scope()
    nodes = [
        (
            op.name,
            op.type,
            op.device,
            sorted(op.attrs),
            [x.name for x in op.inputs],
            [x.name for x in op.control_inputs],
            [(x.static_shape, len(x.consumers())) for x in op.outputs],
        )
        for op in graph.get_operations()
    ]
    return {
        "the nodes": nodes,
        "the names in use": dict(graph._names_in_use),
        "the number of ops": graph.version,
        "the collections": {key: [id(item) for item in graph.get_collection_ref(key)] for key in graph.get_all_collection_keys()},
        "the default graph": id(tf.get_default_graph()),
        "the default session": id(tf.get_default_session()),
        "the name scope": graph.get_name_scope(),
        "the variable scope": (id(scope), scope.name, scope.reuse),
        "the control dependencies": len(graph._scopes.controls),
        "the devices": list(graph._scopes.devices),
        "the colocation": list(graph._scopes.colocation),
        "the nesting of calls": graph._scopes.depth,
        "the seed": (graph.seed, graph._random_ops),
    }


def _told(before: Any, after: Any) -> str:
    if isinstance(before, list) and isinstance(after, list):
        return f"{[item for item in before if item not in after]} became {[item for item in after if item not in before]}"
    return f"{before} became {after}"


class _Watched(ast.NodeTransformer):
    """Turns `f(x)` into `__watch(f, x)`, `a + b` into `__watch(add, a, b)`, `a[i]` into `__watch(getitem, a, i)`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return self._through(node, node.func, node.args, node.keywords)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return self._through(node, self._operator(type(node.op).__name__), [node.left, node.right])

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load) or any(isinstance(part, ast.Slice) for part in ast.walk(node.slice)):
            return node
        return self._through(node, self._operator("getitem"), [node.value, node.slice])

    @staticmethod
    def _operator(name: str) -> ast.expr:
        return ast.Subscript(ast.Name("__operators", ast.Load()), ast.Constant(name), ast.Load())

    @staticmethod
    def _through(node: ast.AST, function: ast.expr, args: list[ast.expr], keywords: list[ast.keyword] | None = None) -> ast.AST:
        return ast.copy_location(ast.Call(ast.Name("__watch", ast.Load()), [function, *args], keywords or []), node)


_OPERATORS = {
    "Add": operator.add, "Sub": operator.sub, "Mult": operator.mul, "Div": operator.truediv, "FloorDiv": operator.floordiv,
    "Mod": operator.mod, "Pow": operator.pow, "MatMult": operator.matmul, "BitAnd": operator.and_, "BitOr": operator.or_,
    "BitXor": operator.xor, "LShift": operator.lshift, "RShift": operator.rshift, "getitem": operator.getitem,
}  # fmt: skip


def leftovers(code: str, tf: Any, names: dict[str, Any]) -> Watch:
    """Run a wrong program in a new graph; the result tells what its failed calls left behind."""
    program = "<watched program>"
    watch = Watch(tf, program)
    tree = ast.fix_missing_locations(_Watched().visit(ast.parse(code)))
    graph = tf.Graph()
    with graph.as_default():
        try:
            exec(compile(tree, program, "exec"), {**names, "tf": tf, "__watch": watch.call, "__operators": _OPERATORS})
        except BaseException as error:
            watch.found += _left_open(graph, error)
    return watch


def _left_open(graph: Any, error: BaseException) -> list[str]:
    """The stacks that blocks of the program left open."""
    scopes = graph._scopes
    left = scopes.name, len(scopes.controls), len(scopes.devices), len(scopes.colocation), scopes.depth
    return [] if left == ("", 0, 0, 0, 0) else [f"scopes left open: {left}, after {error!r:.80}"]
