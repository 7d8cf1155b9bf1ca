"""The command `ablate`: parses, calls the API, prints. It decides nothing."""

from ablate.cli.app import app, main
from ablate.cli.console import add_row, complain, console, is_watched, new_table, print_json
from ablate.cli.exits import exit_code_of
from ablate.cli.options import DataRoot, Json, Profile, Sets
from ablate.cli.plan import plan_table

__all__ = [
    "DataRoot",
    "Json",
    "Profile",
    "Sets",
    "add_row",
    "app",
    "complain",
    "console",
    "exit_code_of",
    "is_watched",
    "main",
    "new_table",
    "plan_table",
    "print_json",
]
