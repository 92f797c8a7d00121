#!/bin/sh
# shellcheck disable=SC2154

test_description='a snapshot whose parts somebody has put others in the place of: what each command says'
. "$(dirname "$0")/test-lib.sh"

# refused SENTENCE WORDS…: git vault WORDS fails with the sentence
refused () {
	sentence_=$1 && shift &&
	test_expect_code 128 git vault "$@" >../out 2>../err && said "$sentence_"
}

said () {
	grep -qxF -e "git-vault: $1" ../err || {
		cat ../err
		return 1
	}
}

# craft EDIT: a snapshot as it was, but for what sed changes in the list of its meta/
craft () {
	meta=$(git ls-tree "$old:meta" | sed "$1" | git mktree) &&
	tree=$(git ls-tree "$old" | sed "s/[0-9a-f]*	meta$/$meta	meta/" | git mktree) &&
	commit=$(git cat-file commit "$old" | sed "s/^tree .*/tree $tree/" | git hash-object -w -t commit --stdin) &&
	git update-ref "refs/vault/snapshots/$id" "$commit"
}

blob () {
	git hash-object -w --stdin
}

test_expect_success 'set up: a snapshot' '
	git init -q one && cd one && echo one >file && git add . && test_tick && git commit -q -m one &&
	echo two >file && git add file && echo new >new && git add -N new &&
	id=$(git vault -q snapshot) && old=$(git rev-parse "refs/vault/snapshots/$id") &&
	junk=$(echo junk | blob)
'

test_expect_success 'a manifest that is a file' '
	cd one && craft "s/^040000 tree [0-9a-f]*	manifest/100644 blob $junk	manifest/" &&
	refused "meta/manifest is no directory; '\''git vault repair'\'' may find it elsewhere, and --skip-damaged leaves it out" \
		restore "$id" --to ../new && test_path_is_missing ../new
'

test_expect_success 'a manifest that is not there' '
	cd one && craft "/	manifest$/d" && test_expect_code 3 git vault show "$id" >../out 2>../err &&
	said "warning: snapshot $id: its meta/manifest is not there" &&
	refused "snapshot $id is damaged: its meta/manifest is not there" diff --stat "$id" &&
	refused "the snapshots cannot be read" log --metadata file
'

test_expect_success 'a layer by another name' '
	cd one && layer=$(printf "100644 blob $junk\tlayer\n" | git mktree) &&
	craft "s/[0-9a-f]*	manifest$/$layer	manifest/" &&
	refused "layer in meta/manifest is no layer; '\''git vault repair'\'' may find it elsewhere, and --skip-damaged leaves it out" \
		restore "$id" --to ../new && test_path_is_missing ../new
'

test_expect_success 'an index of no lines' '
	cd one && craft "s/[0-9a-f]*	index$/$junk	index/" &&
	git diff --cached >../staged && echo other >file &&
	why="the index of snapshot $id: meta/index is damaged" &&
	refused "nothing was restored: $why; '\''git vault repair'\'' may find it elsewhere, and --skip-damaged leaves it out" \
		restore "$id" --in-place --index && echo other >../other && test_cmp ../other file &&
	test_expect_code 3 git vault restore "$id" --in-place --index --skip-damaged >../out 2>../err &&
	cat ../out ../err >../all && grep -q "the index of the snapshot: meta/index is damaged" ../all &&
	echo two >../other && test_cmp ../other file && git diff --cached >../actual && test_cmp ../staged ../actual &&
	git update-ref "refs/vault/snapshots/$id" "$old" && git vault status >../out 2>../err
'

test_expect_success 'more paths than one restore takes' '
	cd one && refused "1001 pathspecs are too many; name their directories" \
		restore "$id" --to ../new $(test_seq 1001) && test_path_is_missing ../new
'

test_expect_success 'tags that are no text' '
	cd one && tags=$(printf "100644 blob %s\t%s\n" "$(printf "no\0text\n" | blob)" "$id" | git mktree) &&
	tree=$(printf "040000 tree %s\ttags\n" "$tags" | git mktree) &&
	git update-ref refs/vault/marks "$(git commit-tree -m x "$tree")" &&
	test_expect_code 3 git vault list >../out 2>../err &&
	said "warning: pins and tags of snapshot $id cannot be read; '\''git vault repair'\'' brings them back, or lets go of them" &&
	git update-ref -d refs/vault/marks
'

test_expect_success 'over marks that nobody can read nothing is written or brought back' '
	cd one && why="the pins and tags of snapshots, refs/vault/marks, are damaged: object $junk is a blob where a commit must be" &&
	git update-ref refs/vault/marks "$junk" && refused "nothing is written: $why" pin "$id" &&
	git update-ref -d refs/vault/marks && git vault delete -q --yes --reason x "$id" >../out &&
	git update-ref refs/vault/marks "$junk" && refused "nothing is brought back: $why" undelete "$id" &&
	git update-ref -d refs/vault/marks && test_must_fail git rev-parse -q --verify "refs/vault/snapshots/$id"
'

test_expect_success 'what is in the trash, and among the snapshots again, is not deleted' '
	cd one && git update-ref -d refs/vault/deleted && git update-ref "refs/vault/snapshots/$id" "$old" &&
	refused "$id is not deleted" undelete "$id"
'

test_done
