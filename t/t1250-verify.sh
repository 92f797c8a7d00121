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
	git vault verify >actual && test_grep "^2 snapshots verified, all intact" \
		actual &&
	git vault verify --deep && git vault verify --all &&
	git vault verify latest >actual && test_grep "^1 snapshot " actual &&
	git vault verify latest latest latest~1 "$(git vault list --id-only -n1)" \
		>actual && test_grep "^2 snapshots verified" actual
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
	test_expect_code 1 git vault verify >../actual &&
	test_line_count = 1 ../actual &&
	test_grep ":tree/c/x: .*; at 2 paths in 2 snapshots$" ../actual &&
	test_expect_code 1 git vault verify -v >../actual 2>../err &&
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
	test_expect_code 1 git vault health >../actual &&
	test_grep "verification found 1 damaged snapshot, $one;" ../actual &&
	test_expect_code 1 git vault verify $one latest &&
	git vault delete --no-trash $one &&
	test_might_fail git vault health >../actual &&
	test_grep ! "verification found" ../actual
'

test_expect_success 'a damaged directory is named, the rest still read' '
	two && damage $(oid_of $two:tree/a) && damage $(oid_of $two:tree/c/x) &&
	test_expect_code 1 git vault verify -v >../actual &&
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

test_expect_success 'an object of several snapshots has one line, with their count' '
	two && rm -f "$(loose $(git rev-parse refs/vault/snapshots/$one:tree/a/b/same))" &&
	test_expect_code 1 git vault verify >../actual &&
	test_line_count = 1 ../actual && test_grep "; in 2 snapshots$" ../actual &&
	test_expect_code 1 git vault verify -v >../actual &&
	test_line_count = 2 ../actual
'

test_expect_success 'a damaged commit is named by the ref' '
	two && damage $(oid_of $one) &&
	test_expect_code 1 git vault verify >../actual &&
	test_grep "^damaged $one: .*$(cut -c1-40 \
		.git/refs/vault/snapshots/$one)" ../actual &&
	test_expect_code 1 git vault verify $one >../actual &&
	test_grep "^damaged $one: " ../actual && git vault verify $two &&
	two && damage $(oid_of $two) &&
	test_must_fail git vault restore latest --to ../x 2>../err &&
	test_grep "damaged: .*: git vault repair; the newest .* is $one" ../err &&
	git vault >../actual && test_grep "^snapshot .*2 is damaged" ../actual &&
	test_grep "^next *git vault repair$" ../actual &&
	test_expect_code 1 git vault health >../actual &&
	test_grep "error: the newest snapshot, $two, is damaged" ../actual
'

test_expect_success 'a commit that is lost is one fault' '
	two && rm -f "$(loose $(oid_of $one))" &&
	commit=$(cut -c1-40 .git/refs/vault/snapshots/$one) &&
	for how in "" --deep "--max-time 1h" $one
	do
		rm -rf .git/vault &&
		test_expect_code 1 git vault verify $how >../actual 2>../err &&
		test_line_count = 1 ../actual &&
		test_grep "^damaged $one: .*$commit" ../actual &&
		test_grep "1 damaged: 1 fault in" ../err || return 1
	done && test_expect_code 1 git vault verify --json >../json &&
	test_grep "\"object\":\"$commit\"" ../json &&
	test_grep ! "\"object\":null" ../json &&
	test_grep "\"damaged\":1," ../json
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
	test_grep "^{\"schema\":1,\"error\":{\"code\":\"not_found\"" ../out &&
	test_expect_code 129 git vault verify --all latest
'

test_expect_success 'nothing is written but what it remembers' '
	two && git vault verify &&
	find .git "(" -path .git/vault -o -path .git/objects ")" -prune -o \
		-type f -printf "%p %s %T@\n" | sort >../expect &&
	find .git/objects -type f | sort >>../expect &&
	damage $(oid_of $one:tree/a/changes) &&
	test_expect_code 1 git vault verify --deep &&
	find .git "(" -path .git/vault -o -path .git/objects ")" -prune -o \
		-type f -printf "%p %s %T@\n" | sort >../actual &&
	find .git/objects -type f | sort >>../actual &&
	test_cmp ../expect ../actual && ls .git/vault >../actual &&
	test_write_lines faulty verified >../expect && test_cmp ../expect ../actual
