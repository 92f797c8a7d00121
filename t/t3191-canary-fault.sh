#!/bin/sh
# shellcheck disable=SC2154

test_description='a snapshot that seals, and a change of keys, killed or without room at any call

Afterwards no value stands in clear, there is no keyring that no identity opens,
git finds nothing wrong, and the next command does its work.
GIT_VAULT_TEST_LONG=1 strikes every call.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-canary.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
config=$XDG_CONFIG_HOME/git-vault out=$canary/out
fault_at_most 6

test_expect_success 'a repository with values' '
	git init -q "$base" && cd "$base" && mkdir -p live/prod live/dev &&
	echo .env >.gitignore && theirs git add . && theirs git commit -q -m first &&
	printf "A=%s\nB=%s\n" "$(plant a)" "$(plant b)" >.env && block .env &&
	echo "password: $(plant prod)" >live/prod/a.yaml &&
	echo "password: $(plant dev)" >live/dev/a.yaml
'

first () {
	canary_renew && git -C "$repo" vault -q snapshot >"$canary/said/out" \
		2>"$canary/said/err"
}

for mode in kill full
do
	test_expect_success "the first snapshot, which makes the keyring: $mode" '
		for_each_fault $mode first canary_next
	'
done

test_expect_success 'a keyring' '
	git vault key generate -o "$canary/bob.key" >"$canary/bob.pub" &&
	canary_keys=$canary/bob.key && canary_renew && cd "$repo" &&
	git vault -q snapshot && cd .. && rm -rf "$base" &&
	cp -a "$repo" "$base" && canary_settle &&
	echo "password: $(plant prod2)" >"$base/live/prod/a.yaml" &&
	echo "C=$(plant c)" >>"$base/.env"
'

for mode in kill full
do
	test_expect_success "a snapshot with a keyring: $mode" '
		for_each_fault $mode first canary_next
	'
done

add () {
	canary_renew && git -C "$repo" vault key add --name bob \
		"$(head -n 1 "$canary/bob.pub")" >"$canary/said/out" \
		2>"$canary/said/err"
}

# as_bob COMMAND…
as_bob () {
	GIT_VAULT_IDENTITY=$canary/bob.key git -C "$repo" vault "$@"
}

# Again, what was begun comes to its end.
check_add () {
	canary_next && {
		git -C "$repo" vault key show bob ||
			git -C "$repo" vault key add --name bob \
				"$(head -n 1 "$canary/bob.pub")"
	} && git -C "$repo" vault key reseal && look "$repo" &&
		rm -rf "$canary/to" &&
		as_bob -q restore latest --to "$canary/to" &&
		diff -r -x .git "$repo" "$canary/to"
}

for mode in kill full
do
	test_expect_success "somebody may read what is sealed: $mode" '
		for_each_fault $mode add check_add
	'
done

test_expect_success 'he may' '
	add && cd .. && rm -rf "$base" && cp -a "$repo" "$base" && canary_settle
'

leave () {
	canary_renew && git -C "$repo" vault key remove bob >"$canary/said/out" \
		2>"$canary/said/err"
}

# He who is gone opens none of the seals that stand in the scopes now; what was
# sealed for him before he has seen.
bob_opens () {
	(
		cd "$repo" && GIT_VAULT_IDENTITY=$canary/bob.key &&
			export GIT_VAULT_IDENTITY &&
			"$GIT_VAULT_BUILD_DIR/t/helper/safe-tool" all "$1"
	) >"$canary/opened"
}

check_leave () {
	canary_next && {
		! git -C "$repo" vault key show bob ||
			git -C "$repo" vault key remove bob
	} && git -C "$repo" vault key reseal && look "$repo" &&
		rm -rf "$canary/to" &&
		git -C "$repo" vault -q restore latest --to "$canary/to" &&
		diff -r -x .git "$repo" "$canary/to" &&
		test_expect_code 5 bob_opens prod &&
		test_expect_code 5 bob_opens dev &&
		test_expect_code 5 bob_opens shared
}

