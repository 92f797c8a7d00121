#!/bin/sh
# shellcheck disable=SC2154

test_description='what is wrong with a damaged state, and what in it is whole'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-damage.sh"

if ! test_have_prereq PYTHON
then
	skip_all "no python3 to say what is whole"
fi

triage () {
	git vault state triage "$@"
}

# lists_whole FILE EXPECT: it is damaged, and just these are told
lists_whole () {
	test_expect_code 1 git vault state triage --json "$1" >json 2>err &&
		damage_found <json >found && test_cmp "$2" found
}

test_expect_success 'a state of three hundred resources' '
	git commit -q --allow-empty -m one &&
	damage_state 7 300 >whole && python3 -m json.tool whole >/dev/null &&
	damage_places whole >places && test_line_count = 300 places &&
	size=$(wc -c <whole) &&
	git vault state save --new --env prod whole &&
	triage whole >out && echo whole >expect && test_cmp expect out &&
	triage --json whole >json && damage_found <json >found &&
	test_cmp places found &&
	triage --env prod latest && triage --env prod - <whole
'

test_expect_success 'cut off at fifty places' '
	for n in $(awk -v size=$size "BEGIN { srand(7); for (i = 0; i < 50; i++)
		print int(rand() * (size - 2)) }")
	do
		head -c $n whole >cut && awk -v n=$n "\$2 <= n" places >expect &&
		lists_whole cut expect && test_grep "\"kind\": *\"truncated\"" json ||
			return 1
	done
'

test_expect_success 'what is lost against the newest whole version is told' '
	head -c 60000 whole >cut && test_expect_code 1 triage --env prod cut \
		>out 2>err &&
	test_grep "^truncated: it ends early, after 60000 bytes" out &&
	test_grep "^reader: line " out &&
	awk "\$2 > 60000 { print \$3 }" places >expect &&
	sed -n "s/^lost: //p" out | sed "s/\[\"k{[0-9]*}\"\]\$//" >lost &&
	test_cmp expect lost &&
	test_grep "newest intact one, 187 addresses missing; .git vault state restore --env prod" err &&
	test_grep ! "canary-" out && test_grep ! "canary-" err
'

test_expect_success 'bytes that are NUL' '
	awk "NR == 100 || NR == 103" places >at &&
	from=$(sed -n "1s/ .*//p" at) to=$(sed -n "2s/^[0-9]* \([0-9]*\) .*/\1/p" at) &&
	{
		head -c $from whole && head -c $((to - from)) /dev/zero &&
		tail -c +$((to + 1)) whole
	} >nuls &&
	awk -v from=$from -v to=$to "\$2 <= from || \$1 >= to" places >expect &&
	lists_whole nuls expect &&
	test_expect_code 1 triage nuls >out &&
	test_grep "^nuls: $((to - from)) of its bytes are NUL, the first one is byte $from\$" out
'

test_expect_success 'a conflict of a real merge, of both sides' '
	cp whole s.json && git add s.json && git commit -q -m base &&
	git checkout -q -b other && damage_state 9 300 150 >s.json &&
	git commit -q -a -m theirs && git checkout -q main &&
	damage_state 8 300 150 | sed "s/edited/ours, edited/" >s.json &&
	git commit -q -a -m ours && test_must_fail git merge other &&
	cp s.json conflict && git merge --abort &&
	test_expect_code 1 triage conflict >out &&
	test_grep "^conflict: a merge left 2 conflicts in it, the first in line 4\$" out &&
	test_grep "^ours: terraform, serial 8, " out &&
	test_grep "^theirs: terraform, serial 9, " out &&
	grep "n150 " out >sides && test_line_count = 2 sides &&
	test_grep " ours\$" sides && test_grep " theirs\$" sides &&
	grep "aws_db_instance.n" out >all && test_line_count = 301 all &&
	test_expect_code 1 triage --json conflict >json &&
	damage_found <json | awk "{ print \$3 }" | sort -u >found &&
	awk "{ print \$3 }" places | sort >expect && test_cmp expect found
'

test_expect_success 'two states one behind the other' '
	damage_state 8 20 >small && cat whole small >joined &&
	damage_places small | awk -v n=$size "{ print \$1 + n, \$2 + n, \$3 }" |
		cat places - >expect &&
	lists_whole joined expect && test_expect_code 1 triage joined >out &&
	test_grep "^joined: 2 states are in it" out &&
	test_grep "^document 2: terraform, serial 8, bytes $size to " out &&
	head -c 60000 whole | cat - whole >cut-joined &&
	{
		awk "\$2 <= 60000" places
		awk "{ print \$1 + 60000, \$2 + 60000, \$3 }" places
	} >expect && lists_whole cut-joined expect
'

# Spans are changed, dropped, put in again or exchanged; what was not touched is
# whole, and where it stands now is known.
cat >mutated.py <<\END
import sys
sys.path[:0] = [sys.argv[1]]
from mutate import untold
times, source, places = sys.argv[2:5]
data = open(source, "rb").read()
stands = [line.split() for line in open(places)]
stands = [(int(a), int(b), name) for a, b, name in stands]
for seed in range(1, int(times) + 1):
    why = untold(seed, data, stands, [1, 1, 2, 17, 300, 1500, 20000], 4000)
    if why:
        sys.exit("%d: %s" % (seed, why))
print(times)
END

test_expect_success 'three hundred mutated files: what is whole is told, of each' '
	python3 mutated.py "$GIT_VAULT_SRC_DIR/t/helper" 300 whole places >out && test "$(cat out)" = 300
'

test_expect_success 'a version that is kept is looked at, with a key' '
	head -c 60000 whole >cut &&
	git vault state save --new --env prod --stack bad cut 2>err &&
	test_grep "it is not an intact state: truncated: " err &&
	test_expect_code 1 triage --env prod --stack bad latest >out &&
	test_grep "^truncated: " out && test_grep ! "canary-" out &&
	mv "$HOME/.config/git-vault/identity" kept.key &&
	test_when_finished "mv kept.key $HOME/.config/git-vault/identity" &&
	test_expect_code 5 triage --env prod --stack bad latest &&
	test_expect_code 1 triage --env prod cut >out &&
	test_grep "^lost: " out
'

test_expect_success 'what is meant is asked where it is not clear' '
	cp whole latest && test_expect_code 129 triage --env prod latest 2>err &&
	test_grep "say ./latest for the file" err && triage ./latest &&
	rm latest && test_expect_code 128 triage none 2>err &&
	test_grep "cannot open none" err && test_expect_code 129 triage 2>err &&
	test_expect_code 129 triage --to x whole
'

test_expect_success 'what is no state, and what is none of ours' '
	: >empty && test_expect_code 1 triage empty >out &&
	test_grep "^truncated: " out &&
	head -c 100000 /dev/urandom >random && test_expect_code 1 triage random &&
	echo "[1, 2]" >list && triage list
'

test_expect_success 'a large one with one byte that is wrong takes seconds' '
	damage_state 7 190000 >large && size=$(wc -c <large) &&
	test $size -gt 100000000 &&
	printf "\001" | dd of=large bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null &&
	test_expect_code 1 timeout 60 git-vault state triage --env none large >out &&
	grep -c "aws_db_instance.n" out >n && test $(cat n) -ge 189999
'

test_done
