#!/bin/sh

test_description='git vault log without a path: what each snapshot changed'
. "$(dirname "$0")/test-lib.sh"

# changes OPTION…: "path change" of each, snapshots by their names
changes () {
	git vault log "$@" --json >.git/out &&
	jq -r '.snapshots[] | (.subject, (.changes[] | "  " + .path + " " + .change))' \
		.git/out >.git/actual
}

test_expect_success 'without a snapshot it names the next command' '
	git vault log >.git/out 2>.git/err && test_must_be_empty .git/out &&
	test_grep "there is no snapshot yet; .*git vault snapshot" .git/err
'

test_expect_success 'set up' '
	mkdir sub && echo one >a && echo two >sub/b && echo .env >.gitignore &&
	printf "API_TOKEN=Zx81kkwQpT77aLmB\n" >.env && git add a sub .gitignore &&
	test_tick && git commit -q -m base && git vault snapshot -q -m one >.git/id &&
	echo more >>a && rm sub/b && for n in 1 2 3 4 5 6 7 8 9
	do
		echo $n >sub/$n || return 1
	done &&
	git vault snapshot -q -m "two

with a body" --tag v2 >.git/id && two=$(cat .git/id) &&
	echo more >>sub/1 && echo more >>sub/2 &&
	git vault snapshot -q -m part --only sub/1 >.git/id &&
	printf "API_TOKEN=Ab99kkwQpT77aLmB\n" >.env &&
	git vault snapshot -q -m three >.git/id
'

test_expect_success 'each snapshot, the newest first, with its message and a short list' '
	git vault log >.git/out && sed -n "/^snapshot $two (tag: v2)/,/^snapshot/p" .git/out |
		sed "/^By:/d; /^Taken:/d; /^snapshot/d" >.git/actual &&
	tr _ "\t" >.git/expect <<-\END &&

	    two

	    with a body

	    M_a
	    A_sub/1
	    A_sub/2
	    A_sub/3
	    A_sub/4
	    A_sub/5
	    A_sub/6
	    A_sub/7
	    A_sub/8
	    A_sub/9
	END
	one=$(git vault list --id-only | sed -n "\$p") &&
	echo "    and 1 more; to list them: git vault diff --name-status $one $two" >>.git/expect &&
	printf "    9 added, 1 removed, 1 changed\n\n" >>.git/expect &&
	test_cmp .git/expect .git/actual &&
	test_grep "^    first snapshot: 4 files" .git/out
'

test_expect_success JQ 'a snapshot of some files removes none, and none is compared with it' '
	changes -n 2 && cat >.git/expect <<-\END &&
	three
	  .env changed
	  sub/1 changed
	  sub/2 changed
	part
	  sub/1 changed
	END
	test_cmp .git/expect .git/actual &&
	jq -r ".snapshots[].before" .git/out >.git/actual &&
	printf "%s\n%s\n" $two $two >.git/expect && test_cmp .git/expect .git/actual
'

test_expect_success 'the forms of git, and the keys of secrets that changed' '
	git vault log -n 1 --name-status >.git/out &&
	test_grep "^M	sub/2" .git/out &&
	git vault log -n 1 --stat >.git/out && test_grep "^ sub/2 *| 1 +" .git/out &&
	git vault log -p -n 1 >.git/out && test_grep "^+more" .git/out &&
	test_grep "API_TOKEN changed" .git/out && test_grep ! kkwQ .git/out &&
	git vault log -p --secrets -n 1 >.git/out &&
	test_grep "^+API_TOKEN=Ab99kkwQpT77aLmB" .git/out
'

test_expect_success JQ 'times and -n limit it' '
	git vault log -n 0 >.git/out 2>.git/err && test_must_be_empty .git/out &&
	test_must_be_empty .git/err &&
	git vault log --until 1990-01-01 2>.git/err &&
	test_grep "to list all: git vault list" .git/err &&
	test_expect_code 129 git vault log --metadata 2>.git/err &&
	test_grep "give the path" .git/err &&
	test_expect_code 129 git vault log --secrets 2>.git/err
'

test_expect_success 'what is damaged is named, and the others are printed' '
	lost=$(git rev-parse refs/vault/snapshots/$two:tree/sub) &&
	mkdir ../packs && mv .git/objects/pack/* ../packs && for pack in ../packs/*.pack
	do
		git unpack-objects -q <"$pack" || return 1
	done &&
	rm .git/objects/$(echo $lost | sed "s,..,&/,") &&
	test_expect_code 3 git vault log >.git/out 2>.git/err &&
	test_grep "not every change in snapshot $two is printed: .*$lost" .git/err &&
	test_grep "^    three" .git/out && test_grep "first snapshot" .git/out
'

test_done
