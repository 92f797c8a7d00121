# shellcheck shell=sh disable=SC2034
# Clones of a bare repository "remote", and what locks stand where. Source it
# after test-lib.sh.
#
#	clones ann bob
#	lock ann && stands ann && unlock ann && none ann bob remote

top=$PWD ref=refs/vault/locks/prod/default

# clones WHO…: the remote, and a clone of it for each
clones () {
	git init -q --bare "$top/remote" && rm -f "$top/remote/hooks"/* &&
		for who_
		do
			git clone -q "$top/remote" "$top/$who_" 2>/dev/null ||
				return 1
		done
}

# in_ WHO COMMAND…: in the clone of somebody
in_ () {
	(
		cd "$top/$1" || exit 1
		shift
		"$@"
	)
}

lock () {
	in_ "$1" git vault state lock --new --env prod --remote origin
}

unlock () {
	in_ "$1" git vault state unlock --env prod --remote origin
}

# locks_of WHO: their refs
locks_of () {
	git -C "$top/$1" for-each-ref --format="%(objectname) %(refname)" \
		refs/vault/locks
}

# stands WHO…: they and the remote have the same one lock
stands () {
	locks_of remote >"$top/there" && test "$(wc -l <"$top/there")" = 1 &&
		for who_
		do
			locks_of "$who_" >"$top/here" &&
				test_cmp "$top/there" "$top/here" || return 1
		done
}

# none WHO…: they have none
none () {
	for who_
	do
		locks_of "$who_" >"$top/here" &&
			test_must_be_empty "$top/here" || return 1
	done
}
