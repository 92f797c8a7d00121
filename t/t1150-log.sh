#!/bin/sh

test_description='git vault log'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

# What is printed goes below .git, so that it is in no snapshot.
top=$TRASH_DIRECTORY

# wants PATH… <LINES: the columns that count of what is printed for them, the
# snapshots by the numbers under which they were taken.
wants () {
	cat >"$top/.git/expect" &&
	git vault log "$@" >"$top/.git/out" &&
	sed 1d "$top/.git/out" | sed 's/[0-9]* \(seconds\|minutes\|hours\) ago/-/
		s/[0-9]*T[0-9]*Z-0*//g; s/  */ /g; s/ bytes\{0,1\} / /
		s/ $//' >"$top/.git/actual" &&
	test_cmp "$top/.git/expect" "$top/.git/actual"
}

# object PATH: how the object that stands there is shown.
object () {
	git hash-object "$1" | cut -c1-10
}

test_expect_success 'set up: a file that comes, changes, goes and comes back' '
	mkdir -p env && git commit -q --allow-empty -m first &&
	echo other >other && echo same >env/same &&
	snapshot_take && empty=$snapshot &&
	echo one >env/a && one=$(object env/a) && snapshot_take &&
	echo more >>other && snapshot_take &&
	echo two! >env/a && two=$(object env/a) && snapshot_take &&
	snapshot_take && chmod +x env/a && snapshot_take &&
	rm env/a && snapshot_take &&
	echo one >env/a && snapshot_take &&
	rm env/a && ln -s same env/a && link=$(printf same |
		git hash-object --stdin | cut -c1-10) && snapshot_take &&
	rm env/a && snapshot_take && echo more >>other && snapshot_take
'

test_expect_success 'each version once, the newest first, with who holds it' '
	wants env/a <<-END
	removed, came back - - - - 3 7 b
	type - 120000 4 $link 1 9 9
	added, came back - 100644 4 $one 3 2 8
	mode - 100755 5 $two 1 6 6
	changed - 100644 5 $two 2 4 5
	END
'

test_expect_success 'a path from below, and one that never changed' '
	(
		cd env && wants same <<-END
		added - 100644 5 $(object same) 11 1 b
		END
	) &&
	wants env/same -n 0 </dev/null
'

test_expect_success 'so many, and those that came in a time' '
	at () { echo "--$1=@$((test_tick - 60 * (11 - $2)))"; } &&
	wants -n 1 env/a <<-END &&
	removed, came back - - - - 3 7 b
	END
	wants $(at since 9) env/a <<-END &&
	removed, came back - - - - 3 7 b
	type - 120000 4 $link 1 9 9
	END
	wants $(at since 4) $(at until 6) env/a <<-END &&
	mode - 100755 5 $two 1 6 6
	changed - 100644 5 $two 2 4 5
	END
	wants $(at since 8) $(at until 8) env/a <<-END
	added, came back - 100644 4 $one 3 2 8
	END
'

test_expect_success 'a directory changes where anything in it does' '
	git vault log --json env >.git/out &&
	test_grep "\"snapshots\": *4" .git/out &&
	tr "{" "\n" <.git/out | grep -c "\"present\":" >.git/actual &&
	echo 5 >.git/expect && test_cmp .git/expect .git/actual &&
	for n in 1 2 4 6 9
	do
		id=$(git for-each-ref --format="%(refname:lstrip=3)" \
			"refs/vault/snapshots/*-0000000$n") &&
		oid=$(git rev-parse refs/vault/snapshots/$id:tree/env) &&
		tr "{" "\n" <.git/out | grep "\"object\":\"$oid\"" |
			grep -q "\"first\":\"$id\"" || return 1
	done
'

