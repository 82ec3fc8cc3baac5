"""Write a program as straight-line Python: one line per step, the node's name as its comment.

This is the only place of the project where code is made from text. The text consists of names made here and of templates from the op table;
nothing that comes from a graph (names, attributes, constants) stands in it but as a comment, with everything unprintable escaped. Values
that the code needs are handed over as objects, in its namespace.
"""

from __future__ import annotations

import functools
import math
import re
from typing import Any

import numpy as np

from autograd_lite.backends import expression as ex
from autograd_lite.compiler import formulas
from autograd_lite.compiler.passes.memory import WORTH_OVERWRITING
from autograd_lite.compiler.plan import Plan
from autograd_lite.compiler.program import FUSED, HANDLE, IF, OP, READ, Block, Program, Step
from autograd_lite.compiler.result_copies import copied
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.errors import OpError
from autograd_lite.kernels import any_shapes, compiled
from autograd_lite.kernels.any_shapes import AnyShapes
from autograd_lite.kernels.elementwise import Fused, Work, loaded, module_text, output_shapes
from autograd_lite.kernels.epilogue import Follower
from autograd_lite.kernels.memory import KEPT_BYTES, empty
from autograd_lite.kernels.row_blocks import RowWork, rows_text
from autograd_lite.kernels.tier import Tiered

_UFUNC_IN_TEMPLATE = re.compile(r"\bxp\.([A-Za-z_][\w.]*)")
_ERRSTATE_AS_DECORATOR = int(np.__version__.split(".")[0]) >= 2  # before, one errstate object could not serve several threads


def emit(program: Program, traced: bool = False) -> Plan:
    """The plan of a program. A traced plan takes a function `note(step, begin, end, outputs)` as its first argument."""
    return Emitter(program, traced).plan()


