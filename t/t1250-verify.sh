#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault verify'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

# The file of a loose object.
loose () {
	echo ".git/objects/$(echo "$1" | sed 's,^..,&/,')"
}

damage () {
	file=$(loose "$1") && chmod u+w "$file" && printf x |
		dd of="$file" bs=1 seek=4 conv=notrunc 2>/dev/null
}

# A repository with two snapshots of plain git's making: all objects loose.
two () {
	cd "$TRASH_DIRECTORY" && rm -rf repo && test_create_repo repo &&
	cd repo &&
	mkdir -p a/b c && echo same >a/b/same && echo 1 >a/changes &&
	echo twice >c/x && echo twice >c/y && ln -s c/x link &&
	git add . && git commit -q -m base &&
	snapshot_take -m one && one=$snapshot &&
	echo 2 >a/changes && snapshot_take -m two && two=$snapshot
}

oid_of () {
	git rev-parse "refs/vault/snapshots/$1"
}

test_expect_success 'without snapshots there is nothing damaged' '
	git vault verify >actual &&
	test_grep "^no snapshots verified\|^0 snapshots" actual
'

test_expect_success 'whole snapshots are whole' '
	two &&
	git vault verify >actual && test_grep "^2 snapshots verified, all whole" \
		actual &&
	git vault verify --deep && git vault verify --all &&
	git vault verify latest >actual && test_grep "^1 snapshot " actual
'

test_expect_success 'those of git vault are, too' '
	test_create_repo own && (
		cd own &&
		mkdir -p d/e empty && echo x >d/e/f && : >nothing && ln -s d l &&
		truncate -s 100k holes && printf y >>holes &&
		git add . && git commit -q -m x && echo y >d/e/f &&
		git vault snapshot -q && echo z >d/e/f && git add d &&
		echo w >d/e/f && git vault snapshot -q && rm -r d &&
		git vault snapshot -q && git vault verify --deep
	)
'

test_expect_success 'a damaged file is named with every snapshot and path' '
	two && damage $(oid_of $one:tree/c/x) &&
	test_expect_code 1 git vault verify >../actual 2>../err &&
	for s in $one $two
	do
		test_grep "^damaged $s:tree/c/x: .*$(oid_of $s:tree/c/y)" \
			../actual &&
		test_grep "^damaged $s:tree/c/y: " ../actual || return 1
	done &&
	test_line_count = 4 ../actual &&
	test_grep "2 snapshots verified, 2 damaged" ../err
'

test_expect_success 'a missing file is named where it is missed only' '
	two && rm -f "$(loose $(oid_of $one:tree/a/changes))" &&
	test_expect_code 1 git vault verify >../actual &&
	test_line_count = 1 ../actual &&
	test_grep "^damaged $one:tree/a/changes: " ../actual &&
	git vault verify $two &&
	test_expect_code 1 git vault verify $one latest
'

test_expect_success 'a damaged directory is named, the rest still read' '
	two && damage $(oid_of $two:tree/a) && damage $(oid_of $two:tree/c/x) &&
	test_expect_code 1 git vault verify >../actual &&
	test_grep "^damaged $two:tree/a: " ../actual &&
	test_grep "^damaged $two:tree/c/x: " ../actual &&
	test_grep "^damaged $one:tree/c/x: " ../actual &&
	test_grep ! "$one:tree/a:" ../actual
'

test_expect_success 'a damaged or missing manifest layer is named' '
	two && damage $(oid_of $one:meta/manifest/0000) &&
	test_expect_code 1 git vault verify >../actual &&
	test_grep "^damaged $one:meta/manifest/0000: " ../actual &&
	rm -f "$(loose $(oid_of $two:meta/manifest/0000))" &&
	test_expect_code 1 git vault verify >../actual &&
	test_grep "^damaged $two:meta/manifest/0000: " ../actual
'

test_expect_success 'a damaged commit is named by the ref' '
	two && damage $(oid_of $one) &&
	test_expect_code 1 git vault verify >../actual &&
	test_grep "^damaged $one: .*$(cut -c1-40 \
		.git/refs/vault/snapshots/$one)" ../actual &&
	test_expect_code 1 git vault verify $one >../actual &&
	test_grep "^damaged $one: " ../actual && git vault verify $two
'

test_expect_success 'a missing root tree is named' '
	two && rm -f "$(loose $(oid_of $one^{tree}))" &&
	test_expect_code 1 git vault verify >../actual &&
	test_grep "^damaged $one: " ../actual
'

test_expect_success 'a parent that is missing is named' '
	two && git commit -q --allow-empty -m other &&
	snapshot_take -m three && base=$(git rev-parse HEAD) &&
	git update-ref HEAD HEAD^ && rm -f "$(loose $base)" &&
	test_expect_code 1 git vault verify >../actual &&
	test_line_count = 1 ../actual &&
	test_grep "^damaged $snapshot: a commit that it keeps is missing.*$base" \
		../actual
'

