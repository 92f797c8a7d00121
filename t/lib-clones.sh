# shellcheck shell=sh disable=SC2154
# Clones of one remote, each with a home of its own. Source this after
# test-lib.sh.
#
#	git init -q --bare remote && clone alice && clone bob
#	as alice git vault snapshot && push alice

top=$PWD

# as WHO COMMAND…: in the clone and with the home of somebody
as () {
	(
		HOME=$top/$1
		XDG_CONFIG_HOME=$HOME/.config
		export HOME XDG_CONFIG_HOME
		cd "$top/$1/clone" || exit 1
		shift
		"$@"
	)
}

# clone WHO: a home, and a clone of the remote
clone () {
	mkdir "$top/$1" && cp "$HOME/.gitconfig" "$top/$1" &&
		git clone -q "$top/remote" "$top/$1/clone" 2>/dev/null
}

# push WHO [OPTION]: but not what each host tells of itself, since all are one
# host here
push () {
	who_=$1
	shift
	as "$who_" git push -q "$@" origin \
		"refs/vault/keyring*:refs/vault/keyring*" \
		"refs/vault/secrets/*:refs/vault/secrets/*" \
		"refs/vault/snapshots/*:refs/vault/snapshots/*"
}
