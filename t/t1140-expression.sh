#!/bin/sh

test_description='how a snapshot is named'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

# names EXPRESSION ID: the expression means this snapshot
names () {
	git vault show --json "$1" >shown &&
		echo "$2" >expect &&
		sed 's/.*"id": *"\([^"]*\)".*/\1/' shown | cut -c1-25 >actual &&
		test_cmp expect actual
}

# fails EXPRESSION WORDS…: with exit status 128 and these words on one line
fails () {
	test_expect_code 128 git vault show "$1" 2>err &&
		shift &&
		test_line_count -eq 1 err &&
		for words in "$@"
		do
			test_grep -F "$words" err || return 1
		done
}

test_expect_success 'without any snapshot each name says so' '
	test_commit first &&
	for name in latest latest~3 tag:x at:yesterday main 20200101T000000Z-00
	do
		fails $name "this repository has none yet" \
			"vault snapshot" && test_grep ! sync err || return 1
	done
'

test_expect_success 'those of a remote come by sync' '
	test_when_finished "git remote remove o" && git remote add o "$PWD/o.git" &&
	fails latest "vault sync" && git vault list >out 2>err &&
	test_grep "vault sync" err && test_expect_code 128 git vault log x 2>err &&
	test_grep "vault sync" err
'

test_expect_success 'set up four snapshots on two commits' '
	snapshot_take -m one -t old && one=$snapshot && one_time=$test_tick &&
	echo change >first.t &&
	snapshot_take -m two -t both && two=$snapshot && two_time=$test_tick &&
	test_commit second &&
	snapshot_take -m three -t both && three=$snapshot &&
	snapshot_take -m four && four=$snapshot
'

test_expect_success 'latest, and so many before it' '
	names latest $four &&
	names latest~0 $four &&
	names latest~ $three &&
	names latest~1 $three &&
	names latest~3 $one &&
	fails latest~4 "there are 4, so latest~3 is the oldest"
'

test_expect_success 'show without a name takes the newest' '
	git vault show >actual &&
	head -n 1 actual >first-line &&
	echo "snapshot $four" >expect &&
	test_cmp expect first-line
'

