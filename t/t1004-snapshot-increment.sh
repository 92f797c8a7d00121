#!/bin/sh
test_description='a snapshot on top of another is what a fresh one would be

After every few random edits of a tree, two snapshots are taken: one with the
cache that the last one left, one without any. Their files, their staged files
and their effective manifests must be the same. GIT_VAULT_TEST_LONG=1 goes on
for ten times as long, GIT_VAULT_TEST_SEED=N begins elsewhere.'
. "$(dirname "$0")/test-lib.sh"

cache=.git/vault/index

# Where reading a file fills its holes, what they were depends on when it was.
holes=
test_have_prereq HOLES || holes='s/ e=[^ ]* / /'

# manifest_of ID FILE: what was not looked at has no owner to tell of
manifest_of () {
	tree=$(git rev-parse "refs/vault/snapshots/$1:meta/manifest") &&
		test-tool manifest "$tree" |
		sed -e "/^[sx] 0.0/s/ u=[^ ]* g=[^ ]* / /" -e "$holes" >"$2"
}

# The parts of a snapshot that the user's files decide.
parts_of () {
	for part in tree index meta/index meta/stages meta/origin/submodules
	do
		echo "$part $(git rev-parse -q --verify \
			"refs/vault/snapshots/$1:$part")"
	done
}

take () {
	git vault snapshot -q "$@" 2>../err
	code=$?
	if test $code != 0 && test $code != 3
	then
		echo "snapshot: exit $code"
		cat ../err
		return 1
	fi
}

# One round: edit, look with the cache and without.
compare_round () {
	test-tool edit "$1" "$2" &&
	inc=$(take) &&
	cp $cache ../cache && rm $cache &&
	fresh=$(take --force) &&
	mv ../cache $cache &&
	manifest_of "$inc" ../inc.manifest &&
	manifest_of "$fresh" ../fresh.manifest &&
	parts_of "$inc" >../inc.parts && parts_of "$fresh" >../fresh.parts &&
	if ! diff ../fresh.parts ../inc.parts ||
		! diff ../fresh.manifest ../inc.manifest
	then
		echo "seed $1: $inc differs from the fresh $fresh"
		git diff-tree -r "$(sed -n 's/tree //p' ../fresh.parts)" \
			"$(sed -n 's/tree //p' ../inc.parts)"
		return 1
	fi
}

# rounds FIRST COUNT EDITS
rounds () {
	seed=$1 last=$(($1 + $2))
	while test $seed -lt $last
	do
		compare_round $seed "$3" || return 1
		# the fresh ones are in the way of nothing, but many refs are
		git update-ref -d "refs/vault/snapshots/$fresh" || return 1
		seed=$((seed + 1))
	done
}

first=${GIT_VAULT_TEST_SEED:-1}
count=20
test -z "$GIT_VAULT_TEST_LONG" || count=200

test_expect_success 'a tree to begin with' '
	git config --global safe.directory "*" &&
	test_tick &&
	test-tool edit 1000 200 &&
	test_might_fail git add --ignore-errors -A . &&
	git commit -q --allow-empty -m start
'

test_expect_success 'the first one has no cache to go by' '
	take && test_path_is_file $cache
'

for part in 0 1 2 3 4
do
	test_expect_success "after every edit, part $part" '
		rounds $((first + part * 10000)) $count 1
	'
done

test_expect_success 'after every few edits' '
	rounds $((first + 100000)) $count 7
'

test_expect_success 'after many edits at once' '
	rounds $((first + 200000)) $((count / 2)) 60
'

test_expect_success 'where nothing was edited, nothing is made' '
	take && git for-each-ref refs/vault >../before &&
	take && take && git for-each-ref refs/vault >../after &&
	test_cmp ../before ../after
'

test_done
