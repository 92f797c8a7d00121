#!/bin/sh
# shellcheck disable=SC2154

test_description='killed at any moment, no command leaves a planted value behind

What takes values in, gives them back or changes who may read them, is ended by
kill -9 at random moments; afterwards no value is in .git, $TMPDIR, $HOME or a
process, and the next command does its work. GIT_VAULT_TEST_LONG=1 takes more of
them.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-canary.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
moments=5
test -z "$GIT_VAULT_TEST_LONG" || moments=200

say_ "# GIT_VAULT_TEST_SEED=$fault_seed"

# run COMMAND…: to be killed; what it says is looked at
run () {
	# shellcheck disable=SC2086
	(cd "$repo" && $fault_before git-vault "$@") >"$canary/said/out" \
		2>"$canary/said/err"
}

# killed_at SETUP RUN CHECK: in the last of the base as it is
killed_at () {
	killed_at_moments "$moments" "canary_renew && $1" "$2" "$3"
}

# is_hidden DIR: what of our values stands below is for nobody else, but in a
# restored tree that is whole
is_hidden () {
	find "$1" -type d ! -perm /077 -prune -o -type f -perm /077 \
		! -path "$canary/back/to/*" -print | leaked_ >"$canary/open" &&
	if test -s "$canary/open"
	then
		echo "others can read:" && cat "$canary/open"
		return 1
	fi
}

test_expect_success 'a vault of two, with values of all kinds' '
	git init -q "$base" && cd "$base" && mkdir -p live/prod live/dev large &&
	echo .env >.gitignore && echo plain >plain.txt && theirs git add . &&
	theirs git commit -q -m first &&
	printf "A=%s\nB=%s\n" "$(plant a)" "$(plant b)" >.env && block .env &&
	echo "password: $(plant prod)" >live/prod/a.yaml &&
	echo "password: $(plant dev)" >live/dev/a.yaml && {
		test_seq 1 60000 && echo "password: $(plant chunked)" &&
		test_seq 1 60000
	} >large/a.yaml && git config vault.chunkThreshold 256k &&
	git config gc.auto 0 &&
	git vault key generate -o "$canary/bob.key" >"$canary/bob.pub" &&
	canary_keys=$canary/bob.key && git vault -q snapshot &&
	git vault key add --name bob "$(head -n 1 "$canary/bob.pub")" &&
	canary_settle && look
'

edit () {
	cd "$repo" && echo "C=$(plant c)" >>.env && block .env &&
	sed -i "s/password: .*/password: $(plant prod2)/" live/prod/a.yaml &&
	echo "token: $(plant more)" >new.yaml
}

test_expect_success 'a snapshot' '
	killed_at edit "run snapshot" canary_next
'

test_expect_success 'a restore to a new directory' '
	killed_at "rm -rf \"$canary/back\" && mkdir \"$canary/back\"" \
		"run restore latest --to \"$canary/back/to\"" \
		"is_hidden \"$canary/back\" && canary_next"
'

# What was staged for the working tree lies in .git until the next command.
mess () {
	cd "$repo" && rm .env && echo broken >live/prod/a.yaml &&
	echo broken >large/a.yaml
}

check_in_place () {
	is_hidden "$repo/.git" && git -C "$repo" vault list &&
		let_days_pass "$repo" &&
		git -C "$repo" vault restore tag:first --in-place &&
		diff -r -x .git "$base" "$repo" && canary_next
}

test_expect_success 'a restore in place' '
	killed_at "mess && git -C \"$repo\" vault tag latest first" \
		"run restore tag:first --in-place" check_in_place
'

bob_is_gone () {
	canary_next && {
		! git -C "$repo" vault key show bob ||
			git -C "$repo" vault key remove bob
	} && git -C "$repo" vault key reseal && look "$repo" &&
	git -C "$repo" vault secret list >"$canary/said/list" &&
	test_expect_code 5 env GIT_VAULT_IDENTITY="$canary/bob.key" \
		"$GIT_VAULT_BUILD_DIR/t/helper/safe-tool" all prod \
		>"$canary/opened"
}

test_expect_success 'the removal of a key' '
	killed_at true "run key remove bob" "cd \"$repo\" && bob_is_gone"
'

test_expect_success 'the rotation of our own key' '
	killed_at true "run key rotate" \
		"canary_next && git -C \"$repo\" vault key reseal && look \"$repo\""
'

the_id () {
	git -C "$repo" vault secret list --scope prod --json |
		grep -o "\"id\": *\"[0-9a-f]*" | sed "s/.*\"//" | sed -n 1p
}

test_expect_success 'the rotation of a value' '
	plant rotated >"$canary/value" && canary_renew && id=$(the_id) &&
	test -n "$id" &&
	killed_at true \
		"run secret rotate --patch --value-from \"$canary/value\" $id" \
		"canary_next && git -C \"$repo\" vault secret show $id"
'

# A value that nothing takes for one.
test_expect_success 'the purge of a value' '
	canary_renew && cd "$repo" && echo plain-looking-thing >"$canary/value" &&
	cat "$canary/value" >>"$canary/values" && echo "note: plain-looking-thing" >notes &&
	git vault -q snapshot && rm notes && cd .. &&
	rm -rf "$base" && cp -a "$repo" "$base" && canary_settle &&
	purge_ends () {
		let_days_pass "$repo" && git -C "$repo" vault secret purge --stdin <"$canary/value" &&
			git -C "$repo" vault fold --reclaim --expire=now &&
			canary_next
	} &&
	killed_at true \
		"run secret purge --stdin <\"$canary/value\"" purge_ends
'

test_done
