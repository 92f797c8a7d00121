#!/bin/sh

test_description='what others push makes no clone worse'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

# put REF TREE: a commit of these files on top of what the remote has
put () {
	git -C remote update-ref "$1" "$(git -C remote commit-tree -m odd \
		-p "$(git -C remote rev-parse "$1")" "$2")"
}

blob () {
	echo odd | git -C remote hash-object -w --stdin
}

test_expect_success 'two clones' '
	test_tick && start_team && join bob && take alice first >first &&
	save_state alice db 1 && sync alice && sync bob
'

test_expect_success 'sealed values stay, though a commit behind ours has left them out' '
	git -C remote ls-tree -r --name-only refs/vault/secrets/shared |
		grep age >expect && put refs/vault/secrets/shared \
		"$(git -C remote mktree </dev/null)" && sync alice &&
	git -C alice/clone ls-tree -r --name-only refs/vault/secrets/shared |
		grep age >actual && test_cmp expect actual && sync bob &&
	is_same alice bob
'

test_expect_success 'nor are they let go of for references that lead nowhere' '
	test_when_finished "rm -rf out" &&
	ref=refs/vault/secrets/shared && b=$(blob) &&
	git -C alice/clone ls-tree -r --name-only $ref >expect &&
	git -C remote ls-tree -r $ref | sed -n "s/blob .*\t/blob $b\t/
		s/\.age\$/.ref/p" >forged && test -s forged &&
	put $ref "$(git -C remote ls-tree $ref | while read -r mode type id name
	do
		test $type = blob || id=$(sed -n "s|\t$name/|\t|p" forged |
			git -C remote mktree) || exit 1
		printf "%s %s %s\t%s\n" $mode $type $id "$name"
	done | git -C remote mktree)" && sync alice &&
	git -C alice/clone ls-tree -r --name-only $ref >now &&
	comm -23 expect now >actual && test_must_be_empty actual &&
	on alice git vault restore "$(cat first)" --to "$top/out" &&
	echo SECRET=first >expect && test_cmp expect out/.env && sync alice &&
	sync bob && is_same alice bob
'

test_expect_success 'files where folders of values belong keep nothing from being sealed' '
	test_when_finished "rm -rf out" &&
	ref=refs/vault/secrets/shared && b=$(blob) &&
	git -C remote ls-tree $ref >tree && for i in 0 1 2 3 4 5 6 7 8 9 a b c d e f
	do
		for k in 0 1 2 3 4 5 6 7 8 9 a b c d e f
		do
			grep -q "	$i$k\$" tree ||
				printf "100644 blob %s\t%s\n" $b $i$k >>tree
		done
	done && put $ref "$(git -C remote mktree <tree)" && sync alice &&
	take alice second && take alice third && sync alice && sync bob &&
	on bob git vault verify --all &&
	on bob git vault restore "$(cat first)" --to "$top/out" &&
	echo SECRET=first >expect && test_cmp expect out/.env &&
	git -C alice/clone fsck --no-dangling
'

# values REF: what is sealed there, in the clone of alice
values () {
	git -C alice/clone ls-tree -r --name-only "$1" | grep "/.*\.age\$"
}

# is_single REF: no name stands there twice
is_single () {
	git -C alice/clone ls-tree --name-only "$1" | sort | uniq -d >twice &&
		test_must_be_empty twice
}

test_expect_success 'a tree that has a name twice is read, and is mended by what comes next' '
	test_when_finished "rm -rf out" && ref=refs/vault/secrets/shared &&
	put $ref "$( {
		git -C remote ls-tree $ref
		git -C remote ls-tree $ref | sed -n "s/^040000 tree [0-9a-f]*/100644 blob $(blob)/p"
	} | git -C remote mktree)" && git -C remote ls-tree $ref >tree &&
	test "$(awk "{ print \$4 }" tree | sort | uniq -d | wc -l)" -gt 0 &&
	sync alice && as alice git update-ref $ref \
		"$(git -C remote rev-parse $ref)" &&
	on alice git vault restore "$(cat first)" --to "$top/out" &&
	echo SECRET=first >expect && test_cmp expect out/.env &&
	values $ref >values && id=$(sed -n "1s|.*/\(.*\)\.age|\1|p" values) &&
	on alice git vault secret revoke --reason told "$id" >out/revoked &&
	values $ref >actual && test_cmp values actual &&
	is_single $ref && as alice git update-ref $ref \
		"$(git -C remote rev-parse $ref)" &&
	take alice mended && is_single $ref &&
	on alice git vault verify --all && sync alice && sync bob &&
	sync alice && is_same alice bob