test_expect_success 'pathspecs with wildcards, and several, are a set' '
	wants "env/?" <<-END &&
	removed, came back - - - - 3 7 b
	changed - - 1 file - 1 9 9
	added, came back - - 1 file - 3 2 8
	changed - - 1 file - 1 6 6
	changed - - 1 file - 2 4 5
	END
	wants env/a other -n 2 <<-END &&
	changed - - 1 file - 1 b b
	changed, came back - - 1 file - 2 7 a
	END
	wants ":(exclude)env" . <<-END &&
	changed - - 1 file - 1 b b
	changed - - 1 file - 8 3 a
	added - - 1 file - 2 1 2
	END
	(
		cd env && wants ":/oth*" -n 1 <<-END
		changed - - 1 file - 1 b b
		END
	) &&
	test_expect_code 128 git vault log ":(nonsense)x" 2>.git/err &&
	test_grep nonsense .git/err
'

test_expect_success 'what git prints of each version' '
	git vault log -p env/a >.git/out &&
	sed -n "/^mode/,/^changed/p" .git/out | sed "1,/^\$/d; /^\$/,\$d" \
		>.git/actual &&
	cat >.git/expect <<-\END &&
	diff --git a/env/a b/env/a
	old mode 100644
	new mode 100755
	END
	test_cmp .git/expect .git/actual &&
	grep -c "^diff --git" .git/out >.git/actual &&
	echo 6 >.git/expect && test_cmp .git/expect .git/actual &&
	test_grep "^Held:   2 snapshots, .*-00000002 to .*-00000003" .git/out &&
	test_grep "^Again:  1 snapshot, [^ ]*-00000008 (" .git/out &&
	git vault log --stat -n 1 other >.git/out &&
	test_grep "^ other | 1 +" .git/out &&
	git vault log --name-status -n 1 other >.git/out &&
	test_grep "^M	other" .git/out &&
	git vault log -p --color=always -n 1 other >.git/out &&
	test_grep "$(printf "\033")\[32m+.*more" .git/out
'

test_expect_success 'the diff drivers of the user count' '
	test_config diff.upper.textconv "tr a-z A-Z <" &&
	test_when_finished "rm -f .git/info/attributes" &&
	mkdir -p .git/info && echo "* diff=upper" >.git/info/attributes &&
	git vault log -p -n 1 other >.git/out && test_grep "^+MORE" .git/out
'

test_expect_success JQ 'the JSON document' '
	git vault log --json env/a >.git/out &&
	jq -c ".versions[2] | [.change, .present, .mode, .object, .bytes, .snapshots, .first[-1:], .last[-1:]]" \
		.git/out >.git/actual &&
	echo "[\"added\",true,\"100644\",\"$(echo one |
		git hash-object --stdin)\",4,3,\"2\",\"8\"]" >.git/expect &&
	test_cmp .git/expect .git/actual &&
	jq -c ".versions[2].runs[] | [.change, .first[-1:], .last[-1:], .snapshots]" \
		.git/out >.git/actual &&
	cat >.git/expect <<-\END &&
	["added","2","3",2]
	["added","8","8",1]
	END
	test_cmp .git/expect .git/actual &&
	jq -c ".versions[0] | [.change, .present, .mode, .object, .bytes]" \
		.git/out >.git/actual &&
	echo "[\"removed\",false,null,null,null]" >.git/expect &&
	test_cmp .git/expect .git/actual &&
	jq -c ".damaged" .git/out >.git/actual &&
	echo "[]" >.git/expect && test_cmp .git/expect .git/actual &&
	git vault log --json "oth*" | jq -c ".versions[] | [.files, .object]" \
		>.git/actual &&
	test_write_lines "[1,null]" "[1,null]" "[1,null]" >.git/expect &&
	test_cmp .git/expect .git/actual
'

test_expect_success 'the versions of the whole top are those of the trees' '
	git for-each-ref --format="%(objectname)" refs/vault/snapshots |
		sed "s/\$/:tree/" | git cat-file --batch-check="%(objectname)" |
		sort -u >.git/expect &&
	git vault log --json . | tr "{," "\n\n" |
		sed -n "s/^\"object\":\"\(.*\)\"/\1/p" | sort >.git/actual &&
	test_cmp .git/expect .git/actual