test_expect_success 'a whole id, its front, its digits, and its ref' '
	names $two $two &&
	names ${two%?} $two &&
	names ${two#*-} $two &&
	names $(echo $two | cut -c1-16) $two &&
	names refs/vault/snapshots/$two $two
'

test_expect_success 'a front that several share is refused with their ids' '
	fails $(echo $two | cut -c1-8) "matches 4 snapshots" \
		$one $two $three $four
'

test_expect_success 'so are digits that two ids end with' '
	twin=20200101T000000Z-${two#*-} &&
	git update-ref refs/vault/snapshots/$twin HEAD &&
	test_when_finished "git update-ref -d refs/vault/snapshots/$twin" &&
	fails ${two#*-} "matches 2 snapshots" $twin $two &&
	names $two $two &&
	git update-ref -d refs/vault/snapshots/$twin &&
	names refs/vault/snapshots/${two#*-} $two
'

test_expect_success 'an id that is none is answered with the nearest' '
	fails ${two%????}ffff "no snapshot has the id" "the nearest is $two"
'

test_expect_success 'the newest with a tag' '
	names tag:old $one &&
	names tag:both $three &&
	fails tag:bot "no snapshot is" "did you mean" "tag:both" &&
	fails tag:unlike "no snapshot is" "none carries that tag" \
		"the newest is $four"
'

test_expect_success 'the newest that is not after a time' '
	names at:$(date -u -d @$two_time +%Y-%m-%dT%H:%M:%SZ) $two &&
	names "at:$(date -u -d @$((two_time + 59)) "+%Y-%m-%d %H:%M:%S +0000")" \
		$two &&
	names "at:30 seconds ago" $three &&
	names at:now $four && names at:0d $four && names at:30s $three &&
	fails at:30m "may mean minutes or months; write" &&
	fails at:$(date -u -d @$((one_time - 1)) +%Y-%m-%dT%H:%M:%SZ) \
		"was taken at 2005-" "or before"
'

test_expect_success 'a text that git takes for now without reading it is refused' '
	fails at:someday "git does not understand the time" &&
	fails at: "git does not understand the time" &&
	fails at:2005-W40 "git does not understand the time" &&
	fails at:0 "git does not understand the time" &&
	fails at:99999999999 "git does not understand the time" &&
	names at:Today $four && names "at:0 seconds ago" $four &&
	names "at:$(date -u -d @$test_tick "+%b %e")" $four &&
	names at:@$test_tick $four &&
	test_expect_code 128 git vault list --until 0 2>err &&
	test_grep "git does not understand the time .0." err
'

test_expect_success 'the newest that was taken on a commit' '
	names main $four &&
	names first $two &&
	names HEAD~1 $two &&
	names "$(git rev-parse first)" $two &&
	git commit -q --allow-empty -m third &&
	fails HEAD "none was taken on commit $(git rev-parse HEAD | cut -c1-10)"
'

test_expect_success 'names with colons' '
	test_write_lines rel:1 a:b:c odd{tag >tags && while read -r tag
	do
		git vault tag $one $tag && names tag:$tag $one || return 1
	done <tags && rm tags &&
	git vault cat tag:old:first.t >actual && echo first >expect &&
	test_cmp expect actual && git vault cat tag:odd{tag:first.t >actual &&
	test_cmp expect actual &&
	fails tag:rel:2 "no snapshot is" "none carries that tag" &&
	names ":/sec" $four && names "main^{/fir}" $two &&
	git branch aside HEAD~1 && names "aside@{2038-01-01 10:20:30}" $four &&
	git vault cat "aside@{2038-01-01 10:20:30}:first.t" >actual &&
	echo change >expect && test_cmp expect actual &&
	git vault diff --name-only ":/first" first >actual &&
	test_must_be_empty actual
'

test_expect_success 'the commit of a snapshot names it' '
	names $(git rev-parse refs/vault/snapshots/$two) $two
'

test_expect_success 'what names nothing is answered with the newest' '
	fails no-such-branch "git knows no such commit" "the newest is $four" &&
	fails "" "no snapshot is" &&
	fails "$(printf "a\033[2Jb\nc")" "a\\033[2Jb\\nc"
'

test_expect_success 'a name that looks like an option stays a name' '
	test_expect_code 128 git vault show -- --all 2>err &&
	test_grep "no snapshot is .--all." err
'

test_expect_success 'of two in one second the follower is the newer' '
	snapshot_take -m base &&
	# the later one gets the smaller number
	snapshot_count=4095 && snapshot_take -s -m a && a=$snapshot &&
	snapshot_count=255 && snapshot_take -s -m b && b=$snapshot &&
	snapshot_count=2047 && snapshot_take -s -m c && c=$snapshot &&
	names latest $c &&
	names latest~1 $b &&
	names latest~2 $a &&
	git vault list --json >list &&
	tr , "\n" <list | sed -n "s/.*\"id\": *\"\([^\"]*\)\".*/\1/p" |
		head -n 3 >actual &&
	test_write_lines $c $b $a >expect &&
	test_cmp expect actual &&
	snapshot_count=10000
'

test_expect_success 'of those in one second that do not follow each other, the id' '
	test_create_repo ../turns && (
		cd ../turns && GIT_VAULT_TEST_TIME=1793613600 &&
		export GIT_VAULT_TEST_TIME && echo 0 >a && git add . &&
		git commit -q -m a && git worktree add -q ../other &&
		for i in 1 2 3 4
		do
			echo $i >a && git vault -q snapshot &&
			git -C ../other vault -q snapshot --force || exit 1
		done >../ids && sort -r ../ids >../expect &&
		git vault list --id-only >../actual && test_cmp ../expect ../actual
	)
'

test_expect_success 'a circle of previous ones ends' '
	last=$snapshot &&
	snapshot_take -m x && x=$snapshot &&
	y=${x%?????}fffff &&
	git cat-file commit refs/vault/snapshots/$x |
		sed "s/$x/$y/; s/$last/$x/" |
		git hash-object -t commit -w --stdin >commit-y &&
	git cat-file commit refs/vault/snapshots/$x | sed "s/$last/$y/" |
		git hash-object -t commit -w --stdin >commit-x &&
	git update-ref refs/vault/snapshots/$x $(cat commit-x) &&
	git update-ref refs/vault/snapshots/$y $(cat commit-y) &&
	names latest $y &&
	names latest~1 $x &&
	git update-ref -d refs/vault/snapshots/$x &&
	git update-ref -d refs/vault/snapshots/$y
'

test_expect_success 'where the one that is meant is damaged no older one is given' '
	snapshot_take -m broken -t both && broken=$snapshot &&
	git cat-file commit refs/vault/snapshots/$broken |
		sed "s/^Vault-Id:.*/Vault-Id: nothing/" |
		git hash-object -t commit -w --stdin >commit &&
	git update-ref refs/vault/snapshots/$broken $(cat commit) &&
	fails latest "latest: snapshot $broken is damaged" \
		"Vault-Id is no id" &&
	fails $broken "snapshot $broken is damaged" &&
	names latest~1 $c &&
	names tag:both $three &&
	fails tag:none "1 damaged one could not be asked"
'

test_expect_success 'it works in a bare clone and from a subdirectory' '
	git clone -q --mirror . bare.git &&
	(cd bare.git && names latest~1 $c) &&
	mkdir -p sub/dir &&
	(cd sub/dir && names latest~1 $c)
'

test_done
