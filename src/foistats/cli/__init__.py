"""The ``foistats`` command: words in, rooms called, words out.

Nothing is worked out here. Each command lies in a module of its own that is imported when the
command is called, so that ``foistats --help`` imports none of them.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module

import click

from foistats import __version__
from foistats.errors import FoistatsError, UsageError, did_you_mean

INTERRUPTED = 130
#: Where each command is, and what it does in a line.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "check": ("foistats.cli.check:check", "Check the studies' data and the declarations."),
    "list": ("foistats.cli.listing:list_reports", "List the reports and their parameters."),
    "status": ("foistats.cli.status:status", "Say what is fresh, stale or failed, and why."),
    "run": ("foistats.cli.run:run", "Run the stale reports and publish them."),
    "verify": ("foistats.cli.verify:verify", "Check that versions are intact and follow."),
    "diff": ("foistats.cli.diff:diff", "Say what changed between two versions, and why."),
    "bundle": ("foistats.cli.bundle:bundle", "Make one zip of a version, for a reviewer."),
    "claims": (
        "foistats.cli.claims:claims",
        "Put published figures on trial: can they all be true?",
    ),
    "prune": ("foistats.cli.prune:prune", "Remove old versions; a tombstone stays."),
}


class _Commands(click.Group):
    """Commands that are imported when called; an unknown one is answered with the nearest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which ones there are."""
        names = self.list_commands(ctx)
        if args and args[0] not in names and not args[0].startswith("-"):
            raise UsageError(
                f"there is no command '{args[0]}'{did_you_mean(args[0], names)}; "
                f"commands: {', '.join(names)}"
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line for each command, without importing it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="foistats", message="%(prog)s %(version)s")
def commands() -> None:
    """Make checked, versioned statistical reports from Freedom of Information answers.

    Exit codes: 0 done, 1 a report failed, 2 wrong usage, 3 wrong data, 4 verification
    differs, 5 someone else holds the lock.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    try:
        _end_in_order()
        commands.main(
            args=None if arguments is None else list(arguments),
            prog_name="foistats",
            standalone_mode=False,
        )
        sys.stdout.flush()
    except FoistatsError as fault:
        _complain(str(fault))
        return fault.exit_code
    except click.ClickException as fault:
        _complain(fault.format_message())
        return UsageError.exit_code
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted; nothing half-written is left behind")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FoistatsError.exit_code
    except SystemExit as exit:
        return int(exit.code or 0)
    return 0


class _AskedToEnd(KeyboardInterrupt):
    """A signal that asks the run to end.

    Not ``KeyboardInterrupt`` itself: when that passes through an ``exec`` of a string, as in
    an import of dataclasses, Python ends itself by SIGINT even though it was caught since.
    """


def _end_in_order() -> None:
    """Take a request to end as an interrupt, so that nothing half-done is left."""

    def end(*_: object) -> None:
        raise _AskedToEnd

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, end)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, end)


def _complain(message: str) -> None:
    click.echo(f"foistats: {message}", err=True)
