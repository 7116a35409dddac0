"""The command `socle`: one sub-command for each thing that an operator or a user does.

Each sub-command lives in the module of its name and is imported only when it is called, so that
`socle validate` does not pay for the web services.
"""

import os
import sys
from importlib import import_module

import click

# Name -> (module, one line of help in French and in English).
COMMANDS = {
    "validate": ("socle.cli.validate", "Valider des fichiers contre un schéma. / Validate files."),
    "fix": ("socle.cli.fix", "Corriger ce qui peut l'être sans risque. / Repair what safely can be."),
    "schemas": ("socle.cli.schemas", "Les schémas : lister, montrer, synchroniser. / The schemas."),
    "dev": ("socle.cli.dev", "Servir toute la suite ici, rien à installer. / Serve the whole suite here."),
    "serve": ("socle.cli.serve", "Servir l'API d'un service. / Serve one service's API."),
    "work": ("socle.cli.work", "Faire tourner le travailleur d'un service. / Run one service's worker."),
    "migrate": ("socle.cli.migrate", "Mettre la base à jour. / Bring the database up to date."),
    "keys": ("socle.cli.keys", "Les clés d'API et celles qui signent les labels. / API keys, signing keys."),
    "label": ("socle.cli.label", "Vérifier hors ligne l'attestation d'un label. / Verify a label offline."),
    "reference": (
        "socle.cli.reference",
        "Le référentiel des collectivités : prévisualiser, appliquer. / The reference of collectivités.",
    ),
    "messages": ("socle.cli.messages", "Messages en échec : lister, relancer. / Failed messages."),
    "observatory": ("socle.cli.observatory", "Les fichiers de l'observatoire. / Files of the observatory."),
    "openapi": ("socle.cli.openapi", "Écrire les documents OpenAPI. / Write the OpenAPI documents."),
}


INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group that knows its sub-commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; 130 when the person stopped it, where click's 1 would say that a file is not valid."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commandes / Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(package_name="socle", prog_name="socle")
def main() -> None:
    """Socle : valider, cataloguer et recenser les données ouvertes locales (SCDL).

    Validate, catalogue and list the open data of French local governments.
    """
    _open_standard_streams()


def _open_standard_streams() -> None:
    """Give each closed standard stream to /dev/null.

    A process started without them would hand their numbers to its first files and sockets, and a library that
    writes to "standard error" would write there.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number: this one
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


if __name__ == "__main__":
    main()