'

test_expect_success 'the day of the last verification is shown' '
	two && git vault list -v >../actual &&
	test_line_count = 3 ../actual && test_grep "VERIFIED" ../actual &&
	test_grep "^$one .* never " ../actual &&
	git vault verify $one && git vault list -v >../actual &&
	test_grep "^$two .* never " ../actual &&
	test_grep ! "^$one .* never " ../actual &&
	git vault show $one >../actual && test_grep "^Verified: *2005" ../actual &&
	git vault show $two >../actual && test_grep ! "^Verified:" ../actual &&
	git vault list >../actual && test_grep ! VERIFIED ../actual
'

test_expect_success JQ 'JSON says it, too' '
	two && git vault verify $one &&
	git vault list --json >../json &&
	jq -e ".snapshots[0].verified_time == null and
		(.snapshots[1].verified_time | startswith(\"2005-\"))" ../json &&
	git vault show --json $one >../json &&
	jq -e ".verified_time | startswith(\"2005-\")" ../json
'

test_expect_success 'a snapshot that is found damaged counts as not verified' '
	two && git vault verify && damage $(oid_of $one:tree/a/changes) &&
	test_expect_code 1 git vault verify &&
	git vault list -v >../actual && test_grep "^$one .* never " ../actual &&
	test_grep ! "^$two .* never " ../actual
'

test_expect_success 'another commit under the id counts as not verified' '
	two && git vault verify && test_tick &&
	git update-ref refs/vault/snapshots/$two $(git commit-tree \
		-p $(oid_of $two^) -m "$(git log -1 --format=%B \
		$(oid_of $two))" $(oid_of $two^{tree})) &&
	git vault list -v >../actual && test_grep "^$two .* never " ../actual
'

test_expect_success 'what it remembers may be lost or damaged' '
	two && git vault verify && size=$(wc -c <.git/vault/verified) &&
	cp .git/vault/verified ../whole &&
	for cut in $(test_seq 0 $((size - 1)))
	do
		head -c $cut ../whole >.git/vault/verified &&
		git vault list -v >../actual &&
		test_grep "^$one .* never " ../actual || return 1
	done >../log && rm .git/vault/verified && git vault verify &&
	test_cmp ../whole .git/vault/verified
'

# The next edit of a tree that sees all kinds of them.
edit () {
	case $(($1 % 10)) in
	0) mkdir -p new/$1/deep && echo $1 >new/$1/deep/f ;;
	1) echo $1 >>a/changes ;;
	2) mkdir -p empty/$1/e ;;
	3) rm -rf new/$(($1 - 3)) && echo $1 >>a/changes ;;
	4) rm -rf c && echo file >c ;;
	5) rm -f c && mkdir c && echo $1 >c/x && echo y >c/y ;;
	6) rm -f link && ln -s $1 link ;;
	7) rm -f link && mkdir -p link/in && echo $1 >link/in/f ;;
	8) rm -rf link empty/$(($1 - 6)) && ln -s a link && chmod 755 c/x ;;
	9) touch -d "2001-01-0$(($1 % 9 + 1))" a a/b && mkfifo a/pipe$1 ;;
	esac
}

# Forty snapshots of git vault itself.
forty () {
	cd "$TRASH_DIRECTORY" && rm -rf repo && if test -d forty
	then
		cp -a forty repo && cd repo || return
		return 0
	fi
	test_create_repo repo && cd repo && mkdir -p a/b c && echo 1 >a/changes && echo x >c/x &&
	ln -s a link && test_seq 400 | while read -r i
	do
		mkdir -p many/$((i / 20)) && echo $i >many/$((i / 20))/$i ||
			return 1
	done && git add . && test_tick && git commit -q -m base &&
	for i in $(test_seq 40)
	do
		test_tick && edit $i && git vault -q snapshot || return 1
	done >../ids && test_line_count -eq 40 ../ids && cp -a . ../forty
}

