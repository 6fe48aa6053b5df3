"""All verbs of `stanch iam`."""

import typer

from stanch.cli.face import stoppable
from stanch.cli.iam_evaluate import EVALUATE, evaluate
from stanch.cli.iam_exposure import EXPOSURE, exposure
from stanch.cli.iam_reach import REACH, reach
from stanch.cli.iam_unused import UNUSED, unused_access
from stanch.cli.iam_what_can import WHAT_CAN, what_can
from stanch.cli.iam_who_can import WHO_CAN, who_can

VERBS = typer.Typer(rich_markup_mode="markdown", pretty_exceptions_enable=False)
VERBS.command(name="evaluate", epilog=EVALUATE)(stoppable(evaluate))
VERBS.command(name="reach", epilog=REACH)(stoppable(reach))
VERBS.command(name="who-can", epilog=WHO_CAN)(stoppable(who_can))
VERBS.command(name="what-can", epilog=WHAT_CAN)(stoppable(what_can))
VERBS.command(name="exposure", epilog=EXPOSURE)(stoppable(exposure))
VERBS.command(name="unused", epilog=UNUSED)(stoppable(unused_access))