'

test_expect_success 'metadata alone is a version only where that is asked for' '
	snapshot_take && touch -d @1000000000 other && snapshot_take &&
	chmod 600 other && snapshot_take && chmod 644 other && snapshot_take &&
	git vault log --json other >.git/out &&
	tr "{" "\n" <.git/out | grep -c "\"present\"" >.git/actual &&
	echo 3 >.git/expect && test_cmp .git/expect .git/actual &&
	wants --metadata -n 2 other <<-END &&
	metadata, came back - 100644 16 $(object other) 2 d f
	metadata - 100644 16 $(object other) 1 e e
	END
	test_expect_code 129 git vault log --metadata "oth*" 2>.git/err &&
	test_grep "metadata takes one path, without wildcards unless it begins" .git/err
'

test_expect_success 'a path that was never there: the nearest is told' '
	test_expect_code 128 git vault log othr 2>.git/err &&
	test_grep "no snapshot ever held this path: .*nearest is .other." \
		.git/err &&
	test_expect_code 128 git vault log "*.none" 2>.git/err &&
	test_grep "nothing\|anything" .git/err &&
	test_expect_code 129 git vault log ../outside 2>.git/err &&
	test_grep "leads out" .git/err &&
	test_create_repo none && (
		cd none && test_expect_code 128 git vault log x 2>../.git/err
	) && test_grep "there is no snapshot" .git/err && rm -rf none
'

test_expect_success 'a damaged snapshot is left out and named' '
	lost=$(git rev-parse refs/vault/snapshots/$empty:tree) &&
	object=.git/objects/$(echo $lost | sed "s,..,&/,") &&
	mv $object .git/lost &&
	test_expect_code 3 git vault log --json env/same >.git/out 2>.git/err &&
	mv .git/lost $object &&
	test_grep "warning: snapshot $empty: .*$lost" .git/err &&
	test_grep "\"damaged\": *\[\"snapshot $empty" .git/out &&
	test_grep "\"snapshots\":14" .git/out &&
	git update-ref refs/vault/snapshots/20260101T000000Z-00000001 HEAD &&
	test_expect_code 3 git vault log env/same >.git/out 2>.git/err &&
	test_grep "20260101T000000Z-00000001 is damaged" .git/err &&
	test_grep "^added" .git/out &&
	git update-ref -d refs/vault/snapshots/20260101T000000Z-00000001
'

test_expect_success 'also of a set of paths' '
	id=$(git for-each-ref --format="%(refname:lstrip=3)" \
		"refs/vault/snapshots/*-00000009") &&
	lost=$(git rev-parse refs/vault/snapshots/$id:tree/env) &&
	object=.git/objects/$(echo $lost | sed "s,..,&/,") &&
	mv $object .git/lost &&
	test_expect_code 3 git vault log "env/?" >.git/out 2>.git/err &&
	test_grep "warning: snapshot $id: .*$lost" .git/err &&
	test_line_count = 1 .git/err && test_line_count = 5 .git/out &&
	test_expect_code 3 git vault log env other >.git/out 2>.git/err &&
	test_grep "warning: snapshot $id: .*$lost" .git/err &&
	test_expect_code 3 git vault list --id-only --path "env/?" \
		>.git/out 2>.git/err &&
	test_grep "snapshot $id: .*$lost" .git/err &&
	test_grep ! $id .git/out && test_line_count = 6 .git/out &&
	mv .git/lost $object &&
	test_expect_code 128 git vault log ":(nonsense)x" 2>.git/err &&
	test_grep nonsense .git/err
'

