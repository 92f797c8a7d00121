#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault prune: what programs take uses up no place of a person,
a name outlives those without, and nobody is surprised by the default'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-retention.sh"
. "$TEST_DIRECTORY/lib-terminal.sh"

# take TRIGGER [OPTION…]: a snapshot of other files than the last one's, a minute
# later; its id is in $snapshot.
take () {
	trigger_=$1
	shift
	test_tick && echo $test_tick >file.$test_tick &&
		snapshot=$(git vault -q snapshot --trigger "$trigger_" "$@")
}

test_expect_success 'a safety snapshot takes no place of a rule' '
	test_create_repo safety && (
		cd safety && test_commit base &&
		take manual -m old &&
		take manual -m "before the migration" && good=$snapshot &&
		for i in 1 2 3
		do
			echo $i >lost && git vault -q restore $good --in-place \
				>/dev/null || return 1
		done &&
		git vault list --json >json && test_grep "\"trigger\":\"safety\"" json &&
		for rule in "--keep-last 1" "--keep-hourly 1" "--keep-daily 1" \
			"--keep-within 1h" "--yes"
		do
			git vault -q prune $rule >/dev/null || return 1
		done &&
		git vault cat $good base.t >actual && echo base >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'nor does one of a hook, of CI, of a schedule or of watch' '
	test_create_repo lanes && (
		cd lanes && test_commit base &&
		take manual -m mine && mine=$snapshot && take manual && also=$snapshot &&
		for trigger in hook ci schedule watch
		do
			take $trigger && take $trigger ||
				return 1
		done &&
		judged drop --keep-last 1 >gone && test_line_count = 4 gone &&
		git vault prune --keep-last 1 >/dev/null &&
		listed >left && test_grep $mine left && test_grep $also left &&
		test_line_count = 6 left
	)
'

test_expect_success 'a message, a tag, and a tag that was added outlive what has none' '
	for form in said tagged later
	do
		test_create_repo $form && (
			cd $form && test_commit base &&
			case $form in
			said) take manual -m "before the upgrade" && named=$snapshot ;;
			tagged) take hook --tag v1 && named=$snapshot ;;
			later)
				take schedule && named=$snapshot && git vault -q tag $named v2
				;;
			esac &&
			take manual && none=$snapshot && take manual && newest=$snapshot &&
			for rule in "--keep-hourly 3" "--keep-last 1"
			do
				git vault -q prune $rule >/dev/null &&
				listed >left && test_grep $named left &&
				test_grep $newest left || return 1
			done && test_grep ! $none left
		) || return 1
	done
'

test_expect_success 'without a policy nothing goes unless somebody says so' '
	test_create_repo default && (
		cd default && test_commit base && take manual &&
		take manual && take manual &&
		take manual && listed >all &&
		test_expect_code 3 git vault prune >out 2>err </dev/null &&
		test_grep "^drop" out && test_grep "would drop 2 snapshots of 4" err &&
		test_grep "git vault prune --yes" err &&
		listed >left && test_cmp all left &&
		test_expect_code 3 git vault prune --json >out 2>err </dev/null &&
		test_grep "\"dry_run\":true" out && listed >left &&
		test_cmp all left &&
		test_expect_code 3 git vault prune -g host --reclaim >out 2>err \
			</dev/null && listed >left && test_cmp all left &&
		git vault prune -n >out && listed >left && test_cmp all left &&
		cp -R . ../told && git vault -C ../told prune -y >out 2>err </dev/null &&
		test_grep "dropped 2 snapshots of 4" err &&
		git vault -C ../told list --id-only >left && test_line_count = 2 left
	)
'

# accepted: what is in .gitvault.yaml counts
accepted () {
	git vault policy accept --yes >../accepted 2>&1
}

test_expect_success 'a trigger has the limits that the policy gives it' '
	test_create_repo limits && (
		cd limits && test_commit base && printf "/.gitvault.yaml\n" >.git/info/exclude &&
		for i in 1 2 3 4
		do
			take manual && take hook && take ci && take watch || return 1
		done &&
		printf "retention:\n  keep-last: 3\n  hook: {keep-last: 1}\n  ci: {keep-within: 10y}\n  watch: {keep-last: 0}\n" \
			>.gitvault.yaml && accepted && judged keep >kept && for id in $(cat kept)
		do
			git log -1 --format=%B refs/vault/snapshots/$id | sed -n "s/^Vault-Trigger: //p" || return 1
		done | sort | uniq -c | sed "s/^ *//" >actual &&
		printf "%s\n" "4 ci" "1 hook" "3 manual" "1 watch" >expect && test_cmp expect actual &&
		git vault prune >out 2>err </dev/null && test_grep "by the rules of .gitvault.yaml" err &&
		listed >left && test_line_count = 9 left
	)
'

test_expect_success 'limits of triggers alone leave the default a question' '
	test_create_repo question && (
		cd question && test_commit base && printf "/.gitvault.yaml\n" >.git/info/exclude &&
		take hook && take hook && take hook && take manual && take manual && take manual && listed >all &&
		printf "retention:\n  hook: {keep-last: 1}\n" >.gitvault.yaml && accepted &&
		test_expect_code 3 git vault prune >out 2>err </dev/null &&
		test_grep "would drop 3 snapshots of 6, by the rules of the default and of .gitvault.yaml" err &&
		listed >left && test_cmp all left && git vault prune --keep-last 2 >out && listed >left && test_line_count = 4 left
	)
