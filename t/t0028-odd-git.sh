#!/bin/sh

test_description='what git answers oddly is reported and not taken, and so is a ref that somebody made'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

# odd COMMAND SAYS FAILS SENTENCE WORDS…: git vault WORDS fails with the sentence
# where git COMMAND prints SAYS and ends with the status FAILS.
odd () {
	ODD=$1 SAYS=$2 FAILS=$3 sentence=$4 && shift 4 &&
	(PATH=$T/bin:$PATH ODD=$ODD SAYS=$SAYS FAILS=$FAILS &&
		export PATH ODD SAYS FAILS && test_expect_code 128 git-vault "$@" >$T/out 2>$T/err)
	test $? = 0 || { cat $T/err && return 1; }
	told "$sentence"
}

told () {
	grep -qxF "git-vault: $1" $T/err || {
		cat $T/err
		return 1
	}
}

# refused SENTENCE WORDS…
refused () {
	sentence=$1 && shift && test_expect_code 128 git-vault "$@" >$T/out 2>$T/err && told "$sentence"
}

# damaged REF WHAT: the list of the trash names it, and what drops it
damaged () {
	test_expect_code 3 git vault list --deleted >$T/out 2>$T/err &&
	told "warning: $1, deleted snapshots, is damaged: $2; to drop it: git update-ref -d $1" &&
	git update-ref -d "$1"
}

# batch LIST: deleted snapshots, as the trash has them
batch () {
	blob=$(printf "$1" | git hash-object -w --stdin) &&
	tree=$(printf "100644 blob $blob\tlist\n" | git mktree) &&
	git update-ref $trash "$(git commit-tree -m x -m "Vault-Deletion: delete" $tree)"
}

trash=refs/vault-trash/20050101T000000Z

test_expect_success 'set up: two commits and snapshots, a record, a bundle, a remote' '
	mkdir $T/bin config && cat >$T/bin/git <<-END && chmod +x $T/bin/git &&
	#!/bin/sh
	for word
	do
		if test "\$word" = "\$ODD"
		then
			printf "%b" "\$SAYS" && test "\$FAILS" = 0 || echo "fatal: odd" >&2
			exit "\$FAILS"
		fi
	done
	exec "$(command -v git)" "\$@"
	END
	for env in base prod dev
	do
		echo "a: $env" >config/$env.yaml || return 1
	done && git add . && test_tick && git commit -q -m one && git vault init -q &&
	old=$(git vault snapshot -q) && git vault good mark prod &&
	echo "b: 1" >>config/prod.yaml && test_tick && git commit -q -a -m two &&
	new=$(git vault snapshot -q) && git vault export $T/bundle &&
	git init -q --bare ../bare.git && git remote add origin ../bare.git && git push -q origin HEAD &&
	git vault sync -q && git clone -q ../bare.git ../other
'

test_expect_success 'a rollback believes no id, line or list that is odd' '
	odd write-tree "" 0 "git gave no id; to check the repository: git fsck" rollback --as-branch b --to 1 prod &&
	odd write-tree "" 1 "git: fatal: odd" rollback --as-commit --to 1 prod &&
	for says in "x\0" "x\0y\0"
	do
		odd diff-tree "$says" 0 "git diff-tree printed an unexpected line" rollback --as-commit --to 1 prod || return 1
	done &&
	odd ls-tree "x\0" 0 "git ls-tree printed an unexpected line" rollback --as-branch b --to 1 prod &&
	odd symbolic-ref "" 1 "HEAD is no branch, so nothing would have the commit; check a branch out, or make one by --as-branch" \
		rollback --as-commit --to 1 prod &&
	test_must_fail git rev-parse -q --verify b && git diff --exit-code HEAD
'

test_expect_success 'differences, histories and merges are not made up' '
	odd diff "" 3 "git could not print the differences (exit status 3)" diff $old $new &&
	odd log "x\0y\0" 0 "git log: its answer ends early" config history --env prod a &&
	odd log "x\0y\0z\0u\0v\0w\0" 0 "git log: invalid answer" config history --env prod a &&
	odd merge-file "" 255 "cannot merge x.txt: fatal: odd" \
		config merge-file config/base.yaml config/dev.yaml config/prod.yaml x.txt &&
	git diff --exit-code HEAD
'