test_expect_success 'where none that holds it can be read, that is said' '
	git init -q ../every && (
		cd ../every && echo 1 >top && mkdir d && echo 1 >d/f &&
		git vault -q snapshot && echo 2 >d/f && git vault -q snapshot &&
		mkdir ../packs && mv .git/objects/pack/* ../packs &&
		for pack in ../packs/*.pack
		do
			git unpack-objects -q <"$pack" || return 1
		done &&
		for ref in $(git for-each-ref --format="%(refname)" \
			refs/vault/snapshots)
		do
			lost=$(git rev-parse "$ref:tree/d") &&
			rm ".git/objects/$(echo $lost | sed "s,..,&/,")" ||
				return 1
		done &&
		why="no snapshot that can be read holds anything that these paths match: snapshot 2.*git cannot read it" &&
		test_expect_code 128 git vault log "d/*" 2>err &&
		test_grep "$why" err &&
		test_expect_code 128 git vault log d/f none 2>err &&
		test_grep "$why" err &&
		test_expect_code 128 git vault log d/f 2>err &&
		test_grep "$lost is not in this repository" err &&
		test_expect_code 128 git vault log tpo 2>err &&
		test_grep "no snapshot ever held this path: .*nearest is .top." err
	)
'

test_expect_success 'what git cannot print of one keeps back no other' '
	git init -q ../lost && (
		cd ../lost && for n in 1 2 3 4
		do
			echo $n >f && test_tick && git vault -q snapshot >>.git/ids ||
				exit 1
		done && mkdir ../loose && mv .git/objects/pack/* ../loose &&
		for pack in ../loose/*.pack
		do
			git unpack-objects -q <"$pack" || exit 1
		done && lost=$(echo 2 | git hash-object --stdin) &&
		rm -f ".git/objects/$(echo $lost | sed "s,..,&/,")" &&
		for form in -p --stat
		do
			test_expect_code 3 git vault log $form f >out 2>err &&
			grep -e "^changed" -e "^added" out >blocks &&
			test_line_count = 4 blocks && for n in 2 3
			do
				test_grep "warning: not every change in snapshot $(sed -n ${n}p .git/ids) is printed: git could not" \
					err || exit 1
			done && grep "not every change in snapshot" err >told &&
			test_line_count = 2 told || exit 1
		done && test_grep "1 file changed" out &&
		test_expect_code 3 git vault log -p f >out && test_grep "^+4" out &&
		test_grep "^+1" out && test_expect_code 128 git vault log -p f >/dev/full
	)
'

test_expect_success 'names of any bytes, and paths through what is a file' '
	odd=$(printf "tab\there\n\"\377") && mkdir "$odd" &&
	echo x >"$odd/*" && oid=$(echo x | git hash-object --stdin) &&
	tree=$(snapshot_tree) && rm -r "$odd" && snapshot_take &&
	root=$(git ls-tree refs/vault/snapshots/$snapshot |
		sed "s/[0-9a-f]\{40\}	tree$/$tree	tree/" | git mktree) &&
	git update-ref refs/vault/snapshots/$snapshot \
		$(git cat-file commit refs/vault/snapshots/$snapshot |
		sed "s/^tree .*/tree $root/" |
		git hash-object -t commit -w --stdin) &&
	git vault log --json "$odd" >.git/out &&
	test_grep "\"snapshots\":1," .git/out &&
	git vault log --json "$odd/*" >.git/out &&
	test_grep "\"files\":1" .git/out &&
	git vault log --json ":(literal)$odd/*" >.git/out &&
	test_grep "\"object\":\"$oid\"" .git/out &&
	test_expect_code 128 git vault log other/inside 2>.git/err
'