'

test_expect_success 'files where folders of statements belong keep none from being made' '
	on alice git vault pin "$(cat first)" && take alice later >later &&
	sync alice && sync bob &&
	put refs/vault/marks "$(printf "100644 blob %s\tpinned\n" "$(blob)" |
		git -C remote mktree)" &&
	on bob git vault pin "$(cat later)" && sync bob &&
	on bob git vault show "$(cat later)" >out && test_grep "^Pinned" out &&
	put refs/vault/marks "$(printf "100644 blob %s\tpinned\n" "$(blob)" |
		git -C remote mktree)" && sync alice &&
	on alice git vault pin "$(cat first)" &&
	on alice git vault tag "$(cat first)" one && take alice gone >gone &&
	on alice git vault delete "$(cat gone)" && sync alice && sync bob &&
	put refs/vault/deleted "$(printf "100644 blob %s\t%.6s\n" "$(blob)" \
		"$(cat first)" | git -C remote mktree)" && sync alice &&
	take alice gone >gone && on alice git vault delete "$(cat gone)" &&
	sync alice && sync bob && sync alice && is_same alice bob
'

test_expect_success 'what is no commit is told, and all else goes on' '
	on alice git vault pin "$(cat first)" && sync alice && sync bob &&
	for ref in vault/keyring vault/marks vault/state/prod/db notes/vault
	do
		take alice $ref >id && git -C remote update-ref refs/$ref "$(blob)" &&
			test_expect_code 1 sync alice &&
			test_grep "^conflict ${ref#vault/}: .*is a blob.*to replace it" \
				alice/sync.out &&
			git -C remote rev-parse -q --verify \
				"refs/vault/snapshots/$(cat id)" &&
			as alice git push -q origin "+refs/$ref:refs/$ref" ||
			return 1
	done && sync alice && sync bob && is_same alice bob
'

# Without the secrets that it names it would be of no use to anybody there.
test_expect_success 'nor is a snapshot sent whose secrets cannot be' '
	ref=refs/vault/secrets/shared &&
	take alice sealed >id && git -C remote update-ref $ref "$(blob)" &&
	test_expect_code 3 sync alice &&
	test_grep "^conflict secrets/shared: .*is a blob.*to replace it" alice/sync.out &&
	test_grep "^held     snapshots/$(cat id): its secrets of scope shared" \
		alice/sync.out &&
	test_must_fail git -C remote rev-parse -q --verify \
		"refs/vault/snapshots/$(cat id)" &&
	as alice git push -q origin "+$ref:$ref" &&
	sync alice && sync bob && is_same alice bob
'

test_expect_success 'of two places one that is not to be reached is told, and catches up' '
	test_when_finished "rm -rf other" &&
	as alice git remote set-url --add --push origin "$top/remote" &&
	as alice git remote set-url --add --push origin "$top/other" &&
	take alice fifth && test_expect_code 128 sync alice &&
	test_grep "other" alice/sync.err && git init -q --bare other &&
	sync alice && records remote >expect && records other >actual &&
	test_cmp expect actual && sync alice &&
	test_grep "is in sync" alice/sync.err &&
	as alice git config --unset-all remote.origin.pushurl
'