test_expect_success 'what git lists, counts and measures is not made up' '
	odd diff-index "x" 0 "git diff-index printed unexpected output" scan --staged &&
	odd diff-tree "" 1 "the history cannot be read: git diff-tree: fatal: odd" scan --all &&
	odd diff-tree "x\n" 0 "git diff-tree names no commit" scan --all &&
	odd diff-tree ":100644 100644 x y M\0a\0" 0 "git diff-tree printed unexpected output" scan --all &&
	odd show "" 1 "git cannot read HEAD: fatal: odd" search --commits a &&
	odd log "" 1 "git cannot list commits: fatal: odd" search --commits a &&
	odd log "x\0y\0" 0 "git log printed what cannot be read" search --commits a &&
	odd cat-file "" 1 "git cannot read sizes: fatal: odd" stats &&
	odd cat-file "x\n" 0 "git did not report all sizes" stats &&
	odd count-objects "" 1 "git cannot count objects: fatal: odd" stats &&
	odd rev-list "" 1 "git cannot list the history: fatal: odd" secret list --exposed &&
	odd diff-tree "" 1 "git cannot compare the trees: odd" diff $old $new
'

test_expect_success 'a repository that git tells of oddly is not worked with' '
	odd version odd 0 "cannot read git'\''s version from '\''odd'\''" init &&
	odd rev-parse "a\n" 0 "git rev-parse answered 1 of 8 questions; is it older than 2.31?" list &&
	odd config "" 1 "cannot read git'\''s configuration: odd" list &&
	odd config "" 1 "git cannot read your configuration: fatal: odd" project list &&
	odd --global "" 1 "cannot change your git configuration: fatal: odd" project add . &&
	odd merge-base "x\n" 0 "refs/vault/marks: git merge-base printed no commit" sync &&
	odd merge-base "" 2 "refs/vault/marks: fatal: odd" sync &&
	odd ls-remote "x\n" 0 "the remote'\''s list of refs has an invalid line: x" sync
'

test_expect_success 'a copy and a purge are not begun by what git does not know' '
	mkdir $T/store $T/empty && git vault replicate add copy "file://$T/store" &&
	test_expect_code 128 git vault replicate verify copy 2>$T/err &&
	test_grep "there is no copy at .* yet: git vault replicate push copy$" $T/err &&
	test_expect_code 128 git vault replicate restore "file://$T/empty" ../new 2>$T/err &&
	test_grep "there is no copy at .*: it has no object .format.$" $T/err &&
	odd rev-list "" 1 "target copy: git cannot list the first commits: fatal: odd" replicate push &&
	odd pack-objects "" 1 "target copy: git pack-objects cannot pack what is new: fatal: odd; to find missing objects: git vault verify --all" \
		replicate push && git vault replicate push -q &&
	git vault snapshot -q --force >$T/out && odd --disk-usage "" 1 "git cannot measure what is new: fatal: odd" health &&
	git vault replicate remove copy && echo correct-horse-battery >$T/value &&
	odd cat-file "" 1 "git cannot list the objects: fatal: odd" secret purge --stdin <$T/value &&
	odd cat-file "x\n" 0 "git cat-file names no object" secret purge --stdin <$T/value
'

test_expect_success 'a bundle is written and read as a whole, or not at all' '
	odd pack-objects "" 1 "git pack-objects cannot pack the bundle: fatal: odd; to find missing objects: git vault verify --all" \
		export $T/other &&
	odd rev-list "" 1 "these commits cannot be listed: fatal: odd" export $T/other && test_path_is_missing $T/other &&
	odd list-heads "x\n" 0 "$T/bundle: git lists a ref of it oddly" import $T/bundle &&
	odd list-heads "" 1 "$T/bundle: git does not read it as a bundle: fatal: odd" import $T/bundle &&
	odd verify "" 1 "$T/bundle: it is damaged or cut off: fatal: odd" import $T/bundle &&
	odd unbundle "" 1 "$T/bundle: it is damaged or cut off: fatal: odd" import $T/bundle &&
	odd unbundle "" 0 "$T/bundle: its manifest is empty" import $T/bundle
'

test_expect_success 'a remote that does not answer is named' '
	odd ls-remote "" 1 "cannot ask the remote '\''origin'\'': fatal: odd" sync origin &&
	odd fetch "" 1 "cannot fetch from the remote '\''origin'\'': fatal: odd" -C ../other sync &&
	odd for-each-ref "" 1 "cannot list the refs: odd" sync --only prod
'

