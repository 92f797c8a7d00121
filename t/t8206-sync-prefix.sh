#!/bin/sh
# shellcheck disable=SC2154

test_description='sync with a remote that takes branches and tags alone: vault.<remote>.prefix'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

# theirs: what the remote has of the vault, by the names that it has here
theirs () {
	git -C "$top/remote" for-each-ref --format='%(refname) %(objectname)' \
		refs/heads/vault refs/tags/vault |
		sed -e 's!^refs/heads/vault/notes/!refs/notes/!' \
			-e 's!^refs/[a-z]*/vault/!refs/vault/!' |
		grep -v '^refs/vault/locks/' | LC_ALL=C sort
}

# is_there WHO…: these have what the remote has, and nothing else
is_there () {
	theirs >"$top/expect.refs" && for who_ in "$@"
	do
		records "$top/$who_/clone" | LC_ALL=C sort >"$top/actual.refs" &&
			test_cmp "$top/expect.refs" "$top/actual.refs" || return 1
	done
}

test_expect_success 'a remote that takes branches and tags alone' '
	git init -q --bare remote && mkdir -p remote/hooks &&
	cat >remote/hooks/update <<-\EOF && chmod +x remote/hooks/update &&
	#!/bin/sh
	case $1 in
	refs/heads/?* | refs/tags/?*) exit 0 ;;
	esac
	echo "prohibited: $1 is neither a branch nor a tag" >&2
	exit 1
	EOF
	clone alice && as alice sh -c "printf \".env*\\n\" >.gitignore && git add . &&
		git commit -q -m one && git push -q origin HEAD" &&
	on alice git vault init -q
'

test_expect_success 'without a prefix it refuses, with its words' '
	test_expect_code 3 sync alice &&
	test_grep "^refused  keyring: .*neither a branch nor a tag" alice/sync.out
'

test_expect_success 'and it is said who knows of one, also where a snapshot is refused' '
	test_tick && take alice refused >id && test_expect_code 3 sync alice &&
	test_grep "^held     snapshots/$(cat id): its secrets" alice/sync.out &&
	test_grep "git vault doctor origin" alice/sync.err &&
	test_grep ! "repair --reparent" alice/sync.err &&
	{ as alice git vault doctor origin >out || :; } &&
	test_grep "vault.origin.prefix refs/heads/vault/" out
'

test_expect_success 'a prefix that cannot be one is refused' '
	for bad in refs/heads refs/heads/ refs/tags/ vault/ refs/heads/a..b/ \
		refs/heads/.v refs/heads/v.lock/ "refs/heads/v*/" refs/heads//v \
		refs/vault-remote/x/ "refs/heads/a b/" refs/
	do
		as alice git config vault.origin.prefix "$bad" &&
		test_expect_code 128 sync alice &&
		test_grep "vault.origin.prefix is .*cannot begin the name" \
			alice/sync.err || return 1
	done
'

test_expect_success 'so is one below refs/tags/, where nothing could move again' '
	for bad in refs/tags/vault/ refs/tags/vault refs/tags/v/
	do
		as alice git config vault.origin.prefix "$bad" &&
		test_expect_code 128 sync alice &&
		test_grep "cannot begin the name .*, since git moves no tag" \
			alice/sync.err || return 1
	done && git -C remote for-each-ref refs/tags >out && test_must_be_empty out
'

test_expect_success 'with one all of ours goes below it' '
	git config --global vault.origin.prefix refs/heads/vault/ &&
	as alice git config --unset vault.origin.prefix &&
	cp "$HOME/.gitconfig" alice &&
	test_tick && take alice one >one && save_state alice net 1 &&
	sync alice && git -C remote rev-parse refs/heads/vault/keyring \
		"refs/heads/vault/snapshots/$(cat one)" \
		refs/heads/vault/state/prod/net &&
	test -z "$(git -C remote for-each-ref refs/vault refs/notes)" &&
	is_there alice
'

# leaves_none WHO: no branch of the vault came to be in a clone by what was done
leaves_none () {
	as "$1" git for-each-ref refs/remotes/origin/vault refs/tags/vault \
		refs/heads/vault >"$top/left" && test_must_be_empty "$top/left"
}

# beside WHO: what the clone has beside its own is what the remote has
beside () {
	theirs >"$top/expect.refs" && known "$1" origin |
		sed "s,\(.*\) \(.*\),\2 \1," | LC_ALL=C sort >"$top/actual.refs" &&
		test_cmp "$top/expect.refs" "$top/actual.refs"
}

