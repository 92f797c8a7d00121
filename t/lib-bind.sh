# shellcheck shell=sh disable=SC2154
# Versions of states that a test forges with the vault's id keys in hand.

# id_key: the file that holds the master of them, by this host's identity
id_key () {
	test -s .git/id-key || git cat-file blob refs/vault/keyring:master.age |
		age -d -i "${GIT_VAULT_IDENTITY-$HOME/.config/git-vault/identity}" \
			>.git/id-key
	echo .git/id-key
}

# bound: the commit on stdin, bound as it stands
bound () {
	python3 "$GIT_VAULT_SRC_DIR/t/helper/state-bind.py" "$(id_key)" "$@"
}
