"""Writes docs/reference/cli.md from the `lynex` command itself. Its one argument is the file to write."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from lynex_server.app.cli import cli

_INTRODUCTION = """# The lynex command

`make up` puts it at `.venv/bin/lynex`. It reads its [settings](settings.md) from the environment. An error
that a person can act on is printed as one line; the exit status is then 1.

This page is generated from the command itself.
"""


def page() -> str:
    """The page as Markdown."""
    command: Any = typer.main.get_command(
        cli
    )  # Typer ships click inside and gives its classes no public name
    return "\n".join([_INTRODUCTION, *_commands("lynex", command)]).rstrip() + "\n"


def _commands(path: str, group: Any) -> Iterator[str]:
    for name, command in group.commands.items():
        whole = f"{path} {name}"
        if hasattr(command, "commands"):
            if command.invoke_without_command:
                yield f"## {whole}\n"
                yield f"```console\n{whole}\n```\n"
                yield f"{command.help}\n"
            yield from _commands(whole, command)
            continue
        arguments = [param for param in command.params if param.param_type_name == "argument"]
        options = [param for param in command.params if param.param_type_name == "option"]
        yield f"## {whole}\n"
        usage = " ".join([whole, *(f"<{param.name}>" for param in arguments)])
        yield f"```console\n{usage}{' [options]' if options else ''}\n```\n"
        yield f"{command.help}\n"
        if command.params:
            yield "| | default | meaning |"
            yield "| --- | --- | --- |"
            yield from (_row(param) for param in command.params)
            yield ""


def _row(param: Any) -> str:
    name = f"<{param.name}>" if param.param_type_name == "argument" else param.opts[0]
    default = "" if param.required or param.default in (None, "") else f"`{param.default}`"
    bounds = f" From {param.min} to {param.max}." if param.min is not None and param.max is not None else ""
    variable = f" Also as `{param.envvar}`." if param.envvar else ""
    return f"| `{name}` | {default} | {param.help}{bounds}{variable} |"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