test_expect_success 'a push leaves it beside ours, and no branch of it' '
	leaves_none alice && beside alice &&
	as alice git config --add remote.origin.fetch "refs/tags/*:refs/tags/*" &&
	on alice git vault -q good mark --approver Ann dev >out 2>err &&
	test_tick && take alice away >away && sync alice &&
	leaves_none alice && beside alice &&
	on alice git vault -q delete "$(cat away)" >out && sync alice &&
	test_grep "^deleted  snapshots/$(cat away) on " alice/sync.out &&
	leaves_none alice && beside alice && is_there alice &&
	{ as alice git vault doctor origin >out 2>&1 || test $? = 1; } && test -s out &&
	leaves_none alice && as alice git config --unset remote.origin.fetch tags
'

test_expect_success 'init leaves the branches of the vault to sync' '
	join bob && as bob git config --get-all remote.origin.fetch >specs &&
	test_grep "^^refs/heads/vault/\*" specs && test_grep ! refs/vault-remote specs &&
	sync bob && is_there alice bob &&
	as bob sh -c "git for-each-ref --format=\"delete %(refname)\" \
		refs/remotes/origin/vault | git update-ref --stdin" &&
	as bob git fetch -q && as bob git for-each-ref refs/remotes >out &&
	test_grep ! "origin/vault/" out &&
	as bob git vault -q restore "$(cat one)" --to out .env &&
	test_grep "SECRET=one" bob/clone/out/.env
'

test_expect_success 'records of all kinds come and go, merged' '
	test_tick && take bob two >two &&
	on bob git vault -q pin "$(cat two)" && on alice git vault -q tag "$(cat one)" t &&
	on alice git vault -q good mark --approver Ann prod >out 2>err &&
	on alice sh -c "git vault -q artifact record --env prod app=sha256:0000000000000000000000000000000000000000000000000000000000000007" >out &&
	sync alice && test_grep "^pushed   good/prod/1" alice/sync.out &&
	test_grep "^pushed   notes/vault" alice/sync.out &&
	git -C remote cat-file -t refs/tags/vault/good/prod/1 >type &&
	echo tag >expect && test_cmp expect type &&
	git -C remote rev-parse refs/heads/vault/notes/vault &&
	sync bob && test_grep "^merged   marks" bob/sync.out &&
	sync alice && is_there alice bob &&
	as bob git vault good list >out && test_grep prod out
'

test_expect_success 'branches where tags belong are none of ours' '
	theirs >before && for name in good/prod/1 good/prod/2 locks/prod/net
	do
		git -C remote branch "vault/$name" "$(as alice git rev-parse HEAD)" ||
			return 1
	done && sync bob && test_must_be_empty bob/sync.out &&
	sync bob --refs "g*" && sync bob --refs "good/*" && sync bob --only prod &&
	sync bob && as bob git cat-file -t refs/vault/good/prod/1 >type &&
	test_cmp expect type &&
	as bob git for-each-ref refs/vault/good/prod \
		refs/vault-remote/origin/good/prod >out &&
	test_line_count -eq 2 out && test_grep ! "prod/2" out &&
	git -C remote branch -q -D vault/good/prod/1 vault/good/prod/2 \
		vault/locks/prod/net && theirs >after && test_cmp before after
'

test_expect_success 'a second sync has nothing to do' '
	sync bob && test_must_be_empty bob/sync.out &&
	sync alice && test_must_be_empty alice/sync.out
'

test_expect_success 'a deletion clears its branch' '
	test_tick && take alice gone >gone && sync alice && sync bob &&
	on bob git vault -q delete "$(cat gone)" >out && sync bob &&
	test_grep "^deleted  snapshots/$(cat gone) on " bob/sync.out &&
	test_must_fail git -C remote rev-parse -q --verify \
		"refs/heads/vault/snapshots/$(cat gone)" &&
	sync alice && test_grep "^deleted  snapshots/$(cat gone)" alice/sync.out &&
	is_there alice bob
'

test_expect_success '--refs picks by the names that they have here' '
	test_tick && take alice three >three && save_state alice net 2 &&
	save_state alice db 1 && sync alice --refs "state/prod/n*" &&
	test_grep "^pushed   state/prod/net" alice/sync.out &&
	test_grep ! "state/prod/db" alice/sync.out &&
	test_grep ! "snapshots/$(cat three)" alice/sync.out &&
	sync bob --refs "good/prod/*" && sync bob --refs "go*" &&
	sync alice && sync bob && is_there alice bob
'

test_expect_success 'locks are taken there, and told to others' '
	on alice git vault state lock --new --env prod --stack default --remote origin >id &&
	git -C remote cat-file -t refs/tags/vault/locks/prod/default >out &&
	test_expect_code 4 on bob git vault state lock --new --env prod --stack default --remote origin \
		>out 2>err &&
	test_grep "prod/default is locked on the remote" err &&
	on bob git vault state locks --remote origin >out &&
	test_grep "^prod .*$(cat id)" out &&
	on alice git vault state unlock --env prod --stack default --remote origin "$(cat id)" &&
	test -z "$(git -C remote for-each-ref refs/tags/vault/locks)" &&
	leaves_none alice
'

