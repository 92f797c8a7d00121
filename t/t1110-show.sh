#!/bin/sh

test_description='git vault show'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

test_expect_success 'set up' '
	mkdir -p env void && echo x=1 >env/prod.tf && ln -s prod.tf env/link &&
	mkfifo pipe && git add . && test_tick && git commit -q -m first &&
	snapshot_take -m "before the upgrade" -t prod -t v1 -e prod &&
	one=$snapshot && one_time=$test_tick &&
	echo x=2 >env/prod.tf && chmod 700 env && echo new >new &&
	snapshot_lines="x 0.000000000 r=\"permission denied\" locked
f 0.000000000 r=unstable log
" && snapshot_take -m "after

it went well" && two=$snapshot && snapshot_lines=
'

test_expect_success 'the record, the manifest, the origin, and the message' '
	cat >.git/expect <<-END &&
	snapshot $one
	Taken:        $(date -u -d @$one_time +%Y-%m-%dT%H:%M:%SZ) (60 seconds ago)
	By:           A U Thor <author@example.com> on fixture (manual)
	Branch:       main
	Base:         $(git rev-parse HEAD)
	Commit:       $(git rev-parse refs/vault/snapshots/$one)
	Tags:         prod, v1
	Environments: prod
	Holds:        2 files, 11 bytes

	    before the upgrade

	Manifest:
	  1 file, 2 directories, 1 symbolic link, 1 skipped
	  not stored:
	    pipe (fifo)

	Origin:
	  branch: refs/heads/main
	  git: $(git version)
	  1 ref
	END
	git vault show $one >.git/actual &&
	test_cmp .git/expect .git/actual
'

test_expect_success 'the changes since the previous one' '
	git vault show >.git/out &&
	sed -n "/^    after/,\$p" .git/out >.git/actual &&
	cat >.git/expect <<-END &&
	    after

	    it went well

	Manifest:
	  3 files, 2 directories, 1 symbolic link, 2 skipped
	  not stored:
	    locked (permission denied)
	    pipe (fifo)
	  kept changing while they were read:
	    log

	Origin:
	  branch: refs/heads/main
	  git: $(git version)
	  2 refs

	Changes since $one:
	  m	env
	  M	env/prod.tf
	  m	locked
	  A	new
	  1 added, 1 changed, 2 in metadata only
	END
	test_cmp .git/expect .git/actual &&
	test_grep "^Previous: *$one" .git/out
'

test_expect_success JQ 'the JSON document' '
	git vault show --json >.git/out &&
	jq -c "[.id, .previous, .tags, .index, .damaged]" .git/out >.git/actual &&
	echo "[\"$two\",\"$one\",[],null,false]" >.git/expect &&
	test_cmp .git/expect .git/actual &&
	jq -c .manifest .git/out >.git/actual &&
	cat >.git/expect <<-\END &&
	{"files":3,"directories":2,"links":1,"repositories":0,"sparse":0,"skipped":[{"path":"locked","reason":"permission denied"},{"path":"pipe","reason":"fifo"}],"unstable":["log"]}
	END
	test_cmp .git/expect .git/actual &&
	jq -c ".origin | [.repository[0], .refs, .config, .hooks, .submodules]" \
		.git/out >.git/actual &&
	cat >.git/expect <<-\END &&
	[{"key":"branch","value":"refs/heads/main"},2,false,[],[]]
	END
	test_cmp .git/expect .git/actual &&
	jq -c ".changes | [.since, .totals, (.paths | map(.path))]" .git/out \
		>.git/actual &&
	cat >.git/expect <<-END &&
	["$one",{"added":1,"removed":0,"changed":1,"renamed":0,"metadata":2},["env","env/prod.tf","locked","new"]]
	END
	test_cmp .git/expect .git/actual
'

test_expect_success 'a long list of changes is cut' '
	for i in $(test_seq 40); do echo $i >many-$i || return 1; done &&
	snapshot_take && git vault show >.git/out &&
	grep -c "^  [Am]	" .git/out >.git/actual &&
	echo 20 >.git/expect &&
	test_cmp .git/expect .git/actual &&
	test_grep "and 21 more; .git vault diff --name-status $two $snapshot" \
		.git/out &&
	test_grep "^  40 added, 1 in metadata only" .git/out
'

test_expect_success 'a previous one that is gone is said' '
	snapshot_take && git update-ref -d refs/vault/snapshots/$two &&
	git vault show latest~1 >.git/out &&
	test_grep "The previous snapshot, $two, is no longer here" .git/out &&
	test_grep ! "Changes since" .git/out
'

test_expect_success 'without a branch and before the first commit' '
	test_when_finished "rm -rf unborn" &&
	test_create_repo unborn && (
		cd unborn && snapshot_previous= &&
		echo x >file && snapshot_take &&
		git vault show >.git/out &&
		test_grep "^Base: *none" .git/out &&
		test_grep ! "^Previous" .git/out
	)
'

test_expect_success 'what git says first when a branch is unborn is no base' '
	test_when_finished "rm -rf orphan" &&
	test_create_repo orphan && (
		cd orphan && snapshot_previous= && test_commit there &&
		snapshot_take -x "Vault-Base: none" &&
		git vault show >.git/out &&
		test_grep "^Base: *none" .git/out
	)
'

test_expect_success 'a damaged manifest leaves the record readable: exit status 3' '
	snapshot_take && layer=$(git rev-parse \
		refs/vault/snapshots/$snapshot:meta/manifest/0000) &&
	rm -f .git/objects/$(echo $layer | sed "s,..,&/,") &&
	test_expect_code 3 git vault show >.git/out 2>.git/err &&
	test_grep "^snapshot $snapshot" .git/out &&
	test_grep "^Holds:" .git/out &&
	test_grep ! "^Manifest:" .git/out &&
	test_grep "git-vault: warning: snapshot $snapshot: .*manifest" .git/err &&
	test_expect_code 3 git vault show --json >.git/out 2>.git/err &&
	test_grep "\"damaged\": *true" .git/out
'

test_expect_success 'a second word is a path' '
	test_expect_code 128 git vault show $one $one 2>.git/err &&
	test_expect_code 128 git vault show nothing 2>.git/err &&
	test_grep "no snapshot is .nothing." .git/err
'

test_done