class Emitter:
    """Prints a program whose values are NumPy arrays, or NumPy scalars where the rank is 0."""

    def __init__(self, program: Program, traced: bool) -> None:
        self.program = program
        self.traced = traced
        self.lines: list[str] = []
        self.steps: list[Step | None] = []  # the step of each line
        self.namespace: dict[str, Any] = {}
        self.names_of: dict[int, str] = {}  # id(object) -> its name in the namespace
        self.codes: dict[int, str] = {value: f"f{index}" for index, value in enumerate(program.feeds)}
        self.scalars = {value for value in program.feeds if self._is_rank_0(value)}  # values that are NumPy scalars, not arrays of rank 0
        self.cells: dict[str, int] = {}
        self.states: dict[str, Step] = {}
        self.used = {value for step in program.steps for value in step.all_inputs()} | set(program.results)
        self.depth = 1
        self.xp = "xp"  # what kernels are given
        self.uncompiled = False  # whether steps keep the op's own kernel: inside of a step whose kernel does all of it

    # ------------------------------------------------------------ the whole

    def plan(self) -> Plan:
        """Print the program."""
        arguments = ["note"] * self.traced + [f"f{index}" for index in range(len(self.program.feeds))]
        self._line(f"def plan({', '.join(arguments)}):", None, 0)
        if not _ERRSTATE_AS_DECORATOR:
            self.namespace["errstate"] = np.errstate
            self._line("with errstate(all='ignore'):", None)
            self.depth = 2
        self._begin()
        for index, step in enumerate(self.program.steps):
            if self.traced:
                self._line("begin = clock()", step)
            self._step(step)
            if self.traced:
                outputs = "".join(f"{self._code(value)}, " for value in step.outputs if value is not None)
                self._line(f"note({index}, begin, clock(), ({outputs}))", step)
            self._drop(step)
        results = [self._result(index, value) for index, value in enumerate(self.program.results)]
        self._line(f"return [{', '.join(results)}]", None)
        return Plan(
            self.program,
            "\n".join(self.lines) + "\n",
            self.steps,
            self.namespace,
            self.cells,
            self.states,
            self.codes,
            _ERRSTATE_AS_DECORATOR,
        )

    def _drop(self, step: Step) -> None:
        drops = [value for value in step.drops if value in self.used or self.traced or step.kind == OP and not step.cells]
        if drops:
            self._line(f"del {', '.join(self._code(value) for value in drops)}", step)

    def _begin(self) -> None:
        """Lines before the first step."""

    def _line(self, code: str, step: Step | None, depth: int | None = None, comment: str = "") -> None:
        text = "    " * (self.depth if depth is None else depth) + code
        self.lines.append(f"{text:<60}  # {_printable(comment)}" if comment else text)
        self.steps.append(step)

    # ------------------------------------------------------------ names

    def _object(self, prefix: str, thing: Any) -> str:
        """The name under which the code finds an object."""
        name = self.names_of.get(id(thing))
        if name is None:
            name = self.names_of[id(thing)] = f"{prefix}{len(self.namespace)}"
            self.namespace[name] = thing
        return name

    def _ufunc(self, name: str) -> str:
        code = name.replace(".", "_")
        if code not in self.namespace:
            thing: Any = np
            for part in name.split("."):
                thing = getattr(thing, part)
            self.namespace[code] = thing
        return code

    def _code(self, value: int) -> str:
        code = self.codes.get(value)
        if code is None:
            constant = self.program.constants.get(value)
            code = f"t{value}" if constant is None else self._constant(value, constant)
            self.codes[value] = code
        return code

    def _constant(self, value: int, constant: np.ndarray) -> str:
        name = f"c{value}"
        is_scalar = constant.ndim == 0 and constant.dtype != object
        self.namespace[name] = constant[()] if is_scalar else constant
        if is_scalar:
            self.scalars.add(value)
        return name

    def _cell(self, cell_id: int) -> str:
        name = f"w{cell_id}"
        self.cells[name] = cell_id
        return name

    def _is_rank_0(self, value: int) -> bool:
        known = self.program.values[value]
        return known.shape == () and known.dtype.kind in "fiubc"

    # ------------------------------------------------------------ steps

    def _step(self, step: Step) -> None:
        if step.kind == READ:
            self._read(step)
        elif step.kind == HANDLE:
            if step.outputs[0] is not None:
                self._line(f"{self._code(step.outputs[0])} = {self._cell(step.cells[0])}", step, comment=step.node.name)
        elif step.kind == FUSED:
            self._fused(step)
        elif step.blocks:
            traced, self.traced = self.traced, False  # what is inside counts as one step
            (self._branches if step.kind == IF else self._loop)(step)
            self.traced = traced
        elif step.cells:
            self._update(step)
        else:
            self._compute(step)

    def _block(self, step: Step, block: Block, targets: list[int | None]) -> None:
        """The steps of a block, one level further in, and its results under the names `targets`."""
        self.depth += 1
        begin = len(self.lines)
        for inner in block.steps:
            self._step(inner)
            self._drop(inner)
        self._assign(step, targets, block.results)
        if len(self.lines) == begin:
            self._line("pass", step)
        self.depth -= 1

    def _assign(self, step: Step, targets: list[int | None], values: list[int | None]) -> None:
        """All of `targets` at once; what has rank 0 becomes a NumPy scalar, so that the code after it need not ask."""
        pairs = [(target, value) for target, value in zip(targets, values) if target is not None and value is not None and target != value]
        if not pairs:
            return
        sources = []
        for target, value in pairs:
            is_scalar = self._is_rank_0(target)
            sources.append(f"{self._code(value)}[()]" if is_scalar and value not in self.scalars else self._code(value))
        for target, _ in pairs:
            if self._is_rank_0(target):
                self.scalars.add(target)
        self._line(f"{', '.join(self._code(target) for target, _ in pairs)} = {', '.join(sources)}", step)

    def _condition(self, value: int) -> str:
        code = self._code(value)
        return code if self.program.values[value].shape == () else f"decision({code})"

    def _branches(self, step: Step) -> None:
        off, on = step.blocks
        condition = self._condition(step.inputs[0])  # type: ignore[arg-type]
        if not off.steps and not step.outputs:
            self._line(f"if {condition}:", step, comment=step.node.name)
            self._block(step, on, [])
        elif not on.steps and not step.outputs:
            self._line(f"if not {condition}:", step, comment=step.node.name)
            self._block(step, off, [])
        else:
            self._line(f"if {condition}:", step, comment=step.node.name)
            self._block(step, on, step.outputs)
            self._line("else:", step)
            self._block(step, off, step.outputs)

    def _loop(self, step: Step) -> None:
        test, body = step.blocks
        self._assign(step, step.params, step.inputs)  # type: ignore[arg-type]
        self._line("while True:", step, comment=step.node.name)
        self._block(step, test, [])
        self.depth += 1
        self._line(f"if not {self._condition(test.results[0])}: break", step)  # type: ignore[arg-type]
        self.depth -= 1
        self._block(step, body, step.params)  # type: ignore[arg-type]
        self.depth += 1
        self._line("check()", step)
        self.depth -= 1
        self._assign(step, step.outputs, step.params)  # type: ignore[arg-type]

    def _read(self, step: Step) -> None:
        target, cell = self._code(step.outputs[0]), self._cell(step.cells[0])  # type: ignore[arg-type]
        if step.outputs[0] not in self.used and not self.traced:
            self._line(f"if {cell}.value is None: empty({cell})", step, comment=step.node.name)
            return
        self._line(f"{target} = {cell}.value", step, comment=f"{self.program.cells[step.cells[0]].name} for {step.node.name}")
        if not step.may_be_empty:
            self._line(f"if {target} is None: empty({cell})", step)

    def _compute(self, step: Step) -> None:
        formula = formulas.formula_of(self.program, step)
        value = step.outputs[0] if len(step.outputs) == 1 else None
        if formula is not None and value is not None:
            code, is_scalar = self._elementwise(step, formula, {}, self._code(step.into) if step.into is not None else None)
            if is_scalar:
                self.scalars.add(value)
            self._line(f"{self._code(value)} = {code}", step, comment=step.node.name)
            return
        self._line(self._targets(step) + self._call(step, {}), step, comment=step.node.name)

    # ------------------------------------------------------------ fused steps

    def _fused(self, step: Step) -> None:
        """One call of a kernel; or, as long as it is not compiled or when it declines, the steps that it stands for."""
        work: Work | RowWork | Follower = step.work  # type: ignore[assignment]
        kernel = self._object("g", _fused_kernel(step, work))
        inputs = [self._as_scalar(value) if operand.is_scalar else self._code(value) for value, operand in zip(step.inputs, work.operands)]  # type: ignore[arg-type]
        arrays = self._arrays_of_results(step, work)
        self._line(f"if not {kernel}.ready or {kernel}.now({', '.join([*inputs, *arrays])}):", step, comment=f"fused: {step.node.name}")
        self.depth += 1
        self._line(f"{kernel}.again({', '.join(inputs)})", step)
        self.uncompiled, before = isinstance(work, Follower), self.uncompiled
        for inner in step.blocks[0].steps:
            self._step(inner)
            self._drop(inner)
        self.uncompiled = before
        numbers = [value for value in step.outputs if self.program.values[value].shape == ()]  # type: ignore[index]
        for value in numbers:
            if value not in self.scalars:
                self._line(f"{self._code(value)} = {self._code(value)}[()]", step)  # type: ignore[arg-type]
        self.depth -= 1
        if numbers:
            self._line("else:", step)
            self.depth += 1
            if work.domain == ():
                self._unpack(step, work)  # type: ignore[arg-type]
            else:
                self._line("; ".join(f"{self._code(value)} = {self._code(value)}[()]" for value in numbers), step)  # type: ignore[arg-type]
            self.depth -= 1
            self.scalars.update(numbers)  # type: ignore[arg-type]

    def _as_scalar(self, value: int) -> str:
        code = self._code(value)
        return code if value in self.scalars else f"{code}[()]"

    def _arrays_of_results(self, step: Step, work: Work | RowWork | Follower) -> list[str]:
        """The code of the arrays that a kernel fills: new ones, or those of inputs that are done with."""
        codes = []
        shapes_of_arrays = output_shapes(work) if isinstance(work, Work) else work.arrays()
        for index, (dtype, shape) in enumerate(shapes_of_arrays):
            if index >= len(step.outputs):  # room for sums
                codes.append(self._new_array(shape, dtype))
                continue
            name = self._packed(step, dtype) if work.domain == () else self._code(step.outputs[index])  # type: ignore[arg-type]
            old = None if work.domain == () else step.reuses.get(step.outputs[index])  # type: ignore[arg-type]
            fresh = self._new_array(shape, dtype) if old is None else self._code(old)
            codes.append(f"({name} := {fresh})")
        return codes

    def _new_array(self, shape: tuple[int, ...], dtype: str) -> str:
        """The code of a new array, with anything in it."""
        kind = np.dtype(dtype)
        name, function = ("new_large_array", empty) if math.prod(shape) * kind.itemsize >= KEPT_BYTES else ("new_array", np.empty)
        self.namespace.setdefault(name, function)
        return f"{name}({shape!r}, {self._object('d_', kind)})"

    def _packed(self, step: Step, dtype: str) -> str:
        """The variable that holds the results of rank 0 of one type."""
        return f"p{step.outputs[0]}_{dtype}"

    def _unpack(self, step: Step, work: Work) -> None:
        """Take results of rank 0 out of the arrays that they come in."""
        for dtype, _ in output_shapes(work):
            targets = [self._code(value) for index, value in enumerate(step.outputs) if work.dtype(index) == dtype]  # type: ignore[arg-type]
            self._line(f"{', '.join(targets)}, = {self._packed(step, dtype)}", step)

    def _targets(self, step: Step) -> str:
        """The left side of the line that calls a kernel."""
        flat = [f"t{value}" if value is not None else "_" for value in step.outputs]
        declared, parts, position = step.opdef.outputs, [], 0
        if not declared:
            return ""
        for argument in declared:
            if not argument.is_list:
                parts.append(flat[position])
                position += 1
                continue
            count = step.attrs[argument.number] if argument.number else len(step.attrs[argument.type_list])
            parts.append(f"[{', '.join(flat[position : position + count])}]")
            position += count
        if len(parts) == 1:
            return f"{parts[0]} = "
        return f"{', '.join(parts)} = "

    def _call(self, step: Step, instead: dict[int, str]) -> str:
        """A call of the op's kernel (or its template); `instead` gives the code of inputs that are cells."""
        opdef = step.opdef
        flat = [instead[index] if index in instead else self._argument(step, index) for index in range(len(step.inputs))]
        groups, position = [], 0
        for argument in opdef.inputs:
            if argument.is_list:
                count = step.attrs[argument.number] if argument.number else len(step.attrs[argument.type_list])
                groups.append(f"[{', '.join(flat[position : position + count])}]")
                position += count
            else:
                groups.append(flat[position])
                position += 1
        tiered: Tiered | AnyShapes | None = self._tiered(step)
        template, objects = self._template_of(step) if tiered is None else (None, {})
        if tiered is None and template is None:
            tiered = self._tiered_for_any(step)
        if template is not None:
            codes = {argument.name: code for argument, code in zip(opdef.inputs, groups)}
            codes.update((name, self._object("a", thing)) for name, thing in objects.items() if "{" + name + "}" in template)
            return _UFUNC_IN_TEMPLATE.sub(lambda match: self._ufunc(match.group(1)), template.format(**codes))
        groups.extend(self._object("a", step.attrs[name]) for name in opdef.kernel_attrs)
        if opdef.needs_state:
            name = f"s{len(self.states)}"
            self.states[name] = step
            groups.append(name)
        kernel, attribute = (self._kernel(step), "") if tiered is None else (tiered, ".now")
        name = self._object("k_" + opdef.python_name + "_", kernel)
        return f"{name}{attribute}({self.xp}{''.join(', ' + code for code in groups)})"

    def _argument(self, step: Step, index: int) -> str:
        """The code of an input of a kernel."""
        return self._code(step.inputs[index])  # type: ignore[arg-type]

    def _kernel(self, step: Step) -> Any:
        return step.opdef.kernel

    def _tiered(self, step: Step) -> Tiered | None:
        """The compiled kernel of a step, where there is one."""
        is_compiled = step.opdef.name in compiled.MODULES and not self.uncompiled
        return compiled.kernel_for(step.opdef, self.program.inference(step)) if is_compiled else None

    def _tiered_for_any(self, step: Step) -> AnyShapes | None:
        """The compiled kernels of a step whose shapes are not known."""
        return None if step.cells or self.uncompiled else any_shapes.kernel_for_any(step.opdef, self.program.inference(step))

    def _template_of(self, step: Step) -> tuple[str | None, dict[str, Any]]:
        """The NumPy code that the op's declaration gives in place of a call of its kernel, and the objects that it names."""
        opdef = step.opdef
        if step.cells:
            return None, {}
        if opdef.prepare is not None:
            try:
                prepared = opdef.prepare(self.program.inference(step))
            except (ValueError, OpError):  # the kernel will complain
                prepared = None
            if prepared is not None:
                return prepared
        if opdef.inline is not None and (opdef.inline_if is None or opdef.inline_if(step.attrs)):
            return opdef.inline, step.attrs
        return None, {}

    # ------------------------------------------------------------ formulas

    def _elementwise(self, step: Step, formula: ex.Expression, instead: dict[int, str], overwritten: str | None = None) -> tuple[str, bool]:
        """The code of a formula, and whether its value is a NumPy scalar.

        instead: the code of inputs that are cells. overwritten: the code of an array into which the result may go.
        """
        arguments = step.opdef.inputs
        codes = {argument.name: instead.get(index) or self._code(step.inputs[index]) for index, argument in enumerate(arguments)}  # type: ignore[arg-type]
        shape_of = {argument.name: formulas.input_shape(self.program, step, index) for index, argument in enumerate(arguments)}
        dtype = formulas.literal_dtype(self.program, step)
        for name in ex.names(formula):
            if name not in codes:
                codes[name] = self._literal(step.attrs[name], dtype)
        rank_0 = all(shape == () for shape in shape_of.values())
        printer = ex.NumpyPrinter(codes, lambda number: self._literal(number, dtype), self._ufunc, scalar=rank_0)
        target, shape = self._buffer(step)
        count = shapes.num_elements(shape)

        def fits(part: ex.Expression) -> bool:
            makes_bools = isinstance(part, ex.Call) and part.function in ex.COMPARISONS
            return not makes_bools and _shape_of(part, shape_of) == shape

        worth_it = count is not None and count >= WORTH_OVERWRITING
        code = printer.line(formula, target=target, into=overwritten, same_shape=fits if worth_it else None)
        return code, rank_0 and "where" not in formulas.functions(formula)

    def _buffer(self, step: Step) -> tuple[str, shapes.Shape]:
        """The variable in which intermediate results of a formula lie, and the shape they must have."""
        if step.cells:
            return "buffer", formulas.variable_shape(self.program, step, next(iter(step.cells)))
        result = self.program.values[step.outputs[0]]  # type: ignore[index]
        same_type = all(
            formulas.input_dtype(self.program, step, index).kind in ("b", result.dtype.kind) for index in range(len(step.inputs))
        )
        return self._code(step.outputs[0]), result.shape if same_type else None  # type: ignore[arg-type]

    def _literal(self, number: float, dtype: dtypes.DType) -> str:
        name = f"n_{dtype.name}_{number!r}".replace(".", "p").replace("-", "m").replace("+", "")
        self.namespace.setdefault(name, dtype.numpy.type(number))
        return name

    # ------------------------------------------------------------ updates

    def _update(self, step: Step) -> None:
        """Read the cells, compute, store: in one piece, under the variables' locks if the op asks for it."""
        positions = step.update_positions()
        cells = [self._cell(step.cells[position]) for position in positions]
        locked = step.attrs.get("use_locking") or step.node.inputs[positions[0]].dtype is dtypes.resource
        if locked:
            for cell in sorted(set(cells)):
                self._line(f"with {cell}.lock:", step, comment=step.node.name)
                self.depth += 1
        self._update_inside(step, positions, cells)
        if locked:
            self.depth -= len(set(cells))

    def _update_inside(self, step: Step, positions: list[int], cells: list[str]) -> None:
        in_place = step.opdef.in_place or step.work is not None and step.work.domain != () or self._overwrites_variable(step)
        old, new = [f"v{index}" for index in range(len(cells))], [f"n{index}" for index in range(len(cells))]
        for name, cell, position in zip(old, cells, positions):
            self._line(f"{name} = exclusive({cell})" if in_place else f"{name} = {cell}.value", step)
            if step.arguments()[position].name not in step.opdef.initializes:
                self._line(f"if {name} is None: empty({cell})", step)
        self._check_stored_shape(step, positions, cells)
        temporary = [*old, *new]
        if step.work is None:
            temporary += self._compute_update(step, positions, cells)
        else:
            self._fused_update(step, positions, cells)
        for value, tensor in zip(step.outputs, step.node.outputs):
            if tensor.dtype.is_ref and value is not None and (value in self.used or self.traced):
                self._line(f"{self._code(value)} = {new[0]}", step)
                if self._is_rank_0(value):
                    self.scalars.add(value)
        self._line(f"del {', '.join(temporary)}", step)  # so that the next update sees that only the cell holds the array

    def _compute_update(self, step: Step, positions: list[int], cells: list[str]) -> list[str]:
        """The lines that compute and store what an update stores; gives the further variables that they use."""
        old, new = [f"v{index}" for index in range(len(cells))], [f"n{index}" for index in range(len(cells))]
        codes = dict(zip(positions, old))
        formula = formulas.formula_of(self.program, step) if len(cells) == 1 else None
        if formula is not None:
            code, is_scalar = self._elementwise(step, formula, codes, old[0] if self._overwrites_variable(step) else None)
        else:
            code, is_scalar = self._call(step, codes), False
        # kernels return what is no reference after the new arrays
        given = [f"t{value}" for value, tensor in zip(step.outputs, step.node.outputs) if not tensor.dtype.is_ref]
        self._line(f"{', '.join([*new, *given])} = {code}", step, comment=step.node.name)
        for name, cell, position in zip(new, cells, positions):
            stored = self._stored(step, name, position, is_scalar)
            self._line(f"{cell}.value = {name}" if stored == name else f"{cell}.value = {name} = {stored}", step)
        return ["buffer"] if "(buffer := " in code else []

    def _fused_update(self, step: Step, positions: list[int], cells: list[str]) -> None:
        """The same by a kernel, which works in the arrays of the variables; by NumPy as long as it is not compiled."""
        work: Work = step.work  # type: ignore[assignment]
        prepare = functools.partial(loaded, functools.partial(module_text, work))
        kernel = self._object("g", Fused(step.node.name, len(work.operands), prepare, _seconds(work, 1)))
        old, new = [f"v{index}" for index in range(len(cells))], [f"n{index}" for index in range(len(cells))]
        at = dict(zip(positions, old))
        inputs = []
        for index, (value, operand) in enumerate(zip(step.inputs, work.operands)):
            if index in at:
                inputs.append(f"{at[index]}[()]" if operand.is_scalar else at[index])
            else:
                inputs.append(self._as_scalar(value) if operand.is_scalar else self._code(value))  # type: ignore[arg-type]
        arrays = old
        if work.domain == ():
            arrays = [f"(packed := {self._new_array((len(cells),), work.dtype(0))})"]
        self._line(f"if not {kernel}.ready or {kernel}.now({', '.join([*inputs, *arrays])}):", step)
        self.depth += 1
        self._line(f"{kernel}.again({', '.join(inputs)})", step)
        further = self._compute_update(step, positions, cells)
        if further:
            self._line(f"del {', '.join(further)}", step)
        self.depth -= 1
        self._line("else:", step)
        self.depth += 1
        self._line(f"{', '.join(new)}{',' if work.domain == () else ''} = {'packed' if work.domain == () else ', '.join(old)}", step)
        for cell, name in zip(cells, new):
            self._line(f"{cell}.value = {name}", step)
        self.depth -= 1

    def _overwrites_variable(self, step: Step) -> bool:
        """Whether an elementwise update is computed in the variable's own array."""
        if len(step.cells) != 1 or formulas.formula_of(self.program, step) is None:
            return False
        shape = formulas.variable_shape(self.program, step, next(iter(step.cells)))
        return shapes.is_defined(shape) and shapes.num_elements(shape) >= WORTH_OVERWRITING  # type: ignore[operator]

    def _stored(self, step: Step, name: str, position: int, is_scalar: bool) -> str:
        """The code of what goes into the cell: nobody else may hold it, and rank 0 is stored as a NumPy scalar."""
        dtype = formulas.input_dtype(self.program, step, position)
        shape = formulas.variable_shape(self.program, step, position)
        if is_scalar:
            return name
        if shape == () and dtype.kind in "fiubc":
            return f"{name}[()]"
        if not step.owned:
            return f"own({name})"
        return name if shape is not None else f"settle({name})"

    def _check_stored_shape(self, step: Step, positions: list[int], cells: list[str]) -> None:
        """An op that gives a variable its first value must keep to the variable's shape; said here when it is not known before."""
        if not step.opdef.initializes or not step.attrs.get("validate_shape", True) or len(positions) != 1:
            return
        shape = formulas.variable_shape(self.program, step, positions[0])
        others = [value for value in step.inputs if value is not None]
        if not shapes.is_defined(shape) or len(others) != 1 or self.program.values[others[0]].shape == shape:
            return
        value = self._code(others[0])
        self._line(f"if {value}.shape != {shape!r}: mismatch({cells[0]}, {shape!r}, {value}.shape)", step)

    # ------------------------------------------------------------ results

    def _result(self, index: int, value: int | None) -> str:
        if value is None:
            return "None"
        code, known = self._code(value), self.program.values[value]
        if value in self.scalars:
            return code
        if known.dtype.kind == "s" or known.shape is None:
            return f"give_copy({code})" if self.program.copied[index] else f"give({code})"
        if known.dtype.kind in "rv":
            return code
        if known.shape == ():
            return f"{code}[()]"
        return copied(self.program, value, code, self._object) if self.program.copied[index] else code