test_expect_success 'many snapshots are as whole together as each alone' '
	forty && git vault verify --all >../actual &&
	test_grep "^40 snapshots verified, all intact" ../actual &&
	for id in $(cat ../ids)
	do
		git vault verify $id || return 1
	done
'

# spoiled ID SED-SCRIPT [WHICH]: the newest layer of a snapshot, or with `1p`
# its base, edited; where the edit changes nothing, fails.
spoiled () {
	layers_=$(git ls-tree "refs/vault/snapshots/$1:meta/manifest") &&
	old_=$(echo "$layers_" | sed -n "${3:-\$p}" | cut -c13-52) &&
	blob_=$(git cat-file blob $old_ | sed "$2" | git hash-object -w --stdin) &&
	test $old_ != $blob_ &&
	man_=$(echo "$layers_" | sed "s/$old_/$blob_/" | git mktree) &&
	meta_=$(git ls-tree "refs/vault/snapshots/$1:meta" |
		sed "s/[0-9a-f]\{40\}\tmanifest/$man_\tmanifest/" | git mktree) &&
	root_=$(git ls-tree "refs/vault/snapshots/$1" |
		sed "s/[0-9a-f]\{40\}\tmeta/$meta_\tmeta/" | git mktree) &&
	commit_=$(git cat-file commit "refs/vault/snapshots/$1" |
		sed "1s/.*/tree $root_/" | git hash-object -t commit -w --stdin) &&
	git update-ref "refs/vault/snapshots/$1" $commit_
}

# alike ID SED-SCRIPT [WHICH]: one that is spoiled is told of among all as it
# is alone. Counts in $tried; what was told goes to ../found.
alike () {
	rm -rf .git && cp -a ../forty.git .git || return 1
	spoiled "$@" || return 0
	tried=$((tried + 1))
	test_might_fail git vault verify --all >../all 2>/dev/null
	test_might_fail git vault verify "$1" >../alone 2>/dev/null
	grep ^damaged ../all >../all.d
	grep ^damaged ../alone >../alone.d
	test_cmp ../alone.d ../all.d || {
		echo "$*"
		return 1
	}
	cat ../alone.d >>../found
}

test_expect_success 'a manifest that does not fit is found among many, too' '
	forty && git repack -q -a -d && rm -rf ../forty.git &&
	cp -a .git ../forty.git && tried=0 &&
	for n in 3 9 17 24 33 39
	do
		id=$(sed -n ${n}p ../ids) &&
		for script in "/^[fl] /s/^./d/" "/^[fd] /s/^./-/" "/^d /s/^./f/" \
			"/^- /s/^./d/" "/^- /d" "/^[dfl] /d" "s/^f /s /" \
			"s/^[fdl] /x /" "\$ s/^f /q /" "s/[^ ]*\$/zz/"
		do
			alike $id "$script" || return 1
		done || return 1
	done && echo "# $tried manifests spoiled" &&
	test $tried -gt 30 && test_file_not_empty ../found
'

test_expect_success 'also where it stands on another base' '
	forty && git repack -q -a -d && rm -rf ../forty.git ../found &&
	cp -a .git ../forty.git && tried=0 &&
	id=$(sed -n 33p ../ids) &&
	for script in "200 s/^f/d/" "200 s/^f/l/" "200 s/^f/x/" "200 d" \
		"200 s/^f/-/" "200 s/[^ ]*\$/zz/" "/many.19\$/d" \
		"/many.19\$/s/^d/f/" "/ many.19$/s/many/none/" \
		"200 s/many/..\/many/" "200 s/ many/ h=7 many/"
	do
		alike $id "$script" 1p || return 1
	done && echo "# $tried bases spoiled" &&
	test $tried -gt 9 && test_file_not_empty ../found &&
	rm -rf .git && cp -a ../forty.git .git &&
	spoiled $id "200 s/ [^ ]* many/ 1.000000000 many/" 1p &&
	git vault verify --all
'