test_expect_success 'from where no fetch sees nothing is deleted, and what is there is told' '
	test_when_finished "rm -rf other" && git clone -q --mirror remote other &&
	as alice git remote set-url --push origin "$top/other" &&
	take alice gone >id && sync alice && git -C other rev-parse -q --verify \
		"refs/vault/snapshots/$(cat id)" &&
	on alice git vault delete "$(cat id)" && sync alice &&
	records other >actual && test_grep "$(cat id)" actual &&
	git -C other update-ref refs/vault/marks HEAD &&
	on alice git vault pin "$(cat first)" &&
	test_expect_code 128 sync alice &&
	test_grep "has refs that its fetch address lacks;" alice/sync.err &&
	as alice git config --unset-all remote.origin.pushurl && sync alice
'

test_expect_success 'another address that git pushes to by itself is such a place' '
	test_when_finished "rm -rf other" && git init -q --bare other &&
	here=$(as alice git config remote.origin.url) &&
	as alice git config "url.$top/other.pushInsteadOf" "$here" &&
	take alice instead >id && sync alice && records alice/clone >expect &&
	records other >actual && test_cmp expect actual &&
	on alice git vault delete "$(cat id)" && sync alice &&
	records other >actual && test_grep "$(cat id)" actual &&
	as alice git config "url.$here.pushInsteadOf" "$here" && sync alice &&
	as alice git config --unset "url.$top/other.pushInsteadOf" &&
	as alice git config --unset "url.$here.pushInsteadOf" &&
	sync alice && sync bob && is_same alice bob
'

test_expect_success 'a commit behind a state that is no version of it is not taken' '
	ref=refs/vault/state/prod/db && ours=$(git -C remote rev-parse $ref) &&
	put $ref "$(git -C remote mktree </dev/null)" &&
	test_expect_code 1 sync alice &&
	test_grep "^conflict state/prod/db: .*not fetched: .*to replace it" \
		alice/sync.out && test "$ours" = \
		"$(git -C alice/clone rev-parse $ref)" &&
	save_state alice db 2 && test_expect_code 1 sync alice &&
	test_grep "^conflict state/prod/db: .*not fetched" alice/sync.out &&
	advice=$(sed -n "s/^conflict state.*\(git push [^'\'']*\).*/\1/p" \
		alice/sync.out) && as alice $advice && sync alice &&
	sync bob && on bob git vault state log --env prod --stack db &&
	put refs/vault/state/prod/db "$(git -C remote mktree </dev/null)" &&
	git -C remote update-ref refs/vault/state/prod/odd $ref &&
	test_expect_code 1 sync bob &&
	test_grep "^conflict state/prod/odd: .*to delete it: git push" bob/sync.out &&
	git -C remote update-ref -d refs/vault/state/prod/odd &&
	as bob git push -q origin +$ref && sync bob && sync alice &&
	is_same alice bob
'

test_expect_success 'a name that no record has is not taken, where it would be in the way' '
	git -C remote update-ref refs/vault/state/stage HEAD &&
	git -C remote update-ref refs/vault/good/stage \
		"$(git -C remote for-each-ref --format="%(objectname)" \
			refs/heads)" && test_expect_code 1 sync alice &&
	test_grep "^conflict state/stage: .*to delete it: git push" alice/sync.out &&
	test_grep "^conflict good/stage: .*to delete it: git push" alice/sync.out &&
	test_must_fail git -C alice/clone rev-parse -q --verify \
		refs/vault/state/stage &&
	on bob git vault -q state save --new --env stage --stack db \
		"$top/alice/db.tfstate" && on bob git vault good mark stage &&
	take bob fourth >id && test_expect_code 1 sync bob &&
	test_grep "^conflict state/stage/db: .*in the way" bob/sync.out &&
	git -C remote rev-parse -q --verify \
		"refs/vault/snapshots/$(cat id)" &&
	as bob git push -q origin :refs/vault/state/stage \
		:refs/vault/good/stage &&
	sync bob && sync alice && is_same alice bob
'

test_expect_success 'a name that a shell would run is quoted in what is to be pasted' '
	odd="refs/vault/state/prod/x.\$(touch\${IFS}ran)" && git -C remote update-ref "$odd" HEAD &&
	test_expect_code 1 sync alice && git -C remote update-ref -d "$odd" &&
	sed -n "s/^conflict state.prod.x.*to delete it: \(git push .*\)/\1/p" alice/sync.out >advice &&
	test_file_not_empty advice && as alice sh "$PWD/advice" && test_path_is_missing alice/clone/ran