test_expect_success 'a ref that somebody made is no snapshot, record or name' '
	git tag -a -m x tree HEAD^{tree} && git update-ref refs/vault/config/tree tree &&
	git update-ref refs/vault/config/odd HEAD &&
	git update-ref refs/vault/snapshots/20050101T000000Z-00000001 refs/vault/snapshots/$old &&
	refused "snapshot 20050101T000000Z-00000001 is damaged: its commit says that it is $old" \
		show 20050101T000000Z-00000001 &&
	ref="refs/vault/snapshots/20050103T000000Z-\$(id)xyz" && git update-ref "$ref" HEAD &&
	refused "the ref '\''$ref'\'' does not have the name of a snapshot; to delete it: git update-ref -d '\''$ref'\''" \
		show 20050103 &&
	refused "the configuration '\''tree'\'': it is no tag of a commit" config get --at tree a &&
	refused "the configuration '\''odd'\'': object $(git rev-parse HEAD) is a commit where a tag must be" \
		config get --at odd a
'

test_expect_success 'deleted snapshots that somebody made are no part of the trash' '
	git update-ref refs/vault-trash/odd HEAD && damaged refs/vault-trash/odd "its name has no time" &&
	git update-ref $trash HEAD && damaged $trash "its commit does not record what was done" &&
	mkdir -p .git/${trash%/*} && echo "tree x" | git hash-object -t commit --literally -w --stdin >.git/$trash &&
	damaged $trash "its commit has no tree" &&
	batch "x\n" && damaged $trash "its list has an invalid line" &&
	batch x && damaged $trash "its list ends early" &&
	git config vault.trashExpire soon &&
	refused "vault.trashExpire is '\''soon'\'' in git'\''s configuration; it must be a time such as 30d or 12h, or '\''never'\''" \
		list --deleted && git config --unset vault.trashExpire
'

test_expect_success 'the beginning of several automatic saves is that of none' '
	test_tick && echo 1 >a && git vault snapshot --auto -q >$T/one && echo 2 >a && git vault snapshot --auto -q >$T/two &&
	begin=$(cut -c -13 $T/one) && test "$begin" = "$(cut -c -13 $T/two)" &&
	test_expect_code 128 git vault show $begin 2>$T/err &&
	test_grep "^git-vault: .$begin. matches 2 automatic saves: $begin.*, $begin.*; give more digits$" $T/err
'

test_expect_success 'what was deleted, or brought back, behind its back is noticed' '
	test_tick && git commit -q --allow-empty -m three && three=$(git vault snapshot -q --force) &&
	four=$(git vault snapshot -q --force) && begin=$(echo $four | cut -c -11) &&
	git vault delete $three $four &&
	test_expect_code 128 git vault undelete $begin 2>$T/err &&
	test_grep "^git-vault: .$begin. is short for several ids in the trash, .* among them$" $T/err &&
	git vault undelete $four && echo 5 >config/prod.yaml &&
	git vault restore $four --in-place --overwrite always &&
	safety=$(git vault list --json -n 1 | sed -n "s/.*\"id\":\"\([^\"]*\)\".*/\1/p") &&
	git update-ref -d refs/vault/snapshots/$safety &&
	refused "the last restore cannot be undone: its safety snapshot $safety is no longer here" undo
'

test_expect_success 'a bundle that its reader does not want to the end is a failure' '
	head -c 2000000 /dev/urandom >big && git add big && git commit -q -m big && git vault snapshot -q &&
	{ git-vault export - 2>$T/err; echo $? >$T/status; } | head -c 1 >$T/out &&
	test "$(cat $T/status)" = 128 &&
	told "standard output was closed before the whole bundle was written; the output is incomplete and cannot be used"
'

test_expect_success 'a last export, snapshots and a crontab that cannot be used are named' '
	git vault export $T/again && echo odd >.git/vault/exported &&
	refused "$PWD/.git/vault/exported, which records the last export, is damaged: export without --incremental" \
		export --incremental $T/more &&
	git init -q ../bad && git -C ../bad commit -q --allow-empty -m x &&
	git -C ../bad update-ref refs/vault/snapshots/20050101T000000Z-00000001 HEAD &&
	refused "no snapshot is '\''nope'\'', and all that are here are damaged" -C ../bad show nope &&
	printf "#!/bin/sh\ntest \"\$1\" = -l\n" >$T/bin/crontab && chmod +x $T/bin/crontab &&
	odd none "" 0 "crontab did not take the new table" drill schedule --with crontab --yes
'

test_done