test_expect_success 'one of some files only has not looked elsewhere' '
	git init -q ../some && (
		cd ../some && mkdir prod && echo p >prod/a && echo n >notes &&
		test_tick && git vault -q snapshot >one &&
		test_tick && echo q >prod/a && git vault -q snapshot --only prod >two &&
		git vault log notes >out && test_line_count = 2 out &&
		test_grep "^added .* 1 *$(cat one) *$(cat one)$" out &&
		git vault list --id-only --path notes >out && test_cmp one out &&
		git vault log prod/a >out && test_grep "^changed .*$(cat two)$" out &&
		rm notes && test_tick && git vault -q snapshot -f >three &&
		git vault log notes >out && test_grep "^removed .*$(cat three)$" out
	)
'

test_expect_success 'of a directory or a set it counts by what it holds' '
	git init -q ../part && (
		cd ../part && mkdir -p envs/prod envs/dev && echo 1 >envs/prod/p.tf &&
		echo 1 >envs/dev/d.tf && echo 1 >envs/dev/e.tf && test_tick &&
		git vault -q snapshot >one && test_tick &&
		git vault -q snapshot --only envs/prod >two && test_tick &&
		git vault -q snapshot -f >three && for path in envs "*.tf"
		do
			git vault log "$path" >out && test_line_count = 2 out &&
			test_grep "^added .* 3 *$(cat one) *$(cat three)$" out &&
			git vault list --id-only --path "$path" >out &&
			test_cmp one out || exit 1
		done && test_tick && echo 2 >envs/prod/p.tf &&
		git vault -q snapshot --only envs/prod >four && test_tick &&
		echo 2 >envs/dev/d.tf && git vault -q snapshot --only envs/dev/d.tf >five &&
		test_tick && git vault -q snapshot -f >six && for path in envs "*.tf"
		do
			git vault list --id-only --path "$path" >out &&
			cat five four one >expect && test_cmp expect out &&
			git vault log "$path" >out && test_line_count = 4 out &&
			test_grep "^changed .* 2 *$(cat five) *$(cat six)$" out &&
			test_grep "^changed .* 1 *$(cat four) *$(cat four)$" out &&
			git vault log --name-status "$path" >out &&
			grep "^[A-Z]	" out >names && cat >expect <<-\END &&
			M	envs/dev/d.tf
			M	envs/prod/p.tf
			A	envs/dev/d.tf
			A	envs/dev/e.tf
			A	envs/prod/p.tf
			END
			test_cmp expect names || exit 1
		done && rm envs/dev/e.tf && test_tick && git vault -q snapshot >seven &&
		test_tick && echo 3 >envs/prod/p.tf &&
		git vault -q snapshot --only envs/prod >eight &&
		git vault log -n 2 --name-status envs >out &&
		grep "^[A-Z]	" out >names &&
		test_write_lines "M	envs/prod/p.tf" "D	envs/dev/e.tf" >expect &&
		test_cmp expect names
	)
'

test_expect_success 'what went from a directory is no metadata of one of some files' '
	git init -q ../kind && (
		cd ../kind && mkdir d && echo 1 >f && echo 1 >d/g && test_tick &&
		git vault -q snapshot && rm d/g && test_tick &&
		git vault -q snapshot --only f && test_tick &&
		git vault -q snapshot >.git/three && for path in . "*"
		do
			git vault log -n 1 "$path" >.git/out &&
			test_grep "^changed .*$(cat .git/three)$" .git/out || exit 1
		done && echo 2 >f && test_tick && git vault -q snapshot --only f &&
		echo 1 >f && test_tick && git vault -q snapshot >.git/five &&
		for path in . "*"
		do
			git vault log -n 1 "$path" >.git/out &&
			test_grep "^changed, came back .*$(cat .git/five)$" .git/out || exit 1
		done
	)
'

