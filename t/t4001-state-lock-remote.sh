#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault state lock: locks that clones share by a remote'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-locks.sh"

# by_other: somebody else's lock on the remote
by_other () {
	printf "{\"ID\":\"id-of-cid\",\"Who\":\"cid@web3\"}" |
		git -C "$top/remote" hash-object -w --stdin >blob &&
		git -C "$top/remote" update-ref $ref "$(cat blob)"
}

# hook NAME: what stands on stdin, on the remote; without it there is none
hook () {
	{ echo "#!/bin/sh" && cat; } >"$top/remote/hooks/$1" &&
		chmod +x "$top/remote/hooks/$1"
}

no_hook () {
	rm -f "$top/remote/hooks"/*
}

test_expect_success 'set up' '
	clones ann bob
'

test_expect_success 'a lock is on the remote, and here' '
	lock ann >id && stands ann && none bob &&
	in_ ann git cat-file blob $ref >record && test_grep "$(cat id)" record
'

test_expect_success 'other clones see it, and are refused' '
	test_expect_code 4 lock bob 2>err && none bob && stands ann &&
	test_grep "prod/default is locked on the remote .origin. by .*ID $(cat id)" err &&
	test_grep "unlock --env prod --stack default --remote origin --force" err &&
	in_ bob git vault state locks --remote origin >out &&
	test_grep "^prod  *default  *remote .*$(cat id)" out &&
	in_ ann git vault state locks --remote origin >out &&
	test_grep "^prod  *default  *both .*$(cat id)" out &&
	in_ bob git vault state locks >out && test_must_be_empty out
'

test_expect_success 'nothing lasting comes with a look at them' '
	git -C bob for-each-ref >refs && test_must_be_empty refs &&
	test_path_is_missing bob/.git/FETCH_HEAD
'

test_expect_success 'in the clone that has it, too, with the remote or without' '
	test_expect_code 4 lock ann 2>err && test_grep "$(cat id)" err &&
	test_expect_code 4 in_ ann git vault state lock --new --env prod 2>err &&
	test_grep "$(cat id)" err && stands ann
'

test_expect_success 'it is let go of in both places' '
	in_ ann git vault state unlock --env prod --remote origin "$(cat id)" &&
	none ann bob remote
'

test_expect_success 'also where the remote is not named' '
	lock ann >id && in_ ann git vault state unlock --env prod &&
	none ann remote
'

test_expect_success 'from another clone by its id, and this one follows' '
	lock ann >id &&
	in_ bob git vault state unlock --env prod --remote origin "$(cat id)" &&
	none remote && locks_of ann >here && test_line_count = 1 here &&
	in_ ann git vault state locks --remote origin >out &&
	test_must_be_empty out && none ann
'

test_expect_success 'who lets go of what was let go of is content' '
	lock ann >id &&
	in_ bob git vault state unlock --env prod --remote origin "$(cat id)" &&
	in_ ann git vault state unlock --env prod --remote origin "$(cat id)" &&
	none ann remote && lock ann >id &&
	in_ bob git vault state unlock --env prod --remote origin "$(cat id)" &&
	unlock ann && none ann && test_expect_code 128 unlock ann 2>err &&
	test_grep "not locked on the remote .origin." err
'

test_expect_success 'another takes it meanwhile, and this one follows' '
	lock ann >id &&
	in_ bob git vault state unlock --env prod --remote origin "$(cat id)" &&
	lock bob >id2 && test_expect_code 4 lock ann 2>err &&
	test_grep "$(cat id2)" err && none ann && stands bob &&
	unlock bob && none bob remote
'

test_expect_success 'a takeover moves it, and its holder finds out' '
	lock ann >id &&
	in_ bob git vault state lock --new --env prod --remote origin --force \
		--reason "ann is ill" >id2 && stands bob &&
	git -C bob log -1 --format=%B --glob="refs/vault/audit/*" >event &&
	test_grep "ID $(cat id): ann is ill" event &&
	test_expect_code 4 in_ ann git vault state unlock --env prod \
		--remote origin "$(cat id)" 2>err && test_grep "$(cat id2)" err &&
	none ann && stands bob && unlock bob && none bob remote
'

test_expect_success 'what somebody else holds is taken away with a reason only' '
	by_other && test_expect_code 4 unlock ann 2>err &&
	test_grep "by cid on the host web3" err &&
	in_ ann git vault state unlock --env prod --remote origin --force \
		--reason "cid is gone" && none ann remote &&
	git -C ann log -1 --format=%B --glob="refs/vault/audit/*" >event &&
	test_grep "by cid on the host web3, ID id-of-cid: cid is gone" event
'

test_expect_success 'a lock of this repository alone is one for who asks the remote here' '
	in_ ann git vault state lock --new --env prod >id && none remote &&
	test_expect_code 4 lock ann 2>err && test_grep "$(cat id)" err &&
	test_grep ! "on the remote" err && none remote &&
	lock bob >id2 && in_ ann git vault state locks --remote origin >out &&
	test_line_count = 3 out && test_grep "here .*$(cat id)" out &&
	test_grep "remote .*$(cat id2)" out && unlock bob &&
	in_ ann git vault state unlock --env prod "$(cat id)" && none ann remote
'

test_expect_success 'a takeover of both tells of both' '
	in_ ann git vault state lock --new --env prod >id && by_other &&
	in_ ann git vault state lock --new --env prod --remote origin --force \
		--reason "all new" >id2 && stands ann &&
	git -C ann log -2 --format=%B --glob="refs/vault/audit/*" >events &&
	test_grep "ID id-of-cid: all new" events &&
	test_grep "ID $(cat id): all new" events && unlock ann && none ann remote
'

test_expect_success 'damaged ones on the remote can be taken away' '
	for n in 10 70000 3000000
	do
		head -c $n /dev/urandom |
			git -C remote hash-object -w --stdin >blob &&
		git -C remote update-ref $ref "$(cat blob)" &&
		test_expect_code 4 lock ann 2>err &&
		test_grep "whose record cannot be read" err &&
		in_ ann git vault state locks --remote origin >out &&
		test_grep "damaged" out &&
		in_ ann git vault state lock --new --env prod --remote origin --force \
			--reason mess >id && stands ann && unlock ann || return 1
	done && none ann remote
'

test_expect_success 'many locks come in one fetch' '
	printf "{\"ID\":\"x\"}" | git -C remote hash-object -w --stdin >blob &&
	for i in $(test_seq 300)
	do
		printf "{\"ID\":\"x%s\"}" $i >rec.$i && echo "rec.$i"
	done >names && (cd remote && sed "s,^,../," ../names |
		git hash-object -w --stdin-paths) >blobs &&
	awk "{ print \"create refs/vault/locks/e\" NR \"/s \" \$1 }" blobs |
		git -C remote update-ref --stdin &&
	in_ bob git vault state locks --remote origin >out &&
	test_line_count = 301 out && test_grep ! damaged out &&
	sed "s,.*,delete refs/vault/locks/eN/s," blobs | awk "{ sub(/N/, NR); print }" |
		git -C remote update-ref --stdin && rm -f rec.*
'

test_expect_success 'a remote that is not there changes nothing' '
	for verb in lock unlock locks
	do
		env=--env=prod && test $verb != locks || env=
		test_expect_code 128 in_ ann git vault state $verb $env \
			--remote nowhere 2>err &&
		test_grep "cannot ask the remote .nowhere." err &&
		none ann || return 1
	done &&
	lock ann >id && mv remote gone &&
	test_expect_code 128 unlock ann 2>err &&
	test_grep "cannot ask the remote .origin. for its locks" err &&
	test_expect_code 128 in_ ann git vault state unlock --env prod 2>err &&
	mv gone remote && stands ann && unlock ann && none ann remote
'

test_expect_success 'one that is gone for good leaves no lock for ever' '
	lock ann >id && mv remote gone &&
	in_ ann git vault state unlock --env prod --force --reason "moved" &&
	none ann && mv gone remote && locks_of remote >there &&
	test_line_count = 1 there &&
	in_ ann git vault state locks --remote origin >out &&
	test_must_be_empty out && none remote
'

test_expect_success 'one that refuses says so, and nothing has changed' '
	hook pre-receive <<-\EOF &&
	echo "not on fridays" >&2
	exit 1
	EOF
	test_expect_code 128 lock ann 2>err && none ann remote &&
	test_grep "the remote .origin. refuses it: .*declined" err &&
	no_hook && lock ann >id && hook pre-receive <<-\EOF &&
	exit 1
	EOF
	test_expect_code 128 unlock ann 2>err && stands ann &&
	test_grep "refuses it" err && no_hook && unlock ann && none ann remote
'

# The connection ends when the remote has moved the ref, before it says so.
cut () {
	hook reference-transaction <<-\EOF
	test "$1" = committed || exit 0
	grep -q refs/vault/locks || exit 0
	kill -9 $PPID
	EOF
}

test_expect_success 'gone in the midst of lock: nothing here, and the next one mends it' '
	for verb in lock unlock locks
	do
		cut && test_expect_code 128 lock ann 2>err &&
		test_grep "the remote .origin." err && none ann &&
		locks_of remote >there && test_line_count = 1 there &&
		test_expect_code 4 lock bob && no_hook &&
		case $verb in
		lock)
			lock ann >id && stands ann && unlock ann ;;
		unlock)
			unlock ann ;;
		locks)
			in_ ann git vault state locks --remote origin >out &&
			test_must_be_empty out ;;
		esac && none ann remote || return 1
	done
'

test_expect_success 'what was left there is known hours and other remotes later' '
	git init -q --bare other && cut && test_expect_code 128 lock ann &&
	no_hook && (
		GIT_VAULT_TEST_TIME=$(($(date +%s) + 20000)) &&
		export GIT_VAULT_TEST_TIME && cd ann &&
		git vault state lock --new --env prod --remote ../other >../id &&
		git vault state unlock --env prod &&
		git vault state locks --remote origin >../out
	) && test_must_be_empty out && none ann remote other
'

test_expect_success 'gone in the midst of unlock: still here, and the next one mends it' '
	for verb in lock unlock locks
	do
		lock ann >id && locks_of ann >expect && cut &&
		test_expect_code 128 unlock ann 2>err &&
		locks_of ann >actual && test_cmp expect actual && none remote &&
		no_hook &&
		case $verb in
		lock)
			lock ann >id2 && ! cmp id id2 && stands ann &&
			unlock ann ;;
		unlock)
			unlock ann ;;
		locks)
			in_ ann git vault state locks --remote origin >out &&
			test_must_be_empty out ;;
		esac && none ann remote || return 1
	done
'

test_expect_success 'gone in the midst of a takeover: the holder here is who it was' '
	lock ann >id && cut &&
	test_expect_code 128 in_ bob git vault state lock --new --env prod \
		--remote origin --force --reason x && no_hook && none bob &&
	lock bob >id2 && stands bob && unlock bob && none remote && unlock ann &&
	none ann bob remote
'

test_expect_success 'where the ref here cannot follow, the remote has none either' '
	mkdir -p ann/.git/refs/vault/locks/prod/default/x &&
	echo x >ann/.git/refs/vault/locks/prod/default/x/y &&
	test_must_fail lock ann 2>err && none remote &&
	rm -r ann/.git/refs/vault/locks/prod/default &&
	lock ann >id && stands ann && unlock ann && none ann remote
'

test_expect_success 'without its notes a lock is one of this repository' '
	lock ann >id && rm -r ann/.git/vault/locks && stands ann &&
	test_expect_code 4 lock ann 2>err &&
	unlock ann && none ann remote && lock ann >id &&
	echo garbage >ann/.git/vault/locks/prod/default/remotes &&
	in_ ann git vault state unlock --env prod --remote origin "$(cat id)" &&
	none ann remote
'

test_expect_success 'hooks of the user do not run, nor are other refs pushed' '
	in_ ann git commit -q --allow-empty -m one && in_ ann git tag -a -m x v1 &&
	in_ ann git config push.followTags true &&
	printf "#!/bin/sh\nexit 1\n" >ann/.git/hooks/pre-push &&
	chmod +x ann/.git/hooks/pre-push && lock ann >id && stands ann &&
	git -C remote for-each-ref >refs && test_line_count = 1 refs &&
	unlock ann && rm ann/.git/hooks/pre-push
'

test_expect_success 'a configured fetch of vaults brings none into the way' '
	in_ ann git vault init -q && in_ bob git vault init -q &&
	lock ann >id && in_ bob git fetch -q && none bob &&
	in_ bob git for-each-ref refs/vault-remote/origin/locks >refs &&
	test_must_be_empty refs &&
	test_expect_code 4 lock bob && unlock ann && lock bob >id &&
	in_ bob git vault verify --all && in_ bob git vault fold && unlock bob
'

test_expect_success 'no remote has to have a lock to be as good as this vault' '
	in_ ann git vault snapshot &&
	in_ ann git push -q origin "refs/vault/*:refs/vault/*" &&
	in_ ann git vault state lock --new --env prod >id && lock bob >id2 &&
	in_ ann git vault verify --remote origin >out && test_grep ! locks out &&
	in_ ann git vault state unlock --env prod "$(cat id)" && unlock bob &&
	none ann bob remote
'

test_expect_success 'locks are where pushes go' '
	git init -q --bare elsewhere && git clone -q remote cid 2>/dev/null &&
	in_ cid git remote set-url --push origin "$top/elsewhere" &&
	lock cid >id && none remote && locks_of elsewhere >there &&
	test_line_count = 1 there && test_expect_code 4 lock cid &&
	unlock cid && none elsewhere &&
	in_ cid git remote set-url --push --add origin "$top/remote" &&
	test_expect_code 128 lock cid 2>err && test_grep "has several push addresses, and none of" err &&
	none cid elsewhere remote
'

test_expect_success 'a remote is named by an address as well' '
	in_ ann git vault state lock --new --env prod --remote "$top/remote" >id &&
	test_expect_code 4 lock bob &&
	in_ ann git vault state unlock --env prod && none ann remote &&
	test_expect_code 129 in_ ann git vault state lock --new --env prod \
		--remote=--upload-pack=x 2>err && test_grep "can be no remote" err
'

test_expect_success '--wait has it as soon as another clone lets go' '
	lock ann >id &&
	test_expect_code 4 in_ bob git vault state lock --new --env prod --remote origin \
		--wait 1 &&
	{
		in_ bob git vault state lock --new --env prod --remote origin --wait 60 \
			>id2 &
		waits=$!
	} && unlock ann && wait $waits && stands bob && unlock bob
'

test_expect_success JQ 'as JSON' '
	lock ann >id && in_ bob git vault --json state locks --remote origin >out &&
	jq -c "[.remote, (.locks[] | .here, .there, .id)]" out >actual &&
	echo "[\"origin\",false,true,\"$(cat id)\"]" >expect &&
	test_cmp expect actual && unlock ann && none ann bob remote
'

test_done