'

test_expect_success 'of records whose names nest one is told, and all else goes on' '
	as alice git push -q origin HEAD:refs/vault/reports/x && sync bob &&
	as alice git push -q origin :refs/vault/reports/x &&
	as alice git push -q origin HEAD:refs/vault/reports/x/1 &&
	take bob nested >id && test_expect_code 1 sync bob &&
	test_grep "conflict reports/x/1: .*origin :refs/vault/reports/x/1" \
		bob/sync.out && test_grep "pushed   snapshots/$(cat id)" bob/sync.out &&
	as bob git push -q origin :refs/vault/reports/x/1 && sync bob &&
	sync alice && is_same alice bob
'

test_expect_success 'nor does a tombstone that is none keep all else from coming' '
	take alice odd >id && sync alice && sync bob && id=$(cat id) &&
	odd=$(printf "160000 commit %040d\t%s\n" 1 $id | as alice git mktree) &&
	top_of=$(printf "040000 tree %s\t%s\n" $odd $(echo $id | cut -c1-6) |
		as alice git mktree) &&
	tip=$(printf "x\n\nVault-Format: 1\n" |
		as alice git commit-tree $top_of) &&
	as alice git push -q origin +$tip:refs/vault/deleted &&
	on bob git vault delete $id && take bob beside >other &&
	sync bob && test_grep "^merged   deleted$" bob/sync.out &&
	test_grep "pushed   snapshots/$(cat other)" bob/sync.out &&
	test_must_fail git -C remote rev-parse -q --verify \
		"refs/vault/snapshots/$id" && sync alice && is_same alice bob
'

test_expect_success 'a commit that is no snapshot is not taken for the latest' '
	rm -rf out && test_when_finished "rm -rf out" &&
	id=20991231T235959Z-0123abcd &&
	git -C remote update-ref refs/vault/snapshots/$id \
		"$(git -C alice/clone rev-parse HEAD)" &&
	test_expect_code 1 sync alice && test_grep \
		"^conflict snapshots/$id: .*to delete it: git push origin :refs" \
		alice/sync.out && take alice newest &&
	on alice git vault restore latest --to "$top/out" &&
	echo SECRET=newest >expect && test_cmp expect out/.env &&
	as alice git push -q origin :refs/vault/snapshots/$id &&
	git -C alice/clone cat-file commit "refs/vault/snapshots/$(cat first)" |
		sed "s/^Vault-Format: .*/Vault-Format: 99/" |
		git -C remote hash-object -t commit -w --stdin >commit &&
	git -C remote update-ref \
		refs/vault/snapshots/20040101T000000Z-01234567 \
		"$(cat commit)" && sync alice && sync bob && sync alice &&
	is_same alice bob && as alice git push -q origin \
		:refs/vault/snapshots/20040101T000000Z-01234567 &&
	for who in alice bob
	do
		as $who git update-ref -d \
			refs/vault/snapshots/20040101T000000Z-01234567 || return 1
	done && sync alice
'

test_expect_success 'a fetch with a depth makes no conflict of two lines' '
	mkdir sam && cp -a alice/.gitconfig alice/.config sam &&
	git clone -q --depth 1 "file://$top/remote" sam/clone &&
	on sam git vault init -q && as sam git fetch -q --depth 1 && sync sam &&
	on alice git vault export ../whole.bundle &&
	save_state alice db 6 && save_state alice db 7 && sync alice &&
	as sam git fetch -q --depth 1 && test_expect_code 1 sync sam &&
	test_grep "state/prod/db: this clone is shallow" sam/sync.out &&
	test_grep ! "another clone" sam/sync.out &&
	test_expect_code 1 on sam git vault sync --resolve ours prod/db &&
	as sam git fetch -q --unshallow && sync sam && sync alice &&
	is_same alice sam
'

