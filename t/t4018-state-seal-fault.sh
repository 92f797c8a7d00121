#!/bin/sh
# shellcheck disable=SC2154

test_description='a save under "seal: sensitive" while the machine fails

Killed, without room or with broken disks at any call: what was acknowledged is
there and is given back byte for byte, and what is sensitive stands in clear
nowhere, neither in what was kept nor in what was left lying.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
secret=canary-5b1f0c77e2a94d38
moments=8
test -z "$GIT_VAULT_TEST_LONG" || moments=100

# state SERIAL [KIND]: one of many resources, each with a password, or a plan of
# as many, in which it stands before and behind
state () {
	awk -v serial="$1" -v secret=$secret 'BEGIN {
		printf "{\n \"version\": 4,\n \"terraform_version\": \"1.9.5\",\n"
		printf " \"serial\": %d,\n \"lineage\": \"one\",\n", serial
		printf " \"outputs\": {},\n \"resources\": ["
		for (i = 0; i < 120; i++) {
			printf "%s\n  {\"mode\": \"managed\", \"type\": \"t\", ", \
				i ? "," : ""
			printf "\"name\": \"n%d\", \"provider\": \"p\", ", i
			printf "\"instances\": [{\"attributes\": {\"id\": %d, ", i
			printf "\"password\": \"%s-%d-%d\", ", secret, i, \
				i == 60 ? serial : 0
			printf "\"text\": \"%0400d\"}, ", i * i
			printf "\"sensitive_attributes\": [[{\"type\": "
			printf "\"get_attr\", \"value\": \"password\"}]]}]}"
		}
		printf "\n ],\n \"check_results\": null\n}\n"
	}'
}

plan () {
	awk -v n="$1" -v secret=$secret 'BEGIN {
		printf "{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.5\","
		printf "\"variables\":{\"p\":{"
		printf "\"value\":\"%s-v\"}},\"resource_changes\":[", secret
		for (i = 0; i < 120; i++) {
			printf "%s{\"address\":\"t.n%d\",\"mode\":\"managed\",", \
				i ? "," : "", i
			printf "\"type\":\"t\",\"name\":\"n%d\",\"change\":{", i
			printf "\"actions\":[\"update\"],\"before\":{\"p\":\"%s-%d\"", \
				secret, i
			printf "},\"after\":{\"p\":\"%s-%d\",\"n\":%d,", secret, \
				i + 1, i == 60 ? n : 0
			printf "\"text\":\"%0400d\"},", i
			printf "\"before_sensitive\":{\"p\":true},"
			printf "\"after_sensitive\":{\"p\":true}}}"
		}
		printf "]}\n"
	}'
}

# saved KIND N: the version is given back as it was
saved () {
	$1 $2 >expect && rm -f back &&
		git -C "$repo" vault state restore --env prod --stack $1 --to \
			"$TRASH_DIRECTORY/back" "latest$3" && cmp expect back
}

# Nothing sensitive is in an object, in a file that was left, or in what was
# said.
is_nowhere () {
	git -C "$repo" cat-file --batch-all-objects --batch --buffer >all &&
		test_grep ! -a -F "$secret" all && rm all &&
		test_grep ! -r -a -F "$secret" "$repo/.git" &&
		test_grep ! -F "$secret" err && test_grep ! -F "$secret" id
}

# versions KIND: how many there are
versions () {
	git -C "$repo" vault state log --env prod --stack $1 | sed 1d | wc -l
}

check () {
	is_nowhere && case $fault_status in
	0) saved $kept 3 ;;
	137) ;;
	128 | 3 | 4) test_grep "^git-vault: ..*[a-z]" err ;;
	*) cat err && false ;;
	esac && let_days_pass "$repo" &&
		git -C "$repo" fsck --full --strict --no-dangling \
			--no-progress >fsck 2>&1 && test_must_be_empty fsck &&
		case $(versions $kept) in
		2) test "$fault_status" != 0 && saved $kept 2 &&
			saved $kept 1 "~1" ;;
		3) saved $kept 3 && saved $kept 2 "~1" && saved $kept 1 "~2" ;;
		*) false ;;
		esac && next
}

next () {
	$kept 4 >next.json &&
		git -C "$repo" vault state save --new --env prod --stack $kept \
			../next.json >id 2>err && saved $kept 4 &&
		is_nowhere && find "$repo/.git" "(" -name "gv_tmp_*" -o -name \
			"*.keep" -o -name "*.lock" ")" >left &&
		test_must_be_empty left &&
		git -C "$repo" vault state verify --env prod --stack $kept
}

# What git leaves beside a ref it never removes.
check_git () {
	rm -f "$repo/.git/packed-refs.lock" "$repo/.git/packed-refs.new" &&
		check
}

copy () {
	rm -rf "$repo" && cp -a "$base" "$repo"
}

save () {
	$fault_before git-vault -C "$repo" state save --new --env prod --stack $kept \
		../three.$kept >id 2>err
}

test_expect_success 'a state and a plan of two versions, in clear but for what is sensitive' '
	git init -q "$base" && (
		cd "$base" && printf "state:\n  seal: sensitive\n" \
			>.gitvault.yaml && git add . && git commit -q -m one
	) && for kind in state plan
	do
		for n in 1 2
		do
			$kind $n >$n.json &&
			git -C "$base" vault state save --new --env prod --stack \
				$kind ../$n.json || return 1
		done && $kind 3 >three.$kind || return 1
	done && git -C "$base" vault state show --env prod --stack plan --json \
		>shown && test_grep "\"seal\": *\"sensitive\"" shown &&
	kept=state && copy && save && saved state 3 && is_nowhere &&
	git -C "$repo" ls-tree -r refs/vault/state/prod/state:parts >parts &&
	test_grep "clear" parts
'

for kept in state plan
do
	for kind in kill full eio
	do
		test_expect_success "$kept, the calls of git-vault: $kind" '
			for_each_fault $kind "copy && save" check
		'
	done

	test_expect_success "$kept, killed at $moments moments" '
		killed_at_moments $moments copy save check_git
	'
done

test_done
