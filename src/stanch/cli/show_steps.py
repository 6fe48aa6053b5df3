"""Steps as people read them: a plan before anything happens, each change as it happens, what undo left alone."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stanch.cli.face import one_line
from stanch.cli.folding import Folding
from stanch.cli.show import counted
from stanch.domain.arn import Arn, ArnError
from stanch.domain.step import Collateral, Step, StepState

_MARK = {
    StepState.PLANNED: ("o", "cyan"),
    StepState.APPLIED: (">", "yellow"),
    StepState.VERIFIED: ("+", "green"),
    StepState.FAILED: ("x", "bold red"),
    StepState.UNDONE: ("<", "magenta"),
    StepState.SKIPPED: ("-", "dim"),
}
_COLLATERAL = {
    Collateral.NONE: "green",
    Collateral.LOW: "green",
    Collateral.MEDIUM: "yellow",
    Collateral.HIGH: "bold red",
}


def steps(all_steps: Sequence[Step]) -> Group:
    """A plan: each step with its calls, what it breaks and the way back; then what it comes to, by resource."""
    told = [step for step in all_steps if not idle(step)]
    blocks: list[RenderableType] = []
    why = ""
    for number, step in enumerate(told, start=1):
        blocks += [_block(number, step, why), Text("")]
        why = step.why
    nothing = [step for step in all_steps if idle(step)]
    if nothing:
        blocks.append(Text(f"Nothing to do for {counted(len(nothing), 'step')}:", style="dim"))
        blocks += [_listed([_idle(step) for step in nothing], "dim"), Text("")]
    return Group(*blocks, summary(told), Text(""))


def idle(step: Step) -> bool:
    """Whether a step has nothing to do, and leaves nothing open."""
    return step.state is StepState.SKIPPED and bool(step.settings.get("aside")) and not step.settings.get("accepted")


def _idle(step: Step) -> str:
    why = step.why.removeprefix("nothing to do: ")
    return f"{step.action} on {_short(step.resource)}: {why}"


def _listed(texts: Sequence[str], style: str = "") -> Table:
    """Each text with a dash before it; what is broken into lines stays one item to the eye."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for text in texts:
        table.add_row(Text("-", style="dim"), Folding(_flat(text), style=style))
    return table


def summary(told: Sequence[Step]) -> Table:
    """What a plan comes to: one line for each resource, with how much it breaks and what is done to it."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("resource", overflow="fold")
    table.add_column("collateral", no_wrap=True)
    table.add_column("steps", overflow="fold")
    together: dict[str, list[Step]] = {}
    for step in told:
        together.setdefault(step.resource, []).append(step)
    for resource, some in together.items():
        level = max((step.collateral for step in some if step.collateral), key=lambda one: one.rank, default=None)
        mark = Text(level, style=_COLLATERAL[level]) if level else Text("-", style="dim")
        ends = {step.state for step in some}
        whole = f"{some[0].state}: " if len(ends) == 1 and some[0].state is not StepState.PLANNED else ""
        words = whole + ", ".join(_called(step) + ("" if whole else _ending(step)) for step in some)
        table.add_row(Folding(_short(resource), style="bold"), mark, one_line(words))
    return table


def _called(step: Step) -> str:
    return step.action.rpartition("/")[2].replace("_", " ")


def _ending(step: Step) -> str:
    return "" if step.state is StepState.PLANNED else f" ({step.state.value})"


def _short(resource: str) -> str:
    """A resource as a person calls it: `role vllm-serving`, `bucket acme-weights`."""
    try:
        arn = Arn.parse(resource)
    except ArnError:
        return one_line(resource).plain
    return one_line(f"{arn.kind} {arn.name}").plain


def _block(number: int, step: Step, said: str) -> Group:
    """One step; why it is planned is left out where the one before it `said` the same."""
    mark, colour = _MARK[step.state]
    planned = step.state is StepState.PLANNED
    head = Text.assemble(f"{number:2} ", (mark, colour), " ", (one_line(step.action).plain, "bold"))
    if not planned:
        head.append(f"  {step.state.value}", style=colour)
    elif step.collateral is not None:
        head.append(f"  collateral {step.collateral}", style=_COLLATERAL[step.collateral])
    told = Table.grid(padding=(0, 1))
    told.add_column(style="dim", no_wrap=True, width=10, justify="right")
    told.add_column(overflow="fold")
    told.add_row("on", one_line(step.resource))
    if step.state is StepState.VERIFIED:
        told.add_row("", Text("proven, and it still stands", style=colour))
        return Group(head, told)
    if not planned or step.why != said:
        told.add_row("because", Folding(_flat(step.why), style="" if planned else colour))
    for name, texts in (("calls", step.calls), ("breaks", step.breaks), ("undo", (step.undo,) if step.undo else ())):
        if texts:
            told.add_row(name, Folding(_flat(texts[0])) if len(texts) == 1 else _listed(texts))
    return Group(head, told)


def progress(step: Step) -> Text:
    """One change of one step, as it happens."""
    mark, colour = _MARK[step.state]
    line = Text.assemble(
        (f" {mark} {step.state.value:9}", colour), " ", one_line(step.action), "  ", one_line(step.resource)
    )
    if step.proof is not None and step.state is not StepState.UNDONE:
        for what in step.proof.what:
            line.append(f"\n             {step.proof.method.value}: {_flat(what)}", style="dim")
    elif step.state in {StepState.FAILED, StepState.SKIPPED}:
        line.append(f"\n             {_flat(step.why)}", style=colour)
    return line


def waiting(step: Step) -> Text:
    """A step that waits for another stanch."""
    mark, colour = _MARK[StepState.PLANNED]
    line = Text.assemble((f" {mark} {'waiting':9}", colour), " ", one_line(step.action), "  ", one_line(step.resource))
    return line.append(f"\n             {_flat(step.why)}", style=colour)


def not_undone(step: Step) -> Text:
    """A step that undo left alone, with what somebody else changed."""
    line = Text.assemble((" x not undone", "bold red"), " ", one_line(step.action), "  ", one_line(step.resource))
    for part in step.why.removeprefix("not undone: ").splitlines():
        line.append("\n             ").append_text(one_line(part))
    return line


def _flat(text: str) -> str:
    return one_line(text.replace("\n", " ")).plain