for mode in kill full
do
	test_expect_success "he may no longer: $mode" '
		for_each_fault $mode leave check_leave
	'
done

turn () {
	canary_renew && git -C "$repo" vault key rotate >"$canary/said/out" \
		2>"$canary/said/err"
}

# Whatever key the keyring names, it is at hand, and the same command goes on.
check_turn () {
	canary_next && git -C "$repo" vault key show && {
		test $fault_status = 0 || git -C "$repo" vault key rotate
	} && look "$repo" && rm -rf "$canary/to" &&
		git -C "$repo" vault -q restore latest --to "$canary/to" &&
		diff -r -x .git "$repo" "$canary/to"
}

for mode in kill full
do
	test_expect_success "our own key is another one: $mode" '
		for_each_fault $mode turn check_turn
	'
done

# said COMMAND…: a command of git vault, whose words are looked at
said () {
	canary_renew && (cd "$repo" && git-vault "$@") \
		>"$canary/said/out" 2>"$canary/said/err"
}

test_expect_success 'what is put in the place of a value: kill and full' '
	plant rotated >"$canary/value" &&
	snap=$(git -C "$base" vault -q snapshot) && canary_renew && cd "$repo" &&
	id=$(git show "refs/vault/snapshots/$snap:meta/secrets" |
		sed -n "s,^s .* \([0-9a-f]*\) [0-9a-f]* live/prod/a.yaml\$,\1,p") &&
	test -n "$id" && for mode in kill full
	do
		for_each_fault $mode \
			"said secret rotate --patch --value-from \"$canary/value\" $id" \
			canary_next || return 1
	done
'

test_expect_success 'what is put back in place, and the disk is full' '
	rm "$base/.env" && echo broken >"$base/live/prod/a.yaml" &&
	for_each_fault full "said restore latest --in-place" canary_next
'

test_expect_success 'a host that may only write names by a key of its own, and opens nothing' '
	canary_renew && cd "$repo" && git vault key generate -o "$canary/ci.key" >"$canary/ci.pub" &&
	git vault key add --name ci --role writer "$(head -n 1 "$canary/ci.pub")" &&
	git vault -q snapshot --force --json >$out && git cat-file blob \
		$(sed -n "s/.*\"commit\":\"\([0-9a-f]*\)\".*/\1/p" $out):meta/secrets |
		cut -d" " -f6 | sort -u >$canary/ids &&
	rm -rf .git/vault && GIT_VAULT_IDENTITY=$canary/ci.key &&
	export GIT_VAULT_IDENTITY && test_when_finished "unset GIT_VAULT_IDENTITY" &&
	git vault snapshot --force --json >$out && test_grep "\"sealed\":1" $out &&
	git cat-file blob $(sed -n "s/.*\"commit\":\"\([0-9a-f]*\)\".*/\1/p" $out):meta/secrets |
		cut -d" " -f6 | sort -u >$canary/ids2 && test_file_not_empty $canary/ids2 &&
	! comm -12 $canary/ids $canary/ids2 | grep . &&
	test_expect_code 5 git vault -q restore latest --to $canary/opened2 && look
'

generate () {
	rm -rf keys && mkdir keys && git vault key generate -o keys/id >print 2>err
}

# elsewhere it has two for a moment, by link() and unlink()
test_expect_success LINUX 'an identity that is made has one name at any call' '
	for_each_fault kill generate "
		cat keys/* 2>/dev/null | grep -c AGE-SECRET-KEY >n; test \$(cat n) -le 1
	"
'

test_expect_success 'also where no new name can be told from an old one' '
	for_each_fault einval generate "
		case \$fault_status.\$fault_call in
		0.*) echo id >expect ;;
		128.rename*) false ;;
		*) : >expect ;;
		esac && ls keys >actual && test_cmp expect actual
	"
'

test_done