test_expect_success 'verify --remote sees what is there' '
	on alice git vault verify --remote origin >out &&
	test_grep " 0 missing, 0 different, 0 only there" out &&
	test_tick && take alice four >four &&
	test_expect_code 1 on alice git vault verify --remote origin >out &&
	test_grep "$(cat four)" out && sync alice
'

# audit_of_alice: as bob is told of it; by what key who reads signs the keyring
# does not know
audit_of_alice () {
	on bob git vault audit verify --remote origin --host alice >out 2>&1
	test $? -le 1
}

test_expect_success HOSTS 'so does audit verify --remote, which fetches what it has not' '
	sync bob && on alice git vault -q restore latest --to "$top/read" &&
	sync alice && audit_of_alice &&
	test_grep "origin. has [1-9][0-9]* events* more" out &&
	git -C remote update-ref -d refs/heads/vault/audit/alice &&
	audit_of_alice && test_grep "origin. had the chain.* has it no more" out &&
	sync alice && audit_of_alice && test_grep ! "no more" out
'

token=ghp_$(printf x | sha256sum | cut -c1-36)

test_expect_success 'only what is of the vault is not held to be code below the prefix' '
	on alice git vault -q hooks install >out 2>&1 &&
	as alice sh -c "git checkout -q -b side && echo \"token: $token\" >t.yaml &&
		git add t.yaml && git commit -q --no-verify -m bad" &&
	test_must_fail as alice git push -q origin side 2>err &&
	test_grep "nothing is pushed" err &&
	test_must_fail as alice git push -q origin \
		side:refs/heads/vault/state/prod/side 2>err &&
	test_grep "nothing is pushed" err &&
	as alice git push -q --no-verify origin side:refs/heads/side &&
	as alice git push -q origin \
		refs/vault/state/prod/net:refs/heads/vault/state/prod/side &&
	git -C remote update-ref -d refs/heads/side &&
	git -C remote update-ref -d refs/heads/vault/state/prod/side
'

test_expect_success 'nor are the branches of the vault that a clone has brought' '
	git clone -q remote new 2>/dev/null && cd new &&
	side=$(git -C ../alice/clone rev-parse side) &&
	git fetch -q ../alice/clone side && git checkout -q --detach HEAD~0 &&
	git update-ref refs/remotes/origin/vault/state/prod/side "$side" &&
	git vault scan --all-history >out 2>&1 && test_grep ! "t.yaml" out &&
	git update-ref refs/remotes/origin/side "$side" &&
	test_expect_code 1 git vault scan --all-history >out 2>&1 &&
	test_grep "t.yaml" out && cd ..
'

test_expect_success 'a branch of that name in the way is told in the words of git' '
	git -C remote for-each-ref --format="delete %(refname)" refs/heads/vault \
		>gone && git -C remote update-ref --stdin <gone &&
	git -C remote branch vault "$(as alice git rev-parse HEAD)" &&
	test_expect_code 128 sync alice &&
	test_grep "a ref that blocks those of the vault; .*refs/heads/vault" \
		alice/sync.err &&
	git -C remote branch -D vault && sync alice && is_there alice
'

test_expect_success 'under another name of the remote no second vault is begun there' '
	rm alice/.gitconfig && as alice git config vault.origin.prefix refs/heads/vault/ &&
	as alice git remote rename origin up 2>/dev/null && theirs >before &&
	for what in "sync" "sync up" "init" "doctor up" "verify --remote up" \
		"state lock --new --env prod --stack default --remote up" "state locks --remote up"
	do
		if on alice git vault $what >out 2>err
		then
			return 1
		fi
		cat err >>out &&
		test_grep "git config --rename-section vault.origin vault.up" out ||
			return 1
	done &&
	theirs >after && test_cmp before after &&
	test -z "$(git -C remote for-each-ref refs/vault)" &&
	test_expect_code 1 on alice git vault doctor up >out &&
	test_grep "^error: vault.origin.prefix is a setting of a remote .origin., which" out &&
	sed -n "/ a remote .origin./{n;s/^    //p;}" out >command &&
	as alice sh -c "$(cat command)" && sync alice && is_there alice &&
	test -z "$(git -C remote for-each-ref refs/vault)" &&
	{ on alice git vault doctor up >out || :; } &&
	test_grep "takes refs" out && test_grep ! "a remote .origin." out
'

test_expect_success 'nor where only what is set for another remote was left' '
	as alice git remote add down "$top/remote" &&
	test_expect_code 0 on alice git vault sync up >out 2>err &&
	as alice git remote remove up && test_expect_code 128 sync alice &&
	test_grep "else .git config --remove-section vault.up" \
		alice/sync.err &&
	as alice git config vault.down.prefix refs/vault/ &&
	test_expect_code 3 sync alice &&
	as alice git config vault.down.prefix refs/heads/vault/ && sync alice &&
	as alice git config --remove-section vault.up
'

test_done