test_expect_success 'chunks that one of two snapshots lacks are missed' '
	cd "$TRASH_DIRECTORY" && rm -rf repo && test_create_repo repo &&
	cd repo && truncate -s 33M big && printf x >>big && echo 1 >f &&
	for i in $(test_seq 200)
	do
		echo $i >n$i || return 1
	done &&
	test_tick && git vault -q snapshot && echo 2 >f && test_tick &&
	git vault -q snapshot >../id && id=$(cat ../id) &&
	s=refs/vault/snapshots/$id && git vault verify --all &&
	meta_=$(git ls-tree $s:meta | grep -v "	chunks$" | git mktree) &&
	test $meta_ != $(git rev-parse $s:meta) &&
	root_=$(git ls-tree $s | sed "s/[0-9a-f]\{40\}\tmeta/$meta_\tmeta/" |
		git mktree) && git update-ref $s $(git cat-file commit $s |
		sed "1s/.*/tree $root_/" | git hash-object -t commit -w --stdin) &&
	test_expect_code 1 git vault verify $id >../alone &&
	test_expect_code 1 git vault verify --all >../all &&
	test_grep "^damaged $id:tree/big" ../all && test_cmp ../alone ../all
'

test_expect_success 'one of two equal large files may come and go' '
	cd "$TRASH_DIRECTORY" && rm -rf repo && test_create_repo repo &&
	cd repo && git config vault.chunkThreshold 1m &&
	head -c 1500000 /dev/urandom >big && cp big twin &&
	for i in $(test_seq 200)
	do
		echo $i >n$i || return 1
	done &&
	test_tick && git vault -q snapshot && rm twin && test_tick &&
	git vault -q snapshot && cp big other && test_tick &&
	git vault -q snapshot >../id && git vault verify --all
'

test_expect_success 'the size of a large file is looked at in every manifest' '
	cd repo && test_tick && touch big && git vault -q snapshot >../id &&
	id=$(cat ../id) && git vault verify --all &&
	spoiled $id "s/ c=1500000/ c=1500001/" &&
	test_expect_code 1 git vault verify $id >../alone &&
	test_expect_code 1 git vault verify --all >../all &&
	test_grep "^damaged $id:tree/big" ../all && test_cmp ../alone ../all
'

# A repository of three commits, a snapshot of the last, and another commit, in
# origin.git, too.
far () {
	cd "$TRASH_DIRECTORY" && rm -rf far origin.git shallow &&
		test_create_repo far && git init -q --bare origin.git && (
			cd far && for i in 1 2 3
			do
				echo $i >f && git add f && test_tick &&
					git commit -q -m $i || return 1
			done && echo 4 >f && git vault -q snapshot &&
				git commit -q -a -m 4 && git push -q ../origin.git main "refs/vault/*:refs/vault/*"
		)
}

test_expect_success 'a shallow clone misses nothing behind its ends' '
	far && git clone -q --depth 1 -b main "file://$PWD/origin.git" shallow &&
	cd shallow && git fetch -q --depth 1 origin "refs/vault/*:refs/vault/*" &&
	git vault verify && git vault repair >../actual &&
	test_grep "there is nothing to repair" ../actual
'

test_expect_success 'but what lies before them is missed' '
	far && git clone -q --depth 1 -b main "file://$PWD/origin.git" shallow &&
	cd shallow && git fetch -q --depth 3 origin "refs/vault/*:refs/vault/*" &&
	base=$(git -C ../far rev-parse HEAD^) && mv .git/objects/pack ../packs &&
	for pack in ../packs/*.pack
	do
		git unpack-objects -q <"$pack" || return 1
	done && rm -rf ../packs && git vault verify && git vault repair -n &&
	for oid in $(git rev-parse $base^) $base
	do
		rm -f "$(loose $oid)" &&
		test_expect_code 1 git vault repair -n >../actual &&
		test_grep "^lost .*$oid" ../actual || return 1
	done && test_expect_code 1 git vault verify >../actual &&
	test_grep "^damaged .*: a commit that it keeps is missing" ../actual
'

test_expect_success '--max-time comes to the end in pieces' '
	forty && runs=0 && left=40 &&
	while test $left != 0 && test $runs -lt 100
	do
		runs=$((runs + 1)) &&
		test_env GIT_VAULT_TEST_TIME=$((test_tick + runs)) \
			git vault --json verify --max-time 1 >../json &&
		left=$(sed "s/.*\"left\":\([0-9]*\).*/\1/" ../json) || return 1
	done && test $left = 0 && test_path_is_missing .git/vault/verifying &&
	git vault list -v >../actual && test_grep ! " never " ../actual