def _shape_of(part: ex.Expression, shape_of: dict[str, shapes.Shape]) -> shapes.Shape:
    """The static shape of a part of a formula."""
    found: shapes.Shape = ()
    for name in ex.names(part):
        if name in shape_of:
            found = shapes.broadcast(found, shape_of[name])
    return found


def _title(step: Step) -> str:
    """What a fused step is called in messages."""
    return f"{len(step.blocks[0].steps)} steps up to {step.node.name}"


def _fused_kernel(step: Step, work: Work | RowWork | Follower) -> Fused:
    """The kernel of a fused step."""
    seconds = _seconds(work, len(step.blocks[0].steps))
    if isinstance(work, Follower):
        return Fused(_title(step), len(work.operands), work.prepare, seconds)
    text = functools.partial(rows_text if isinstance(work, RowWork) else module_text, work)  # type: ignore[arg-type]
    return Fused(_title(step), len(work.operands), functools.partial(loaded, text), seconds)


def _seconds(work: Work | RowWork | Follower, steps: int) -> float:
    """What so many fused steps take with NumPy, roughly; less if it takes longer than usual to compile."""
    if isinstance(work, Follower):
        return work.producer.seconds
    calls = steps * (1e-6 if work.domain else 2e-7)
    return (calls + work.cost * 2e-10) * 20 / (20 + steps)


def _printable(name: str) -> str:
    """A node's name as it may stand in a comment."""
    if name.isprintable():
        return name
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in name)
