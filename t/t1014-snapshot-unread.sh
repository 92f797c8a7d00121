#!/bin/sh

test_description='what a snapshot could not read: restore says so, prune minds it'
. "$(dirname "$0")/test-lib.sh"

if ! test_have_prereq SETPRIV
then
	skip_all 'needs the superuser, who can run a command as nobody'
	test_done
fi

repo () {
	cd "$TRASH_DIRECTORY" && rm -rf n && mkdir n && cd n && test_create_repo r && cd r &&
		mkdir d && echo 1 >d/f && echo 1 >f && echo 1 >g && git add . &&
		git commit -q -m 1 && chown -R 65534:65534 ..
}

vault () {
	test_as_nobody git vault "$@"
}

# take [COMMAND…]: a snapshot as nobody, to whom what COMMAND names is closed
take () {
	if test $# -gt 0
	then
		chmod 0 "$@" && test_expect_code 3 vault snapshot -q --force 2>/dev/null
	else
		vault snapshot -q --force
	fi
}

lacks () {
	test_grep "lacks $1 that could not be read when it was taken; to list $2: git vault show $3" \
		"$TMPDIR/err"
}

test_expect_success 'the snapshot says how many paths it lacks' '
	repo && whole=$(take) && part=$(take f d) &&
	test_as_nobody git log -1 --format=%B refs/vault/snapshots/$part >"$TMPDIR/actual" &&
	test_grep "^Vault-Unread: 2$" "$TMPDIR/actual" &&
	test_as_nobody git log -1 --format=%B refs/vault/snapshots/$whole >"$TMPDIR/actual" &&
	test_must_fail grep Vault-Unread "$TMPDIR/actual"
'

test_expect_success 'a name that git refuses, and a FIFO, make none incomplete' '
	repo && mkdir .GIT && : >.GIT/f && mkfifo p && chown -R 65534:65534 .GIT p &&
	id=$(test_expect_code 3 vault snapshot -q 2>/dev/null) &&
	test_as_nobody git log -1 --format=%B refs/vault/snapshots/$id >"$TMPDIR/actual" &&
	test_must_fail grep Vault-Unread "$TMPDIR/actual"
'

test_expect_success 'a restore to a folder, and an archive, warn' '
	repo && whole=$(take) && part=$(take f d) &&
	test_expect_code 3 vault restore $part --to ../to 2>"$TMPDIR/err" &&
	lacks "2 paths" them $part && test_path_is_missing ../to/f && rm -r ../to &&
	test_expect_code 3 vault restore --json $part --to ../to >"$TMPDIR/json" 2>"$TMPDIR/err" &&
	test_grep "\"unread\":2," "$TMPDIR/json" &&
	test_expect_code 3 vault restore $part --to ../dry --dry-run 2>"$TMPDIR/err" &&
	lacks "2 paths" them $part &&
	test_expect_code 3 vault archive $part 2>"$TMPDIR/err" >/dev/null &&
	lacks "2 paths" them $part && rm -r ../to &&
	vault restore $whole --to ../to 2>"$TMPDIR/err" &&
	test_must_fail grep lacks "$TMPDIR/err"
'

test_expect_success 'so does one in place, which takes nothing away' '
	cd "$TRASH_DIRECTORY/n/r" && chmod 644 f && chmod 755 d && echo 2 >g &&
	test_expect_code 3 vault restore $part --in-place --delete 2>"$TMPDIR/err" &&
	lacks "2 paths" them $part && test "$(cat f d/f g)" = "$(printf "1\n1\n1")"
'

test_expect_success 'where nothing differs, the warning comes first' '
	cd "$TRASH_DIRECTORY/n/r" &&
	test_expect_code 3 vault restore $part --in-place 2>"$TMPDIR/err" &&
	sed "s/^git-vault: //;s/:.*//;s/ from.*//" "$TMPDIR/err" >"$TMPDIR/actual" &&
	test_write_lines warning "nothing differs" >"$TMPDIR/expect" &&
	test_cmp "$TMPDIR/expect" "$TMPDIR/actual"
'

test_expect_success 'one of chosen files warns of these alone' '
	cd "$TRASH_DIRECTORY/n/r" && vault restore $part --to ../to1 g 2>"$TMPDIR/err" &&
	test_must_fail grep lacks "$TMPDIR/err" && rm -r ../to1 &&
	test_expect_code 3 vault restore $part --to ../to1 f g 2>"$TMPDIR/err" &&
	lacks "1 path" it $part && rm -r ../to1
'

test_expect_success 'prune keeps the newest that lacks nothing' '
	repo && first=$(take) && whole=$(take) && part=$(take f) && last=$(take f) &&
	chmod 644 f && vault prune --keep-last 1 >/dev/null 2>&1 &&
	vault list >"$TMPDIR/actual" && test_grep $whole "$TMPDIR/actual" &&
	test_grep $last "$TMPDIR/actual" && test_must_fail grep $part "$TMPDIR/actual" &&
	test_must_fail grep $first "$TMPDIR/actual" &&
	healed=$(take) && vault prune --keep-last 1 >/dev/null 2>&1 &&
	vault list >"$TMPDIR/actual" && test_grep $healed "$TMPDIR/actual" &&
	test_must_fail grep $whole "$TMPDIR/actual"
'

test_done