'

test_expect_success 'what was verified longest ago comes first' '
	two && git vault verify $one && test_tick && git vault verify $two &&
	test_tick && git vault list --json >../json &&
	git vault verify --max-time 1h &&
	test_path_is_missing .git/vault/verifying &&
	git vault list -v >../actual && test_grep ! " never " ../actual
'

test_expect_success 'a cursor that is damaged begins anew' '
	forty && id=$(tail -n 1 ../ids) &&
	printf "GVVERIF1 and no more" >.git/vault/verifying &&
	git vault verify --max-time 1h >../actual &&
	test_grep "^40 snapshots verified" ../actual
'

test_expect_success 'what is not a duration is refused' '
	two && for d in 0 x 5y -1 "" 1h5x 99999999999999999999
	do
		test_expect_code 129 git vault verify --max-time "$d" || return 1
	done && git vault verify --max-time 1h30m &&
	test_expect_code 129 git vault verify --max-time 1h $one
'

test_expect_success '--remote says what a remote holds' '
	two && git init -q --bare ../remote.git &&
	test_when_finished "rm -rf \"$TRASH_DIRECTORY/remote.git\"" &&
	git remote add origin ../remote.git &&
	test_expect_code 1 git vault verify --remote origin >../actual &&
	test_grep "^missing refs/vault/snapshots/$one" ../actual &&
	test_grep "2 missing" ../actual &&
	git push -q origin "refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	git vault verify --all --remote origin >../actual &&
	echo "2 refs of the vault on origin, 0 missing, 0 different, 0 only there" \
		>../expect && test_cmp ../expect ../actual &&
	git -C ../remote.git update-ref refs/vault/snapshots/$one $(oid_of $two) &&
	git -C ../remote.git update-ref refs/vault/secrets/x $(oid_of $two) &&
	test_expect_code 1 git vault verify --remote origin >../actual &&
	test_grep "^different refs/vault/snapshots/$one" ../actual &&
	test_grep "^only there refs/vault/secrets/x" ../actual &&
	git update-ref -d refs/vault/snapshots/$one &&
	git vault verify --remote origin &&
	test_expect_code 128 git vault verify --remote nowhere 2>../err &&
	test_grep "cannot ask the remote .nowhere" ../err &&
	test_expect_code 129 git vault verify --remote origin $two
'

test_expect_success JQ '--remote in JSON' '
	two && git init -q --bare ../remote.git &&
	test_when_finished "rm -rf \"$TRASH_DIRECTORY/remote.git\"" &&
	git push -q ../remote.git refs/vault/snapshots/$one &&
	test_expect_code 1 git vault --json verify --remote ../remote.git >../json &&
	jq -e ".there == 1 and .missing == 1 and .only_there == 0 and
		(.refs | length) == 2 and .refs[0].state == \"there\" and
		.refs[1].state == \"missing\" and .refs[1].theirs == null" ../json
'

test_expect_success 'an object is read once however many snapshots share it' '
	two && snapshot_many 50 &&
	test_might_fail git vault --json verify >../json &&
	n=$(sed "s/.*\"objects\":\([0-9]*\).*/\1/" ../json) && test "$n" -lt 90
'

test_expect_success 'one thread and several find the same' '
	cd "$TRASH_DIRECTORY" && git init -q threads && cd threads && test_seq 200 >file && git vault -q snapshot &&
	git vault verify --deep --threads 1 >../expect && git vault verify --deep --threads 3 >../actual && test_cmp ../expect ../actual &&
	git vault restore latest --to ../one --threads 1 && git vault restore latest --to ../three --threads 3 && diff -r ../one ../three &&
	git vault repair --threads 1 >../expect && git vault repair --threads 3 >../actual && test_cmp ../expect ../actual &&
	for command in verify repair "restore latest --to ../none"; do
		test_expect_code 129 git vault $command --threads many || return 1
	done
'

test_done
