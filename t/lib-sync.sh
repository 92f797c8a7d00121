# shellcheck shell=sh disable=SC2154
# Clones that sync. Source this after test-lib.sh and lib-clones.sh.
#
#	start_team && join bob
#	on alice git vault snapshot && sync alice && sync bob && is_same alice bob

# Each clone is on a host of its own where that can be made so, since a host has
# one chain of the audit; else nothing of that is looked at.
test_lazy_prereq HOSTS 'unshare -u hostname here'
own_hosts=
! test_have_prereq HOSTS || own_hosts=t

# on WHO COMMAND…: in the clone, with the home and on the host of somebody
on () {
	if test "$own_hosts"
	then
		who_=$1
		shift
		as "$who_" unshare -u sh -c 'hostname "$0" && exec "$@"' "$who_" "$@"
	else
		as "$@"
	fi
}

# sync WHO [OPTION…]: what it prints is in $top/WHO/sync.out and .err
sync () {
	syncing_=$1
	shift
	test "$own_hosts" ||
		as "$syncing_" sh -c "git for-each-ref --format='delete %(refname)' \
			refs/vault/audit | git update-ref --stdin"
	on "$syncing_" git vault sync "$@" >"$top/$syncing_/sync.out" \
		2>"$top/$syncing_/sync.err"
}

# start_team: a remote with one commit, and alice, who has a keyring
start_team () {
	git init -q --bare "$top/remote" && clone alice &&
		as alice sh -c "printf \".env*\\n\" >.gitignore && git add . &&
			git commit -q -m one && git push -q origin HEAD" &&
		on alice git vault init -q && sync alice
}

# join WHO…: clones with a key, which alice adds
join () {
	for who_new_ in "$@"
	do
		clone "$who_new_" &&
			on "$who_new_" git vault key generate >"$top/$who_new_.pub" &&
			on "$who_new_" git vault init -q 2>/dev/null &&
			on alice git vault key add --name "$who_new_" \
				"$top/$who_new_.pub" >/dev/null &&
			sync alice && sync "$who_new_" || return 1
	done
}

# known WHO REMOTE: what a clone knows a remote to have, by the names that it
# has here. A snapshot has no copy there that ours is the same as.
known () {
	{
		as "$1" git for-each-ref --format="%(objectname) %(refname)" \
			"refs/vault-remote/$2" |
			sed -e "s,vault-remote/$2,vault," \
				-e "s,vault/notes,notes,"
		as "$1" git vault list --on "$2" --id-only |
			sed "s,.*,refs/vault/snapshots/& refs/vault/snapshots/&," |
			as "$1" git cat-file --batch-check="%(objectname) %(rest)"
	} | LC_ALL=C sort
}

# take WHO TEXT: a snapshot of what is sealed; its id
take () {
	on "$1" sh -c 'echo "SECRET=$1" >.env && git vault -q snapshot --force' \
		- "$2" | tail -n 1
}

# state_of SERIAL LINEAGE: the file of a state
state_of () {
	printf '{"version":4,"terraform_version":"1.9.8","serial":%d,
	"lineage":"%s","outputs":{},"resources":[{"mode":"managed",
	"type":"null_resource","name":"a%d","provider":"provider[\\"x\\"]",
	"instances":[{"schema_version":0,"attributes":{"id":"%d"}}]}]}\n' \
		"$1" "$2" "$1" "$1"
}

# save_state WHO STACK SERIAL [LINEAGE]
save_state () {
	state_of "$3" "${4:-one}" >"$top/$1/$2.tfstate" &&
		on "$1" git vault -q state save --new --env prod --stack "$2" \
			"$top/$1/$2.tfstate" >/dev/null
}

# records DIR: the refs that travel
records () {
	git -C "$1" for-each-ref --format='%(refname) %(objectname)' \
		refs/vault refs/notes/vault |
		grep -v -e ' refs/vault/locks/' -e ' refs/vault/idkey'
}

# is_same WHO…: these have what the remote has, and nothing else
is_same () {
	records "$top/remote" >"$top/expect.refs" && for who_ in "$@"
	do
		records "$top/$who_/clone" >"$top/actual.refs" &&
			test_cmp "$top/expect.refs" "$top/actual.refs" &&
			git -C "$top/$who_/clone" fsck --no-dangling \
				--connectivity-only || return 1
	done
}
