"""Programs and plans in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd_lite.compiler.passes.memory import peak_bytes
from autograd_lite.compiler.program import FUSED, HANDLE, IF, READ, Program, Step
from autograd_lite.core import shapes

if TYPE_CHECKING:
    from autograd_lite.compiler.plan import Plan


def program_text(program: Program) -> str:
    """One line per step: `v7 float32[2,3] = MatMul(v5, v6)  # layer/MatMul`."""
    lines = [f"  feed {_value(program, value)}" for value in program.feeds]
    used = {value for step in program.steps for value in step.all_inputs() if value is not None} | {
        v for v in program.results if v is not None
    }
    lines += [f"  constant {_value(program, value)} = {_constant_text(program, value)}" for value in program.constants if value in used]
    lines += [f"  {line}" for step in program.steps for line in _step_lines(program, step)]
    results = ", ".join("nothing" if value is None else f"v{value}" for value in program.results)
    return "\n".join([*lines, f"  give {results}"])


def _value(program: Program, value: int | None) -> str:
    if value is None:
        return "variable"
    known = program.values[value]
    return f"v{value} {known.dtype.name}{'' if known.shape is None else shapes.text(known.shape)}"


def _constant_text(program: Program, value: int) -> str:
    array = program.constants[value]
    return str(array.tolist()) if array.size <= 6 else f"{array.size} numbers"


def _step_lines(program: Program, step: Step) -> list[str]:
    """A step, with the steps inside it moved in."""
    if not step.blocks:
        return [_step_text(program, step)]
    outputs = ", ".join(_value(program, value) for value in step.outputs)
    if step.kind == FUSED:
        return _fused_lines(program, step, outputs)
    if step.kind == IF:
        heads = [f"{outputs + ' = ' if outputs else ''}if not v{step.inputs[0]}:  # {step.node.name}", "else:"]
    else:
        starts = ", ".join(f"v{param} from v{start}" for param, start in zip(step.params, step.inputs))
        heads = [f"{outputs + ' = ' if outputs else ''}while, with {starts}:  # {step.node.name}", "do:"]
    lines: list[str] = []
    for head, block in zip(heads, step.blocks):
        lines.append(head)
        lines += [f"  {line}" for inner in block.steps for line in _step_lines(program, inner)]
        lines.append(f"  give {', '.join('nothing' if value is None else f'v{value}' for value in block.results)}")
    return lines


def _fused_lines(program: Program, step: Step, outputs: str) -> list[str]:
    """A fused step, and the steps that it stands for."""
    inner = step.blocks[0].steps
    inputs = ", ".join(f"v{value}" for value in step.inputs)
    reused = [f"v{value} goes into v{old}" for value, old in step.reuses.items()]
    dropped = [f"then drops {', '.join(f'v{value}' for value in step.drops)}"] if step.drops else []
    head = "; ".join([f"{outputs} = fused({inputs}), {len(inner)} steps in one", *reused, *dropped])
    return [f"{head}:", *(f"  {line}" for each in inner for line in _step_lines(program, each))]


def _step_text(program: Program, step: Step) -> str:
    name = step.node.name
    if step.kind == READ:
        when = " when all else is done" if step.is_late else ""
        return f"{_value(program, step.outputs[0])} = read {program.cells[step.cells[0]].name}{when}  # for {name}"
    if step.kind == HANDLE:
        return f"{_value(program, step.outputs[0])} = handle of {name}"
    inputs = [f"&{program.cells[step.cells[i]].name}" if i in step.cells else f"v{value}" for i, value in enumerate(step.inputs)]
    outputs = ", ".join(_value(program, value) for value in step.outputs)
    text = f"{outputs} = " if outputs else ""
    text += f"{step.opdef.name}({', '.join(inputs)})  # {name}"
    if step.into is not None:
        text += f"; overwrites v{step.into}"
    if step.drops:
        text += f"; then drops {', '.join(f'v{value}' for value in step.drops)}"
    return text


def plan_text(plan: Plan) -> str:
    """All that is known of a plan: the program after every pass, the code, the memory."""
    before = ["", *(text for _, text in plan.stages)]
    parts = [f"after {name}:" + (" no change" if text == old else f"\n{text}") for (name, text), old in zip(plan.stages, before)]
    parts.append(f"code:\n{plan.source}")
    program = plan.program
    peak, unknown = peak_bytes(program)
    rest = f", and {unknown} values whose size is known only in the run" if unknown else ""
    in_place = sum(step.into is not None for step in program.steps)
    parts.append(
        f"memory: at most {peak} bytes of values at once{rest}; {in_place} results go into arrays that are done with; "
        f"{sum(program.copied)} of {len(program.results)} results are copied for the caller"
    )
    return "\n".join(parts)
