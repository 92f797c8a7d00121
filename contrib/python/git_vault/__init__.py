"""git-vault from Python: what `git vault COMMAND --json` answers, as objects.

    vault = Vault("~/work/infrastructure")
    saved = vault.snapshot("before the upgrade")
    vault.restore(saved.id, to="/tmp/before", paths=[".env"])

Each failure is an exception of its own kind: see git_vault.errors.
"""

from .errors import VaultError as VaultError
from .runner import Answer as Answer, run_program as run_program
from .vault import Vault as Vault
