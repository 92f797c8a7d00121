#!/bin/sh
# shellcheck disable=SC2154,SC2016

test_description='copies: a push, a restore and a prune that are killed at any call

What was pushed before stays intact and readable, and the same command, run
again, ends as if nothing had happened.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

url=file://$PWD/store
fault_at_most 6

refs () {
	git -C "$1" for-each-ref --format="%(objectname) %(refname)" |
		grep -v " refs/vault/audit/" | sort
}

# whole: the store is intact, and what comes back has all of the snapshots of $1
whole () {
	git -C good vault replicate verify --level read home >"$TMPDIR/verified" &&
	rm -rf back && git vault replicate restore "$url" back 2>/dev/null &&
	refs back >actual && git -C back fsck --connectivity-only 2>/dev/null
}

test_expect_success 'a repository with a copy, and a snapshot that it lacks' '
	mkdir store && git init -q base && (
		cd base && echo one >file && git add . && test_tick &&
		git commit -q -m one && git vault -q snapshot >/dev/null &&
		echo "password: 4g8Kq2vLw9sZx7Rt" >p.yaml && git vault -q snapshot >/dev/null &&
		git vault replicate add home "$url" && git vault replicate push &&
		echo two >file && git vault -q snapshot >/dev/null
	) && cp -Rp store store.base && refs base >wanted
'

again='rm -rf one store && cp -Rp base one && cp -Rp store.base store'

test_expect_success 'a push that is killed' '
	for_each_fault kill "$again && git -C one vault replicate push" "
		rm -rf good && cp -Rp one good && whole &&
		git -C one vault replicate push && rm -rf good && cp -Rp one good &&
		whole && test_cmp wanted actual &&
		test \$(ls store/manifests | wc -l) = 1
	"
'

test_expect_success 'a restore that is killed goes on' '
	rm -rf store good && cp -Rp store.base store &&
	git -C base vault replicate push && cp -Rp base good &&
	for_each_fault kill "rm -rf again && git vault replicate restore $url again" "
		git vault replicate restore $url again 2>err ||
		{ rm -rf again && git vault replicate restore $url again; } &&
		refs again >actual && test_cmp wanted actual
	"
'

test_expect_success 'a prune that is killed leaves all that is needed' '
	rm -rf store.base && cp -Rp store store.base &&
	later=$(($(date +%s) + 9999999)) &&
	export later && for_each_fault kill "
		rm -rf one store && cp -Rp base one && cp -Rp store.base store &&
		GIT_VAULT_TEST_TIME=$later git -C one vault replicate prune \
			--grace 1s home" "
		rm -rf good && cp -Rp one good && whole && test_cmp wanted actual &&
		GIT_VAULT_TEST_TIME=$later git -C one vault replicate prune \
			--grace 1s home && rm -rf good && cp -Rp one good && whole &&
		test_cmp wanted actual
	"
'

test_done
