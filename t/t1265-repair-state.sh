#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault repair: what versions of states and their locks have lost

Each object is taken away or damaged, brought back from a remote or the damaged
pack, and the states are given back byte for byte afterwards.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-damage.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
net=refs/vault/state/prod/net lock=refs/vault/locks/prod/net

test_expect_success 'a repository with a state, and a remote that has all' '
	git init -q --bare remote.git && test_create_repo "$base" && cd "$base" &&
	echo x >f && git add f && test_tick && git commit -q -m first &&
	for n in 1 2 3
	do
		damage_state $n 400 $((n * 100)) >../net.$n && test_tick &&
		git commit -q --allow-empty -m "apply $n" &&
		git vault -q state save --new --env prod --stack net ../net.$n \
			>../id.$n || return 1
	done && git vault -q state lock --new --env prod --stack net &&
	git remote add origin ../remote.git &&
	git push -q origin main "refs/vault/*:refs/vault/*" \
		"refs/notes/*:refs/notes/*"
'

# whole: git and we find nothing, and every version is what was saved
whole () {
	git fsck --full --strict --no-dangling >../fsck 2>&1 &&
	test_must_be_empty ../fsck && git vault verify --deep >../actual &&
	test_grep "3 state versions verified, all intact" ../actual &&
	for n_ in 1 2 3
	do
		git vault state restore --env prod --stack net --to back \
			"$(cat ../id.$n_)" && cmp ../net.$n_ back && rm back ||
			return 1
	done
}

test_expect_success 'where nothing is damaged nothing is done' '
	fresh && git vault repair >../actual &&
	echo "no snapshots and 3 versions of states looked at: there is nothing to repair" \
		>../expect && test_cmp ../expect ../actual && whole &&
	test_path_is_missing .git/vault/damaged
'

test_expect_success 'a part, a leaf, the sum, a tree, a commit, a lock, of the remote' '
	fresh && {
		git ls-tree -r $net:parts | sed -n "2s/.* //p" | cut -c 1-40 &&
		git ls-tree -r $net~1:index | sed -n "3s/.* //p" | cut -c 1-40 &&
		git rev-parse $net~2:sum $net:parts $net~1^{tree} $net~1 $lock
	} >../lost && test_line_count = 7 ../lost && while read -r o
	do
		for how in missing damaged
		do
			fresh && file=$(loose $o) && if test $how = missing
			then
				rm -f "$file"
			else
				flip "$file" 12
			fi && test_expect_code 1 git vault verify >../actual &&
			git vault repair --remote origin >../actual &&
			test_grep "^repaired [a-z]* $o: remote, origin" ../actual &&
			whole || return 1
		done
	done <../lost
'

test_expect_success 'all of it at once, and the history that it keeps' '
	fresh && git rev-list --objects $net | cut -c 1-40 | sort >../all &&
	while read -r o
	do
		rm -f "$(loose $o)" || return 1
	done <../all && test_must_fail git cat-file -e $net &&
	git vault repair --remote origin >../actual && whole &&
	git rev-list --objects $net | cut -c 1-40 | sort >../now &&
	test_cmp ../all ../now
'

test_expect_success 'a dry run finds, and writes nothing' '
	fresh && sum=$(git rev-parse $net:sum) && rm -f "$(loose $sum)" &&
	find .git/objects -type f | sort >../before &&
	git vault repair -n --remote origin >../actual &&
	test_grep "^found blob $sum: remote, origin" ../actual &&
	find .git/objects -type f | sort >../after && test_cmp ../before ../after
'

# A byte in the middle of one object of a pack that holds all of them.
test_expect_success 'a pack with a damaged part is written anew' '
	fresh && git repack -q -a -d && git prune-packed &&
	pack=$(echo .git/objects/pack/*.pack) &&
	part=$(git ls-tree -r $net:parts | sed -n "2s/.* //p" | cut -c 1-40) &&
	at=$(git verify-pack -v $pack | awk -v o=$part "\$1 == o { print \$5 }") &&
	flip $pack $((at + 40)) && test_expect_code 1 git vault verify &&
	git vault repair --remote origin >../actual &&
	test_grep "^repaired blob $part: remote" ../actual &&
	test_grep "^put aside .*$pack -> .*/vault/damaged/" ../actual && whole
'

test_expect_success 'a pack that ends early' '
	fresh && git repack -q -a -d && git prune-packed &&
	pack=$(echo .git/objects/pack/*.pack) && chmod u+w $pack &&
	truncate -s $(($(wc -c <$pack) * 2 / 3)) $pack &&
	test_expect_code 1 git vault verify &&
	git vault repair --remote origin >../actual && whole
'

test_expect_success 'what is nowhere is lost, of which version and where' '
	fresh && sum=$(git rev-parse $net~1:sum) && rm -f "$(loose $sum)" &&
	test_expect_code 1 git vault repair >../actual 2>../err &&
	test_grep "^lost state prod/net $(cut -c 1-12 ../id.2):sum: .*$sum" \
		../actual && test_grep "git vault state" ../err &&
	test_expect_code 1 git vault repair --json >../json &&
	test_grep "\"versions\":3,.*\"lost\":\[{\"snapshot\":null,\"state\":\"prod/net\",\"version\":\"$(cat ../id.2)\",\"path\":\"sum\",\"object\":\"$sum\"" ../json &&
	git vault state restore --env prod --stack net --to back &&
	cmp ../net.3 back
'

test_expect_success 'after a loss the next save seals what is lost again' '
	fresh && part=$(git ls-tree -r $net:parts | sed -n "2s/.* //p" |
		cut -c 1-40) && rm -f "$(loose $part)" &&
	test_expect_code 1 git vault repair &&
	git vault -q state save --new --env prod --stack net ../net.3 &&
	git vault state restore --env prod --stack net --to back &&
	cmp ../net.3 back && git vault state verify --env prod --stack net
'

test_done