test_expect_success 'a patch of what is in chunks is binary, whatever the attributes' '
	git init -q ../chunks && (
		cd ../chunks && git config vault.chunkThreshold 64k &&
		mkdir -p .git/info && git config diff.tc.textconv "grep {" &&
		test_write_lines "*.tc diff=tc" "*.txt diff" >.git/info/attributes &&
		for n in 1 2 3
		do
			test_tick && test_seq $n 30000 >big.tc && cp big.tc big.txt &&
			echo "{$n}" >small.tc && git vault -q snapshot >>.git/ids ||
				exit 1
		done &&
		git vault log -p "*.tc" "*.txt" >.git/out &&
		grep -e "^+{" -e "^Binary" .git/out >.git/actual &&
		cat >.git/expect <<-\END &&
		+{3}
		Binary files a/big.tc and b/big.tc differ
		Binary files a/big.txt and b/big.txt differ
		+{2}
		Binary files a/big.tc and b/big.tc differ
		Binary files a/big.txt and b/big.txt differ
		+{1}
		Binary files /dev/null and b/big.tc differ
		Binary files /dev/null and b/big.txt differ
		END
		test_cmp .git/expect .git/actual &&
		test_grep ! -a "git-vault chunks" .git/out && git add . &&
		git commit -q -m all && git vault -q snapshot --force >>.git/ids &&
		git --literal-pathspecs vault log -p big.tc >.git/out &&
		grep -c "^changed" .git/out >.git/actual &&
		grep -c "^Binary" .git/out >>.git/actual &&
		test_write_lines 3 3 >.git/expect && test_cmp .git/expect .git/actual &&
		broken=refs/vault/snapshots/$(sed -n 2p .git/ids) &&
		meta=$(git ls-tree $broken:meta | grep -v manifest | git mktree) &&
		root=$(git ls-tree $broken |
			sed "s/[0-9a-f]\{40\}	meta$/$meta	meta/" | git mktree) &&
		git update-ref $broken $(git cat-file commit $broken |
			sed "s/^tree .*/tree $root/" |
			git hash-object -t commit -w --stdin) &&
		git vault log -p "*.txt" >.git/out && test_grep "^added" .git/out
	)
'

# history N: so many snapshots, a minute apart, each with other files in d/ and
# the same ones in e/.
# shellcheck disable=SC2154
history () {
	echo x >e/x.c && snapshot_take -H plain && awk -v n="$1" \
		-v root="$(git rev-parse "refs/vault/snapshots/$snapshot^{tree}")" '
	BEGIN {
		for (i = 1; i <= n; i++) {
			id = sprintf("20260101T%02d%02d00Z-%08x", i / 60,
				i % 60, i)
			text = sprintf("number %d\n\nVault-Format: 1\n" \
				"Vault-Id: %s\nVault-Files: 2\n", i, id)
			print "commit refs/vault/snapshots/" id
			print "committer a <b> " 1767225600 + 60 * i " +0000"
			print "data " length(text) "\n" text
			print "M 040000 " root " \"\""
			print "M 100644 inline tree/d/a.c\ndata " length(i)
			print i
		}
	}' | git -c fastimport.unpackLimit=100000 fast-import --quiet &&
		git update-ref -d "refs/vault/snapshots/$snapshot"
}

# harm NUMBER [PATH]: a tree of that snapshot is gone
harm () {
	ref=$(git for-each-ref --format="%(refname)" \
		"refs/vault/snapshots/*-$(printf %08x "$1")") &&
		tree=$(git rev-parse "$ref:tree$2") &&
		rm ".git/objects/$(echo "$tree" | sed "s,..,&/,")"
}

# told DAMAGED RUNS: that so many of 60 are left out, after so many runs of git
told () {
	rm -f .git/trace &&
		GIT_TRACE=$PWD/.git/trace test_expect_code 3 \
			git vault log "*.c" d >.git/out 2>.git/err &&
		test_line_count -eq "$1" .git/err &&
		test_line_count -eq $((61 - $1)) .git/out &&
		grep "built-in: git diff-tree" .git/trace >.git/runs &&
		test_line_count -le "$2" .git/runs
}

