#!/bin/sh
# shellcheck disable=SC2154

test_description='a valid state is put together of what is whole in a damaged one'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-damage.sh"

if ! test_have_prereq PYTHON
then
	skip_all "no python3 to say what is whole"
fi

repair () {
	git vault state repair "$@"
}

save () {
	git vault state save --new --env prod "$@"
}

refs () {
	git for-each-ref --format="%(refname) %(objectname)" "$@"
}

# sound FILE: strict JSON to others as well, and whole to us
sound () {
	python3 -m json.tool "$1" >/dev/null &&
		git vault state triage --env prod "$1"
}

# addresses FILE: of its resources
addresses () {
	damage_places "$1" | awk "{ print \$3 }" | sort
}

# as_sorted FILE: its resources by their names; what is of another side stands
# behind the others
as_sorted () {
	python3 -c "
import json, sys
s = json.load(open(sys.argv[1]))
s[\"resources\"].sort(key=lambda r: r[\"name\"])
json.dump(s, sys.stdout, indent=1)" "$1"
}

test_expect_success 'a state of three hundred resources, and one that is cut off' '
	git commit -q --allow-empty -m one && damage_state 7 300 >whole &&
	damage_state 8 300 150 >newer && head -c 60000 newer >cut &&
	damage_places newer | awk "\$2 <= 60000 { print \$3 }" | sort >stands &&
	save whole && good=$(git rev-parse refs/vault/state/prod/default)
'

test_expect_success 'what stands in it is put together, what is lost is named' '
	refs >before && repair --env prod --to made cut >out 2>err &&
	test_grep ! "canary-" out && test_grep ! "canary-" err &&
	test_grep "^lost: aws_db_instance.n299\$" out &&
	test_grep "^head: check_results\$" out &&
	test_grep "it is not saved" err &&
	test "$(stat -c %a made)" = 600 && sound made &&
	addresses made >actual && test_cmp stands actual &&
	test_grep "^  \"serial\": 9,\$" made &&
	sed -n "s/^lost: //p" out | sort >lost &&
	sort lost stands >all && addresses whole >expect && test_cmp expect all &&
	refs >after && test "$(grep -v /audit/ after)" = "$(grep -v /audit/ before)" &&
	git cat-file commit refs/vault/audit/$(hostname) >event &&
	test_grep "^Vault-Event: state-restore" event
'

test_expect_success 'what is lost comes from the whole version where that is wanted' '
	repair --env prod --with-lost --to full cut >out &&
	test_grep "^added: aws_db_instance.n299\$" out && sound full &&
	sed "s/\"serial\": 7/\"serial\": 9/" whole >expect && cmp expect full &&
	repair --env prod --with-lost cut >piped 2>err && cmp full piped &&
	test_grep "n299: missing, and taken from the intact version" err
'

test_expect_success 'no file is written over, and one that is whole is refused' '
	echo mine >there &&
	test_expect_code 128 repair --env prod --to there cut 2>err &&
	test_grep "there is there already" err && echo mine | cmp - there &&
	test_expect_code 128 repair --env prod --to none whole 2>err &&
	test_grep "whole is an intact state" err && test_path_is_missing none &&
	test_expect_code 129 repair --env prod --json cut >out &&
	test_grep "stdout is for the state" out &&
	test_expect_code 129 repair --env prod --ours --theirs --to none cut &&
	test_expect_code 129 repair --env prod --document 0 --to none cut
'

test_expect_success 'what was done is told in JSON' '
	repair --env prod --json --with-lost --to j cut >json &&
	python3 -c "
import json
j = json.load(open(\"json\"))
assert j[\"kind\"] == \"truncated\" and j[\"serial\"] == 9
assert j[\"resources\"] == 300 and j[\"file\"] == \"j\"
assert j[\"from\"][\"id\"] == \"$good\"
assert {n[\"kind\"] for n in j[\"notes\"]} == {\"added\", \"head\"}
"
'

test_expect_success 'a conflict of a real merge is decided by who is asked' '
	cp whole s.json && git add s.json && git commit -q -m base &&
	git checkout -q -b other && damage_state 12 301 150 >s.json &&
	git commit -q -a -m theirs && git checkout -q main &&
	damage_state 11 300 150 | sed "s/edited/ours, edited/" >s.json &&
	git commit -q -a -m ours && test_must_fail git merge other &&
	cp s.json conflict && git merge --abort &&
	test_expect_code 128 repair --env prod --to none conflict 2>err &&
	test_grep "disagree about these; choose --ours or --theirs: .*aws_db_instance.n150" err &&
	test_path_is_missing none &&
	repair --env prod --ours --to ours conflict >out && sound ours &&
	test_grep "^chosen: module.m\[\"x150\"\].aws_db_instance.n150\$" out &&
	damage_state 13 301 150 | sed "s/edited/ours, edited/" >expect &&
	cmp expect ours &&
	repair --env prod --theirs --to theirs conflict && sound theirs &&
	damage_state 13 301 150 >expect && as_sorted expect >sorted &&
	as_sorted theirs >actual && test_cmp sorted actual
'

test_expect_success 'of two states in one file one has to be named' '
	damage_state 8 20 >small && cat whole small >joined &&
	test_expect_code 128 repair --env prod --to none joined 2>err &&
	test_grep "2 states are in it, .* choose one by --document N" err &&
	repair --env prod --document 2 --to two joined && sound two &&
	damage_state 9 20 >expect && cmp expect two &&
	repair --env prod --document 1 --to first joined &&
	damage_state 9 300 >expect && cmp expect first
'

test_expect_success 'a head that is lost comes from the whole version' '
	tail -c +300 newer >headless &&
	repair --env prod --to made-head headless >out &&
	test_grep "^head: version\$" out && test_grep "^head: lineage\$" out &&
	sound made-head && test_grep "^  \"serial\": 8,\$" made-head &&
	test_expect_code 128 repair --env none --to none headless 2>err &&
	test_grep "can be repaired\|no intact version" err &&
	test_path_is_missing none &&
	sed "s/\"lineage\": \"one\"/\"lineage\": \"two\"/" cut >stranger &&
	test_expect_code 128 repair --env prod --to none stranger 2>err &&
	test_grep "but that of the intact version is" err
'

damaged_ones=20
test -z "$GIT_VAULT_TEST_LONG" || damaged_ones=300

test_expect_success 'damaged ones give what stands in them, or nothing' '
	cat >damage.py <<-\END &&
	import random, sys
	rnd = random.Random(int(sys.argv[1]))
	data = bytearray(open("newer", "rb").read())
	for _ in range(rnd.randrange(1, 6)):
	    at = rnd.randrange(len(data))
	    n = rnd.choice([1, 1, 5, 700])
	    kind = rnd.randrange(3)
	    if kind == 0:
	        data[at:at + n] = bytes(min(n, len(data) - at))
	    elif kind == 1:
	        data[at:at + n] = b""
	    else:
	        data[at] = rnd.randrange(256)
	open("damaged", "wb").write(data)
	END
	n=0 && while test $n -lt $damaged_ones
	do
		n=$((n + 1)) && python3 damage.py $n && rm -f some &&
		status=0 && { repair --env prod --with-lost --to some damaged \
			>out 2>err || status=$?; } &&
		case $status in
		0)
			sound some >/dev/null 2>&1 &&
			test_grep "^  \"serial\": [0-9]*,\$" some &&
			addresses some >got && addresses whole >expect &&
			comm -13 got expect >missing &&
			{ test ! -s missing || ! grep "^lost" out; } || return 1 ;;
		128) test_path_is_missing some ;;
		*) cat err && return 1 ;;
		esac || return 1
	done
'

test_expect_success 'a damaged version is kept, and is none that guards ask' '
	save cut >id 2>err && bad=$(cat id) &&
	test_grep "it is not an intact state: truncated: .*; [0-9]* resources in it are intact, and [0-9]* addresses .* are missing; .git vault state triage --env prod --stack default $(echo $bad | cut -c1-12)" err &&
	git vault state restore --env prod >back 2>err && cmp cut back &&
	test_grep "warning: version .* is not an intact state: .* the newest intact version is $(echo $good | cut -c1-12)" err &&
	git vault state at --env prod HEAD >out 2>err &&
	test_grep "warning: version .* is not an intact state" err &&
	damage_state 6 10 >old && test_expect_code 128 save old 2>err &&
	test_grep "the last version has 7" err &&
	repair --env prod --with-lost --to again latest && cmp full again &&
	damage_state 8 300 1 >next && save next &&
	test_expect_code 0 git vault state verify --env prod --stack default
'

test_expect_success 'without a key for the whole version it is said' '
	mv "$HOME/.config/git-vault/identity" kept.key &&
	test_when_finished "mv kept.key $HOME/.config/git-vault/identity" &&
	test_expect_code 5 repair --env prod --with-lost --to none cut &&
	repair --env prod --to keyless cut >out 2>err &&
	test_grep "^lost: aws_db_instance.n299\$" out &&
	test_grep "the newest intact version was not looked at" err &&
	addresses keyless >actual && test_cmp stands actual &&
	test_expect_code 5 repair --env prod --to none latest~1
'

test_expect_success 'what is unfinished is counted' '
	damage_state 20 5 >part && sed -i "0,/\"schema_version\"/s//\"status\": \"tainted\", \"schema_version\"/" part &&
	save --stack part part && git vault state show --env prod --stack part >out &&
	test_grep "^unfinished: 1 tainted, 0 deposed, 0 pending\$" out &&
	git vault state show --env prod --stack part --json >json &&
	test_grep "\"unfinished\": *{\"tainted\": *1" json
'

test_done