test_expect_success 'a remote that lacks history brings nothing, and that is told' '
	git clone -q --bare --depth 1 "file://$top/remote" cut.git &&
	git -C cut.git fetch -q --depth 1 "file://$top/remote" \
		"+refs/vault/*:refs/vault/*" && mkdir cut &&
	cp -a alice/.gitconfig alice/.config cut && git init -q cut/clone &&
	as cut git remote add origin "$top/cut.git" && for turn in 1 2
	do
		test_expect_code 128 sync cut &&
			test_grep ".origin. is a shallow clone" cut/sync.err &&
			test -z "$(as cut git for-each-ref)" || return 1
	done && as cut git fsck --connectivity-only &&
	git -C cut.git fetch -q --unshallow "file://$top/remote" \
		"+refs/vault/*:refs/vault/*" "+refs/notes/*:refs/notes/*" &&
	sync cut && is_same alice cut
'

test_expect_success 'nor does a shallow clone take a bundle of its project for another one' '
	as alice git commit -q --allow-empty -m two &&
	as alice git push -q origin HEAD && rm -r sam/clone &&
	git clone -q --depth 1 "file://$top/remote" sam/clone &&
	on sam git vault init -q &&
	test_expect_code 128 on sam git vault import "$top/alice/whole.bundle" \
		2>err &&
	test_grep "unshallow" err && as sam git fetch -q --unshallow &&
	on sam git vault import "$top/alice/whole.bundle"
'

test_expect_success 'an increment does not take the place of its basis' '
	on alice git vault export ../a.bundle && cp alice/a.bundle expect &&
	take alice sixth && test_expect_code 128 on alice git vault export \
		--force --basis ../a.bundle ../a.bundle &&
	test_expect_code 128 on alice git vault export --force --incremental \
		../a.bundle 2>err && test_grep "is the basis" err &&
	test_cmp_bin expect alice/a.bundle &&
	on alice git vault export --incremental ../b.bundle &&
	on alice git vault export --force ../a.bundle
'

test_expect_success 'a mirror syncs like another clone' '
	mkdir mia && cp -a alice/.gitconfig alice/.config mia &&
	git clone -q --mirror remote mia/clone &&
	on mia git vault pin "$(cat first)" && on mia git vault tag \
		"$(cat first)" mirrored && sync mia && sync alice &&
	on alice git vault show "$(cat first)" >out && test_grep mirrored out &&
	test_might_fail on mia git vault doctor origin >out &&
	test_grep ! "so nothing can be stored there" out
'

test_expect_success 'with --push-only a remote that was set back gets what it had' '
	sync alice && save_state alice db 8 && sync alice &&
	git -C remote update-ref refs/vault/state/prod/db \
		"refs/vault/state/prod/db^" && sync alice --push-only &&
	is_same alice
'

test_expect_success 'more deletions than one push has all go' '
	sync alice && id=$(cat first) &&
	git -C alice/clone cat-file commit refs/vault/snapshots/$id >commit &&
	sed "1,/^\$/d" commit >message &&
	awk -v id=$id -v size=$(wc -c <message) "
		/^tree / { tree = \$2 }
		/^(author|committer) / { head = head \$0 \"\\n\" }
		past { body = body \$0 \"\\n\" }
		/^\$/ { past = 1 }
		END {
			for (i = 0; i < 1005; i++) {
				new = sprintf(\"20030101T000000Z-%08x\", i)
				text = body
				gsub(id, new, text)
				printf \"commit refs/vault/snapshots/%s\\n%s\", new, head
				printf \"data %d\\n%s\", size, text
				printf \"M 040000 %s \\n\\n\", tree
			}
		}" commit >stream &&
	git -C alice/clone fast-import --quiet <stream && sync alice &&
	records remote >actual && test_grep snapshots/20030101T000000Z-000003ec \
		actual &&
	git -C alice/clone for-each-ref --format="%(refname:lstrip=3)" \
		"refs/vault/snapshots/2003*" >ids &&
	on alice git vault -q delete $(cat ids) >/dev/null && sync alice &&
	records remote >actual && test_grep ! snapshots/2003 actual &&
	is_same alice
'

test_done