test_expect_success 'a damaged pack is found' '
	two && git repack -q -a -d && git prune-packed &&
	pack=$(ls .git/objects/pack/*.pack) && chmod u+w "$pack" &&
	size=$(stat -c %s "$pack") &&
	printf xxxx | dd of="$pack" bs=1 seek=$((size / 2)) conv=notrunc &&
	test_expect_code 1 git vault verify >../actual &&
	test_file_not_empty ../actual
'

# rebuilt LINES-SCRIPT: $two once more, its manifest edited by sed.
rebuilt () {
	blob=$(git cat-file blob "refs/vault/snapshots/$two:meta/manifest/0000" |
		sed "$1" | git hash-object -w --stdin) &&
	layers_=$(printf '100644 blob %s\t0000\n' $blob | git mktree) &&
	meta_=$(printf '040000 tree %s\tmanifest\n' $layers_ | git mktree) &&
	root_=$(printf '040000 tree %s\tmeta\n040000 tree %s\ttree\n' $meta_ \
		${2:-$(oid_of $two:tree)} | git mktree) &&
	commit_=$(git cat-file commit "refs/vault/snapshots/$two" |
		sed "1s/.*/tree $root_/;$3" | git hash-object -t commit -w --stdin) &&
	git update-ref "refs/vault/snapshots/$two" $commit_
}

test_expect_success 'a manifest that does not fit the tree is told' '
	two && rebuilt "/ c\/x$/d" &&
	test_expect_code 1 git vault verify $two >../actual &&
	test_grep "^damaged $two:tree/c/x: the manifest has no line" ../actual &&
	test_line_count = 1 ../actual &&
	two && rebuilt "/ c\/x$/s/x$/w/" &&
	test_expect_code 1 git vault verify $two >../actual &&
	test_grep "^damaged $two:tree/c/w: .*tree does not hold it" ../actual &&
	two && rebuilt "/^f.* c\/x$/s/^f/l/" &&
	test_expect_code 1 git vault verify $two >../actual &&
	test_grep "^damaged $two:tree/c/x: it is a file, but" ../actual &&
	two && rebuilt "/^d.* a\/b$/d" &&
	test_expect_code 1 git vault verify $two >../actual &&
	test_grep "^damaged $two:tree/a/b: .*this directory" ../actual
'

test_expect_success 'a damaged line of the manifest is told' '
	two && rebuilt "3s/^d/q/" &&
	test_expect_code 1 git vault verify $two >../actual &&
	test_grep "^damaged $two:meta/manifest: .*line 3" ../actual
'

test_expect_success 'counts that do not fit are told' '
	two && rebuilt "" "" "s/^Vault-Files: .*/Vault-Files: 99/" &&
	test_expect_code 1 git vault verify $two >../actual &&
	test_grep "^damaged $two: .*99 files, but it holds 5" ../actual &&
	two && rebuilt "" "" "s/^Vault-Bytes: .*/Vault-Bytes: 7/" &&
	test_expect_code 1 git vault verify $two >../actual &&
	test_grep "^damaged $two: .*7 bytes" ../actual &&
	two && rebuilt "" "" "/^Vault-Bytes: /d" && git vault verify $two
'

test_expect_success 'a ref that holds another snapshot is told' '
	two && other=20200101T000000Z-00000009 &&
	git update-ref refs/vault/snapshots/$other $(oid_of $one) &&
	test_expect_code 1 git vault verify >../actual &&
	test_grep "^damaged $other: " ../actual && test_line_count = 1 ../actual
'

test_expect_success '--deep finds holes that do not fit' '
	two && size=$(git cat-file -s $(oid_of $two:tree/c/x)) &&
	rebuilt "/ c\/x$/s/ c/ e=0+1,$((size + 4096)) c/" &&
	git vault verify $two &&
	test_expect_code 1 git vault verify --deep $two >../actual &&
	test_grep "^damaged $two:tree/c/x: its list of holes" ../actual
'

test_expect_success '--deep finds a link that none can be' '
	two && git cat-file blob refs/vault/snapshots/$two:tree/link >../t &&
	none=$(printf "a\0b" | git hash-object -w --stdin) &&
	new=$(git ls-tree $(oid_of $two:tree) | sed "s/^120000 blob [0-9a-f]*/120000 blob $none/" |
		git mktree) &&
	rebuilt "" $new "/^Vault-Bytes: /d" && git vault verify $two &&
	test_expect_code 1 git vault verify --deep $two >../actual &&
	test_grep "^damaged $two:tree/link: no symbolic link" ../actual
'

test_expect_success JQ 'JSON says the same' '
	two && git vault --json verify >../json &&
	jq -e ".faults == [] and .snapshots == 2 and .damaged == 0 and
		.objects > 8 and .bytes > 100 and .deep == false" ../json &&
	damage $(oid_of $one:tree/c/x) &&
	test_expect_code 1 git vault verify --json >../json &&
	jq -e ".damaged == 2 and (.faults | length) == 4" ../json &&
	jq -r ".faults[] | .snapshot + \" \" + .path + \" \" + .object" ../json |
		sort >../actual &&
	oid=$(oid_of $one:tree/c/x) &&
	for s in $one $two
	do
		test_write_lines "$s tree/c/x $oid" "$s tree/c/y $oid"
	done | sort >../expect && test_cmp ../expect ../actual
'

test_expect_success 'an unknown snapshot, and --all with names, are errors' '
	two &&
	test_expect_code 128 git vault --json verify nope >../out &&
	test_must_be_empty ../out &&
	test_expect_code 129 git vault verify --all latest
'

test_expect_success 'nothing is written' '
	two && damage $(oid_of $one:tree/c/x) &&
	find .git -printf "%p %s %T@\n" | sort >../expect &&
	test_expect_code 1 git vault verify --deep &&
	find .git -printf "%p %s %T@\n" | sort >../actual &&
	test_cmp ../expect ../actual
'

test_expect_success 'an object is read once however many snapshots share it' '
	two && snapshot_many 50 &&
	test_might_fail git vault --json verify >../json &&
	n=$(sed "s/.*\"objects\":\([0-9]*\).*/\1/" ../json) && test "$n" -lt 90
'

test_done