test_expect_success 'a damaged one of many costs a look at it, and none at the others' '
	git init -q ../many && (
		cd ../many && mkdir e && history 60 &&
		git vault log "*.c" d >.git/out && test_line_count -eq 61 .git/out &&
		harm 20 /d && told 1 4 &&
		test_grep "snapshot .*-00000014: .*$tree" .git/err &&
		harm 21 "" && gone=$tree && harm 60 /d && told 3 8 &&
		test_grep "snapshot .*-00000015: .*$gone" .git/err &&
		test_grep "snapshot .*-0000003c: .*$tree" .git/err &&
		harm 1 /e && test_expect_code 3 git vault log d f >.git/out &&
		test_line_count -eq 58 .git/out
	)
'

test_expect_success 'a directory that no file is in has versions, too' '
	test_create_repo bare && none=4b825dc642 && (
		cd bare && echo f >f && snapshot_take &&
		mkdir -p d/deep && snapshot_take && echo f >d/f &&
		snapshot_take && tree=$(git rev-parse \
			"refs/vault/snapshots/$snapshot:tree/d" | cut -c1-10) &&
		rm d/f && snapshot_take && chmod 700 d && snapshot_take &&
		rmdir d/deep && rmdir d && snapshot_take &&
		wants d <<-END &&
		removed - - - - 1 16 16
		added, came back - 040000 - $none 3 12 15
		changed - 040000 - $tree 1 13 13
		END
		wants --metadata d/deep <<-END
		removed - - - - 1 16 16
		added - 040000 - $none 4 12 15
		END
	)
'

test_expect_success 'what was there and could not be stored is not gone' '
	test_create_repo unread && (
		cd unread && echo 1 >a && mkdir d && echo 1 >d/f &&
		one=$(object a) && snapshot_take && mv a d .git &&
		snapshot_lines="x 1.000000000 m=0 r=unreadable a
x 1.000000000 m=0 r=unreadable d
" && snapshot_take && snapshot_take && mv .git/a .git/d . &&
		snapshot_lines= && snapshot_take && rm a && snapshot_take &&
		snapshot_lines="x 1.000000000 m=0 r=unreadable a
" && snapshot_take &&
		wants a <<-END &&
		removed - - - - 2 15 16
		added - 100644 2 $one 2 11 14
		END
		wants d/f <<-END &&
		added - 100644 2 $one 4 11 16
		END
		wants d <<-END &&
		added - 040000 - $(git rev-parse \
			"refs/vault/snapshots/$snapshot:tree/d" | cut -c1-10) 4 11 16
		END
		git vault list --id-only --path d/f >.git/out &&
		test_line_count = 1 .git/out
	)
'

test_expect_success 'a file whose name has wildcards, as one' '
	git init -q letters && (
		cd letters && echo one >"x*[y]" && echo other >xay &&
		git vault -q snapshot && chmod 600 "x*[y]" && git vault -q snapshot &&
		git vault log "x*[y]" >.git/out && test_grep "2 files" .git/out &&
		git vault log --json ":(literal)x*[y]" >.git/json &&
		test_grep "\"object\":\"$(git hash-object "x*[y]")\"" .git/json &&
		git vault log --metadata ":(literal)x*[y]" >.git/out &&
		test_line_count = 3 .git/out && test_grep "^metadata" .git/out &&
		test_must_fail git vault log --metadata "x*[y]" 2>.git/err &&
		test_grep "begins with .:(literal)" .git/err
	)
'

test_expect_success '--since leaves out what came before' '
	cd "$TRASH_DIRECTORY" && git init -q timed && cd timed && echo 1 >file && GIT_VAULT_TEST_TIME=1700000000 git vault -q snapshot &&
	echo 2 >file && GIT_VAULT_TEST_TIME=1700100000 git vault -q snapshot && git vault log file >../all &&
	GIT_VAULT_TEST_TIME=1700200000 git vault log --since @1700050000 file >../late && test_line_count = 3 ../all && test_line_count = 2 ../late &&
	test_grep "^changed" ../late
'

test_done