'

test_expect_success 'fewer for a trigger wait to be accepted, more do not' '
	test_create_repo wait && (
		cd wait && test_commit base && printf "retention: {keep-last: 2}\n" >.gitvault.yaml && accepted &&
		printf "retention: {keep-last: 2, hook: {keep-last: 1}}\n" >.gitvault.yaml &&
		test_expect_code 1 git vault policy diff >out 2>&1 && test_grep "retention.hook" out &&
		take hook && take hook && take hook && git vault prune >out 2>err && listed >left && test_line_count = 2 left &&
		printf "retention: {keep-last: 2, hook: {keep-last: 4}}\n" >.gitvault.yaml &&
		take hook && take hook && git vault prune >out 2>err && listed >left && test_line_count = 4 left
	)
'

# forge SNAPSHOT: what somebody pushes who names this host and branch, in the
# seconds behind that one
forge () {
	ref=refs/vault/snapshots/$1 &&
	time=$(git log -1 --format=%ct $ref) &&
	for i in 1 2 3 4
	do
		id=$(date -u -d @$((time + i)) +%Y%m%dT%H%M%SZ)-0000000$i &&
		git log -1 --format=%B $ref | sed "s/^Vault-Id: .*/Vault-Id: $id/" >said &&
		GIT_COMMITTER_DATE="$((time + i)) +0000" git commit-tree -F said \
			-p "$(git rev-parse $ref^)" "$ref^{tree}" >commit &&
		git update-ref refs/vault/snapshots/$id "$(cat commit)" || return 1
	done && rm said commit
}

test_expect_success 'what others push takes no place of what this clone took' '
	test_create_repo pushed && (
		cd pushed && test_commit base && take manual && first=$snapshot &&
		take manual && take manual && last=$snapshot && forge $last && test_tick &&
		for rule in "--keep-last 2" "--keep-hourly 1" "--keep-last 2 -g trigger"
		do
			git vault prune --dry-run $rule >out &&
			test_grep "keep  $last" out && test_grep "drop  $first" out || return 1
		done &&
		git vault -q prune --keep-last 1 >/dev/null && listed >left &&
		test_grep "$last" left && test_line_count = 2 left
	)
'

test_expect_success 'pruning by itself takes what this clone took, and what pipelines took' '
	git init -q --bare ../hub.git && test_create_repo bo && (
		cd bo && git remote add origin ../../hub.git && test_commit base && git push -q origin HEAD &&
		for i in 1 2 3
		do
			take manual && take hook && take ci || return 1
		done && listed | sort >all && git push -q origin "refs/vault/snapshots/*:refs/vault/snapshots/*"
	) && git clone -q ../hub.git ann && (
		cd ann && test_tick && test_tick=$((test_tick + 90000)) && git fetch -q origin "refs/vault/snapshots/*:refs/vault/snapshots/*" && listed | sort >../ann.all &&
		test_cmp ../bo/all ../ann.all && forge "$(listed | tail -n 1)" &&
		printf "retention: {keep-last: 1, ci: {keep-last: 1}, auto: true}\n" >.gitvault.yaml && git add .gitvault.yaml && git commit -q -m policy && accepted &&
		rm -f .git/vault/pruned && take manual && mine=$snapshot && rm -f .git/vault/pruned && take manual && newest=$snapshot &&
		listed | sort >left && test_grep ! $mine left && test_grep $newest left &&
		for id in $(cat ../ann.all)
		do
			git -C ../bo log -1 --format=%B refs/vault/snapshots/$id >said || return 1
			if grep -q "^Vault-Trigger: ci" said
			then
				grep -q $id left && echo $id
			else
				grep -q $id left || return 1
			fi
		done >ci && test_line_count = 2 ci &&
		git vault prune --json -n >out && jq -r ".snapshots[] | select(.action == \"drop\") | .own" out >own &&
		test_grep ! true own && n=$(wc -l <own) && git vault prune >out 2>err && listed >left &&
		test_grep "drop .*last: 1 newer one" out &&
		test_grep "$((n)) of these were taken by other clones, and go there, too, at the next sync" err
	)
'

test_expect_success PYTHON 'a person is asked, and may say no' '
	(
		cd default && listed >all &&
		test_expect_code 3 answering n -- git vault prune >out &&
		test_grep "delete 2 of 4 snapshots? \[y/N\] " out &&
		test_expect_code 3 answering -- env CI=1 "PATH=$PATH" \
			git vault prune >out && test_grep ! "y/N" out &&
		listed >left && test_cmp all left &&
		answering y -- git vault prune >out &&
		test_grep "dropped 2 snapshots of 4" out &&
		listed >left && test_line_count = 2 left &&
		git vault prune >out 2>err </dev/null &&
		test_grep "nothing to delete .*: all 2 stay" err
	)
'

test_expect_success 'rules and a policy are an answer' '
	(
		cd default && test_tick=1119999993 && take manual &&
		take manual &&
		git vault prune -d 1 >out </dev/null && listed >left &&
		test_line_count = 1 left &&
		echo "retention: {keep-last: 1}" >.gitvault.yaml && git vault policy accept &&
		take manual && git vault prune >out </dev/null &&
		listed >left && test_line_count = 1 left
	)
'

test_done
