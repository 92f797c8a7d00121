#!/bin/sh
# shellcheck disable=SC2154

test_description='several keys in several files are set together, or not at all

Every call that changes files fails or is the last one, and kill -9 comes at 200
moments: after the next command of git-vault all files are as before, or all as
they were to become.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

T=$TMPDIR base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
fault_at_most 24

# 12 environments, of which each has a layer, and a value in each is set.
envs="a b c d e f g h i j k l"

test_expect_success 'set up' '
	git init -q base && cd base && mkdir config && printf "config:\n  app:\n    layers:\n" >.gitvault.yaml &&
	for e in $envs
	do
		echo "    - config/$e.yaml" >>.gitvault.yaml && printf "# of %s\nk%s: 1 # one\n" $e $e >config/$e.yaml || return 1
	done && git add . && test_tick && git commit -q -m one && git vault -q snapshot
'

# set_all PREFIX VALUE: the value of each key
set_all () {
	arguments=
	for e in $envs
	do
		arguments="$arguments k$e $2"
	done
	(cd "$repo" && $1 git-vault config set $arguments >/dev/null 2>../err)
}

start () {
	rm -rf "$repo" && cp -a "$base" "$repo"
}

# After the next command, which may be any: all or none.
check_all_or_none () {
	git -C "$repo" vault -q status >/dev/null 2>status.err &&
		cat "$repo"/config/*.yaml >now &&
		{ cmp -s now before || cmp now after; } &&
		test ! -e "$repo/.git/vault/config" &&
		test "$(ls -A "$repo/config" | wc -l)" = 12
}

test_expect_success 'without a fault all are set' '
	start && cat repo/config/*.yaml >before && set_all "" 2 && cat repo/config/*.yaml >after &&
	sed "s/: 1 #/: 2 #/" before >expect && test_cmp expect after && check_all_or_none
'

change () {
	start && set_all "" 2
}

check_fault () {
	check_all_or_none || return 1
	case $fault_status in
	0) cmp now after ;;
	128) test_grep "[a-z]" err ;;
	137) ;;
	*) false ;;
	esac
}

for kind in full eio kill tear
do
	test_expect_success "every call: $kind" '
		for_each_fault $kind change check_fault
	'
done

test_expect_success 'kill -9 at 200 moments' '
	killed_at_moments 200 start "set_all \"\$fault_before\" 2" check_all_or_none
'

test_expect_success 'several keys of one file, and of one that was just added' '
	start && cd repo && git vault config set ka 3 --layer config/a.yaml ka2.x 4 ka2.y "five #" &&
	printf "# of a\nka: 3 # one\nka2:\n  x: 4\n  y: \"five #\"\n" >expect && test_cmp expect config/a.yaml &&
	git vault config unset ka2.x ka2.y kb && ! grep kb: config/b.yaml && ! grep "x:" config/a.yaml &&
	git vault --json config set ka 5 kc 6 >json && jq -e ".changes | length == 2 and .[1].file == \"config/c.yaml\"" json &&
	test_expect_code 129 git vault config set ka 1 kb 2>err && test_grep ".kb. has no value" err
'

test_expect_success 'one that is refused keeps all from being written' '
	start && cd repo && cat >>.gitvault.yaml <<-\END &&
	    rules: [{key: ka, at_most: kb}]
	END
	test_expect_code 1 git vault config set kc 9 ka 8 2>err && test_grep "ka: it must be at most the value of kb" err &&
	git diff --exit-code config && git vault config set ka 8 kb 9 && test_expect_code 128 git vault config set kc 7 \
		password Qx7-velvet9-tree --layer config/c.yaml 2>err && ! grep velvet err && ! grep ": 7" config/c.yaml
'

test_expect_success 'what somebody changed after the kill stays, and is named' '
	for i in $(seq 1 300)
	do
		start && rm -f fault.log && faulty kill:$i set_all "" 2
		test ! -e repo/.git/vault/config/journal || break
	done && test -e repo/.git/vault/config/journal && echo "kl: mine" >repo/config/l.yaml &&
	git -C repo vault status >out 2>err && test_grep "finished a .git vault config set. that was interrupted; config/l.yaml was changed meanwhile" err &&
	echo "kl: mine" >expect && test_cmp expect repo/config/l.yaml && test_grep ": 2" repo/config/a.yaml &&
	mkdir -p repo/.git/vault/config && echo nonsense >repo/.git/vault/config/journal &&
	test_expect_code 128 git -C repo vault status 2>err && test_grep "config/journal is damaged" err
'

test_done
