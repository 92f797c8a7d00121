# shellcheck shell=sh disable=SC2154
# People with clones and keys of their own, and one time for all of them. Source this
# after test-lib.sh and lib-clones.sh.
#
#	later SECONDS	so much time passes; $now is it
#	share WHO…	all that the vault has, there and back
#	enlist WHO	a clone with a key, which alice adds, and by what it signs

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

now=1763800000
GIT_VAULT_TEST_TIME=$now
export GIT_VAULT_TEST_TIME

later () {
	now=$((now + $1)) && GIT_VAULT_TEST_TIME=$now
}

share () {
	for sharing_
	do
		as "$sharing_" git vault sync >sync.out 2>&1 ||
			{ cat sync.out && return 1; }
	done
}

enlist () {
	clone "$1" && as "$1" git vault key generate >"$1.pub" &&
		as "$1" git config vault.auditName "$1" &&
		as "$1" git vault init -q 2>/dev/null &&
		as alice git vault key add --name "$1" --signer \
			"$(sed -n 2p "$1.pub")" "$top/$1.pub" >/dev/null
}
