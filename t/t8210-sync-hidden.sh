#!/bin/sh
# shellcheck disable=SC2154

test_description='a remote that does not show what it takes'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

# is_told WHO NAME [OPTION…]: sync says that a ref of that name is not shown
is_told () {
	told_=$2
	test_expect_code 128 sync "$1" ${3:+"$3"} &&
		test_grep "hides them, such as $told_.*doctor origin" \
			"$top/$1/sync.err"
}

# meanwhile WHO COMMAND: done once, when a push of WHO has begun
meanwhile () {
	test_write_lines "#!/bin/sh" "test -e '$top/done' || {" "$2" \
		"} >'$top/done' 2>&1" 'exec git-receive-pack "$@"' \
		>"$top/receive" && chmod +x "$top/receive" && rm -f "$top/done" &&
		as "$1" git config remote.origin.receivepack "$top/receive"
}

test_expect_success 'two clones' '
	test_tick && start_team && join bob && take alice first >first &&
	sync alice && sync bob
'

test_expect_success 'what others have sent is not told as nothing' '
	git -C remote config uploadpack.hideRefs refs/vault &&
	take bob second >second && is_told bob refs/vault/ &&
	git -C remote rev-parse -q --verify \
		"refs/vault/snapshots/$(cat second)" &&
	is_told alice refs/vault/ && test_grep ! "is in sync" alice/sync.err &&
	test_might_fail on alice git vault doctor origin >out 2>&1 &&
	test_grep "accepts refs below refs/vault/ but hides them," out
'

test_expect_success 'nor is it a race where both have changed something' '
	on bob git vault tag "$(cat second)" two && is_told bob refs/vault/ &&
	on alice git vault delete "$(cat first)" && is_told alice refs/vault/ &&
	test_grep ! "moved meanwhile" alice/sync.err
'

test_expect_success 'some of it hidden is told, too, and goes on when it is not' '
	git -C remote config uploadpack.hideRefs refs/vault/marks &&
	is_told alice refs/vault/marks &&
	git -C remote config --unset uploadpack.hideRefs && sync alice &&
	sync bob && sync alice && is_same alice bob &&
	on alice git vault show "$(cat second)" >out && test_grep two out
'

test_expect_success 'hidden from both sides but for pushes it is the same' '
	git -C remote config transfer.hideRefs refs/vault &&
	git -C remote config receive.hideRefs "!refs/vault" &&
	is_told alice refs/vault/ &&
	is_told alice refs/vault/ --since=2001-01-01
'

test_expect_success 'who fetches nothing, or pushes nothing, is not refused' '
	take alice third && sync alice --push-only && sync alice --push-only &&
	sync alice --fetch-only
'

test_expect_success 'nor is who pushes to where no fetch looks' '
	git init -q --bare other &&
	as alice git remote set-url --add --push origin "$top/remote" &&
	as alice git remote set-url --add --push origin "$top/other" &&
	sync alice && sync alice && records remote >expect &&
	records other >actual && test_cmp expect actual &&
	as alice git config --unset-all remote.origin.pushurl &&
	git -C remote config --unset transfer.hideRefs &&
	git -C remote config --unset receive.hideRefs &&
	as alice git remote set-url --push origin "$top/other" && sync alice &&
	sync alice && as alice git config --unset-all remote.origin.pushurl &&
	sync alice && sync bob && is_same alice bob
'

test_expect_success 'what came while a push began is no hidden ref' '
	take alice fourth >fourth && ref=refs/vault/snapshots/$(cat fourth) &&
	meanwhile alice "git -C \"$top/remote\" fetch \"$top/alice/clone\" \
		$ref:$ref" && sync alice && test_path_exists done &&
	git -C remote rev-parse -q --verify $ref &&
	as alice git config --unset remote.origin.receivepack && sync bob &&
	is_same alice bob
'

test_expect_success 'nor is what keeps ours from going there' '
	save_state alice db 1 && save_state bob db 2 two &&
	meanwhile alice "git -C \"$top/bob/clone\" push -q \"$top/remote\" \
		refs/vault/state/prod/db" && test_expect_code 1 sync alice &&
	test_path_exists done &&
	test_grep "^conflict state/prod/db: both" alice/sync.out &&
	as alice git config --unset remote.origin.receivepack &&
	on alice git vault sync --resolve ours prod/db && sync bob &&
	sync alice && is_same alice bob
'

test_expect_success 'a clone of a part is refused for nothing' '
	mkdir sam && cp -a alice/.gitconfig alice/.config sam &&
	git clone -q remote sam/clone && on sam git vault init -q &&
	sync sam --only prod && save_state sam db 2 && take sam fifth &&
	sync sam --only prod && sync sam --only prod && sync alice &&
	sync sam --only stage && sync sam --since 2001-01-01 &&
	test_expect_code 128 sync sam --since 2030-01-01 && sync sam && sync alice &&
	sync bob && is_same alice bob sam
'

test_expect_success 'with a prefix the name is told that it has there' '
	as alice git config vault.origin.prefix refs/heads/v/ && sync alice &&
	sync alice && git -C remote config uploadpack.hideRefs refs/heads/v &&
	is_told alice refs/heads/v/
'

# door WHO: a remote beside origin that has the server show what it hides
door () {
	shown_="git -c transfer.hideRefs=!refs/vault/snapshots" &&
		as "$1" git remote add vault "$top/remote" &&
		as "$1" git config remote.vault.uploadpack "$shown_ upload-pack" &&
		as "$1" git config remote.vault.receivepack "$shown_ receive-pack"
}

test_expect_success 'snapshots that pushes are kept from go by a way of their own' '
	as alice git config --unset vault.origin.prefix &&
	git -C remote config --unset uploadpack.hideRefs && sync alice &&
	git -C remote config transfer.hideRefs refs/vault/snapshots &&
	door alice && door bob && take alice sixth >sixth &&
	sync alice vault && sync bob vault && take bob seventh >seventh &&
	sync bob vault && sync alice vault &&
	on bob git vault show "$(cat sixth)" && on alice git vault show "$(cat seventh)"
'

test_expect_success 'and a push by the other one hears of none' '
	as alice git commit -q --allow-empty -m two &&
	as alice env GIT_TRACE_PACKET="$top/packets" git push -q origin HEAD &&
	test_grep refs/vault/keyring packets &&
	test_grep ! refs/vault/snapshots/ packets &&
	as alice git ls-remote origin >out && test_grep ! refs/vault/snapshots/ out &&
	take alice eighth >eighth && test_expect_code 3 sync alice origin &&
	test_grep "^refused  *snapshots/$(cat eighth).*hidden" alice/sync.out
'

# What a web server says to whoever is about to push, its environment given.
offered () {
	env REQUEST_METHOD=GET REMOTE_USER=alice GIT_HTTP_EXPORT_ALL=1 \
		GIT_PROJECT_ROOT="$top" PATH_INFO=/remote/info/refs \
		QUERY_STRING=service=git-receive-pack "$@" git http-backend >out
}

test_expect_success 'a web server shows them where its environment says so' '
	offered A=b && test_grep refs/vault/keyring out &&
	test_grep ! refs/vault/snapshots/ out &&
	offered GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=transfer.hideRefs \
		GIT_CONFIG_VALUE_0=!refs/vault/snapshots &&
	test_grep "refs/vault/snapshots/$(cat seventh)" out
'

test_done
