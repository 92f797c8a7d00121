#!/bin/sh

test_description='git vault restore, rollback: what is mounted in the working tree'
. "$(dirname "$0")/test-lib.sh"

# A mount of the same disk is known by its number, which Linux alone has: elsewhere
# what cannot be moved there is a warning of its own.
test_have_prereq LINUX || skip_all 'needs LINUX: mounts of one disk have numbers'

test_lazy_prereq MOUNT 'mkdir -p on && unshare -m mount --bind on on'
test_have_prereq MOUNT || skip_all 'nothing can be mounted here'

# mounted COMMAND: in the tree, with another directory of the same disk mounted
# on data/ and another file on single.
mounted () {
	unshare -m sh -c 'mount --bind ../other data &&
		mount --bind ../file single && eval "$1"' sh "$1"
}

# What a run leaves in the tree, whatever is mounted.
look () {
	for file in plain/file single data/kept data/gone other/kept
	do
		printf '%s: ' $file && cat $file ../$file 2>/dev/null || echo
	done
	git status --short
}

test_expect_success 'a tree' '
	test_create_repo tree && cd tree &&
	mkdir -p data/new plain && echo 1 >data/kept && echo 1 >data/gone &&
	echo 1 >data/new/file && echo 1 >plain/file && echo 1 >single &&
	git add . && git commit -qm first && git vault -q snapshot >../one &&
	git vault good mark prod --status verified &&
	mkdir ../other && cp -p data/kept ../other && echo 3 >../file &&
	for file in data/kept data/gone plain/file single
	do
		echo 2 >$file || return 1
	done &&
	git vault -q snapshot
'

test_expect_success 'a dry run says what cannot go to its place' '
	cd tree && look >../before &&
	test_expect_code 3 mounted \
		"git vault restore $(cat ../one) --in-place -n" >../out 2>../err &&
	look >../after && test_cmp ../before ../after &&
	echo "M plain/file" >../want && test_cmp ../want ../out &&
	test_grep "data/gone is not restored: it is below a mount point" ../err &&
	test_grep "data/new is not restored: it is below a mount point" ../err &&
	test_grep "single is not restored: something is mounted there" ../err &&
	test_grep ! "data/kept" ../err
'

test_expect_success 'rollback touches nothing then' '
	cd tree && look >../before &&
	test_expect_code 128 mounted "git vault rollback prod" >../out 2>../err &&
	look >../after && test_cmp ../before ../after &&
	test_grep "data/gone cannot go back: it is below a mount" ../err &&
	test_grep "so nothing was changed" ../err
'

test_expect_success 'the rest is restored, and what is equal there stays' '
	cd tree && test_expect_code 3 mounted \
		"git vault restore $(cat ../one) --in-place" >../out 2>../err &&
	test_grep "data/gone is not restored: it is below a mount point" ../err &&
	test "$(cat plain/file)" = 1 && test "$(cat single)" = 2 &&
	test "$(cat data/gone)" = 2 && test "$(cat ../file)" = 3 &&
	test "$(ls ../other)" = kept && test ! -e .git/vault/restore &&
	git vault restore "$(cat ../one)" --in-place &&
	test "$(cat data/gone)" = 1 && test "$(cat single)" = 1
'

test_expect_success 'a directory is not made for a file there' '
	cd tree && echo "not a directory" >../other/new &&
	test_expect_code 3 mounted "git vault restore $(cat ../one) --in-place" \
		>../out 2>../err &&
	test_grep "data/new is not restored: it is below a mount point" ../err &&
	test "$(cat ../other/new)" = "not a directory"
'

test_expect_success 'the tree and .git on two mounts of one disk' '
	cd tree && rm -rf ../other/new && mkdir ../git && cp -a .git/. ../git &&
	echo 4 >plain/file &&
	unshare -m sh -c "mount --bind ../git .git &&
		git vault restore $(cat ../one) --in-place" 2>../err &&
	test "$(cat plain/file)" = 1 && test ! -e .git-vault-restore
'

test_expect_success 'a snapshot is not put in the place of what is mounted' '
	mkdir on && cd tree &&
	test_expect_code 128 unshare -m sh -c "mount --bind ../on ../on && git vault restore latest --to ../on" >../out 2>../err &&
	grep -qxF "git-vault: ../on is a mount point; restore to a directory inside it" ../err &&
	test -z "$(ls ../on)"
'

test_done
