#!/bin/sh

test_description='git vault prune: which snapshots the rules keep, and that the
others go'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-retention.sh"

test_expect_success 'without snapshots nothing is dropped' '
	git vault prune >out 2>err &&
	test_must_be_empty out &&
	test_grep "nothing to delete" err
'

test_expect_success 'snapshots of some months' '
	echo x >file && echo "*.out" >.gitignore && git add . &&
	git commit -q -m first &&
	at "2025-12-31 23:30" && y1=$snapshot &&
	at "2026-01-01 00:30" && y2=$snapshot &&
	at "2026-02-10 10:00" -t prod && feb=$snapshot &&
	at "2026-03-01 09:00" -t prod -t v1 && d1=$snapshot &&
	at "2026-03-02 08:00" && d2a=$snapshot &&
	at "2026-03-02 08:20" && d2b=$snapshot &&
	at "2026-03-02 21:00" && d2c=$snapshot &&
	at "2026-03-04 07:00" && d4=$snapshot &&
	now_is "2026-03-04 12:00"
'

test_expect_success 'the newest so many' '
	expect_kept $d4 $d2c -- --keep-last 2 &&
	expect_kept $d4 $d2c -- -l2
'

test_expect_success 'the newest of each day that has one, and none else count' '
	expect_kept $d4 $d2c $d1 -- --keep-daily 3 &&
	expect_kept $d4 $d2c -- -d 2
'

test_expect_success 'hours, weeks, months, years' '
	expect_kept $d4 $d2c $d2b -- -H 3 &&
	expect_kept $d4 $d1 -- -w 2 &&
	expect_kept $d4 $feb -- -m 2 &&
	expect_kept $d4 $feb $y2 -- --keep-monthly 3 &&
	expect_kept $d4 $y1 -- -Y 2
'

test_expect_success 'while places are left the oldest stays too' '
	expect_kept $d4 $y1 -- --keep-yearly 9 &&
	expect_kept $d4 $feb $y2 $y1 -- --keep-monthly 12 &&
	reasons $y1 --keep-monthly 12 >actual &&
	echo "monthly 4 of 12" >expect && test_cmp expect actual &&
	git vault delete $y1 $y2 >out &&
	at "2026-02-02 10:00" && old=$snapshot && now_is "2026-03-04 12:00" &&
	reasons $old --keep-monthly 12 >actual &&
	echo "oldest, while monthly has places left" >expect &&
	test_cmp expect actual
'

test_expect_success 'all of a period' '
	listed >expect &&
	judged keep --keep-last unlimited >actual && test_cmp expect actual &&
	judged keep --keep-last=-1 >actual && test_cmp expect actual &&
	expect_kept $d4 $d2c $d1 $feb $old -- --keep-daily unlimited
'

test_expect_success 'what is not older than, in both spellings' '
	expect_kept $d4 $d2c $d2b $d2a -- --keep-within 2d &&
	expect_kept $d4 $d2c $d2b $d2a -- --keep-within 48H &&
	expect_kept $d4 $d2c $d2b $d2a $d1 -- --keep-within 2d22h &&
	expect_kept $d4 $d2c $d2b $d2a $d1 $feb -- --keep-within 1m &&
	expect_kept $d4 $d2c -- --keep-within-daily 2d &&
	reasons $d2b --keep-within-daily 2d >actual &&
	echo "daily: a newer one that day" >expect && test_cmp expect actual
'

test_expect_success 'seconds and minutes, and each period within a time' '
	now_is "2026-03-04 12:00" && expect_kept $d4 $d2c -- --keep-secondly 2 && expect_kept $d4 $d2c $d2b -- --keep-minutely 3 &&
	expect_kept $d4 $d2c $d2b $d2a $d1 -- --keep-within-secondly 3d &&
	expect_kept $d4 $d2c $d2b $d2a $d1 -- --keep-within-minutely 3d &&
	expect_kept $d4 $d2c $d2b $d1 -- --keep-within-hourly 3d && expect_kept $d4 $d1 -- --keep-within-weekly 7d &&
	expect_kept $d4 $feb -- --keep-within-monthly 1m && expect_kept $d4 -- --keep-within-yearly 1m
'

test_expect_success 'tags: any of several options, all of a list' '
	expect_kept $d4 $d1 $feb -- --keep-tag prod &&
	expect_kept $d4 $d1 -- --keep-tag prod,v1 &&
	expect_kept $d4 $d1 -- --keep-tag v1 --keep-tag none
'

test_expect_success 'each has its reasons' '
	reasons $d4 -l 1 -d 2 >actual &&
	echo "last 1 of 1; daily 1 of 2; newest of its group" >expect &&
	test_cmp expect actual &&
	reasons $d1 -l 1 -d 2 --keep-tag prod >actual &&
	echo "tag prod" >expect && test_cmp expect actual &&
	reasons $d2b -l 1 -d 2 >actual &&
	echo "last: 1 newer one; daily: 2 newer ones" >expect &&
	test_cmp expect actual &&
	reasons $old --keep-tag prod >actual &&
	echo "no rule keeps it" >expect && test_cmp expect actual
'

test_expect_success 'days are those of the local time zone' '
	at "2026-03-05 03:00" && late=$snapshot && now_is "2026-03-05 12:00" &&
	TZ=America/New_York expect_kept $late $d2c -- --keep-daily 2 &&
	TZ=UTC expect_kept $late $d4 -- --keep-daily 2 &&
	git vault delete $late >out
'

test_expect_success 'a dry run and JSON say the same' '
	git vault prune -n --json -d 2 >json &&
	tr "{" "\n" <json | sed -n "s/^\"id\":\"\([^\"]*\)\".*\"action\":\"\([a-z]*\)\".*/\2 \1/p" >actual &&
	git vault prune -n -d 2 2>err | sed -n "2,\$s/^\([a-z]*\) *\([^ ]*\) .*/\1 \2/p" >expect &&
	test_cmp expect actual && test_file_not_empty actual &&
	test_grep "\"reasons\":\[\"daily 1 of 2\",\"newest of its group\"\]" json &&
	test_grep "\"dry_run\":true,\"rules_of\":\"the command line\",\"kept\":2,\"dropped\":5" json &&
	test_grep "would drop 5 snapshots of 7" err
'

test_expect_success 'what is no rule is said' '
	test_expect_code 129 git vault prune --keep-daily many 2>err &&
	test_grep "is not a number; give a number," err &&
	test_expect_code 129 git vault prune --keep-within 3 2>err &&
	test_grep "is not a duration; write" err &&
	test_expect_code 129 git vault prune --keep-within 3x 2>err &&
	test_expect_code 129 git vault prune --keep-last 2 -g colour 2>err &&
	test_grep "cannot be grouped by .colour." err &&
	test_expect_code 129 git vault prune --keep-last 0 2>err &&
	test_grep "keep nothing" err &&
	listed >actual && test_line_count -eq 7 actual
'

test_expect_success 'they go, in one step, and are remembered' '
	listed >before && judged keep -d 2 >stay &&
	git vault prune -d 2 >out 2>err &&
	test_grep "dropped 5 snapshots of 7" err &&
	grep -c ^drop out >count && echo 5 >expect && test_cmp expect count &&
	! grep ^keep out &&
	listed >actual && test_cmp stay actual &&
	git ls-tree -r --name-only refs/vault/deleted | sed "s,.*/,," >gone &&
	for id in $(grep -v -F -f stay before)
	do
		grep $id gone || return 1
	done &&
	git log --format=%s refs/vault/deleted | sort -u >actual &&
	echo "delete snapshots" >expect && test_cmp expect actual &&
	git fsck --strict --no-dangling >out 2>&1 && test_must_be_empty out
'

test_expect_success 'groups are judged apart' '
	at "2026-04-01 10:00" -b one -H a && a1=$snapshot &&
	at "2026-04-01 11:00" -b one -H a && a2=$snapshot &&
	at "2026-04-01 12:00" -b two -H a && b2=$snapshot &&
	at "2026-04-01 13:00" -b two -H b -e prod && c2=$snapshot &&
	now_is "2026-04-02 12:00" &&
	expect_kept $c2 $b2 $a2 $d4 -- -l 1 &&
	for keys in host branch env "" trigger
	do
		expect_kept $c2 $b2 $a2 $d4 -- -l 1 -g "$keys" || return 1
	done &&
	reasons $c2 -l 1 -g env >actual &&
	echo "last 1 of 1; newest of its group" >expect && test_cmp expect actual &&
	reasons $b2 -l 1 -g "" >actual &&
	echo "newest of its host and branch" >expect && test_cmp expect actual
'

test_expect_success 'without any rule the default holds' '
	git vault prune -n >out 2>err &&
	test_grep "by the rules of the default" err &&
	test_grep "hourly 1 of 24; daily 1 of 30; weekly 1 of 12; monthly 1 of 12" out
'

test_expect_success 'a snapshot from the future pushes none out' '
	at "2031-01-01 00:00" -b one -H a && f1=$snapshot &&
	at "2099-12-31 23:59" -b one -H a && f2=$snapshot &&
	now_is "2026-04-02 12:00" &&
	expect_kept $f2 $f1 $c2 $b2 $a2 $d4 -- -l 1 &&
	reasons $f1 -l 1 >actual && echo "from the future" >expect &&
	test_cmp expect actual &&
	expect_kept $f2 $f1 $c2 $b2 $a2 $d4 -- --keep-within 30M --keep-daily 1 &&
	git vault delete $f1 $f2 >out
'

test_expect_success 'nor does a clock that was set back' '
	at "2026-04-02 10:00" -b set && s1=$snapshot &&
	then_at "1980-01-02 00:00" -b set && s2=$snapshot &&
	then_at "2020-01-02 00:00" -b set && s3=$snapshot &&
	now_is "2026-04-03 00:00" &&
	git vault prune -l 1 -g branch >out &&
	listed >actual &&
	for id in $s1 $s2 $s3
	do
		grep $id actual || return 1
	done &&
	reasons $s3 -l 1 >actual && echo "taken after $s1" >expect &&
	test_cmp expect actual &&
	now_is "1979-01-01 00:00" &&
	git vault prune -l 1 -g "" >out 2>err &&
	test_grep "nothing to delete" err
'

test_expect_success 'nor does it where what came before it is gone' '
	test_create_repo deleted && (
		cd deleted && test_commit base &&
		at "2026-05-01 10:00" && p1=$snapshot &&
		then_at "2021-01-02 00:00" && p2=$snapshot &&
		at "2026-05-02 10:00" && now_is "2026-05-03 00:00" &&
		git vault -q delete $p1 &&
		reasons $p2 -l 1 >../actual &&
		echo "taken after $p1" >../expect &&
		test_cmp ../expect ../actual &&
		snapshot_previous=$p2 && then_at "2026-05-02 11:00" &&
		now_is "2026-05-03 00:00" && reasons $p2 -l 1 >../actual &&
		echo "last: 1 newer one" >../expect &&
		test_cmp ../expect ../actual
	)
'

test_expect_success 'nor does a prune drop what it is known by' '
	test_create_repo aside && (
		cd aside && test_commit base &&
		at "2026-05-04 10:00" &&
		then_at "2021-02-01 00:00" -b aside &&
		then_at "2021-02-02 00:00" && newest=$snapshot &&
		at "2026-05-05 00:00" -b aside &&
		now_is "2026-05-06 00:00" &&
		for i in 1 2
		do
			git vault -q prune -l 1 && listed >../actual &&
			grep $newest ../actual || return 1
		done
	)
'

test_expect_success 'a damaged one stays and is named' '
	bad=20260101T000000Z-0000bad0 &&
	git update-ref refs/vault/snapshots/$bad HEAD &&
	now_is "2026-04-03 00:00" &&
	test_expect_code 3 git vault prune -l 1 >out 2>err &&
	test_grep "snapshot $bad is damaged" err &&
	git rev-parse --verify refs/vault/snapshots/$bad &&
	test_expect_code 3 git vault prune --json -l 1 >out 2>err &&
	test_grep "\"damaged\":\[\"snapshot $bad" out &&
	git update-ref -d refs/vault/snapshots/$bad
'

test_expect_success 'what another clone brings back goes again' '
	git ls-tree -r --name-only refs/vault/deleted | sed "s,.*/,,;1q" >id &&
	id=$(cat id) && git vault list >list.before &&
	git update-ref refs/vault/snapshots/$id $(git rev-parse \
		refs/vault/snapshots/$s1) &&
	git vault list >list.after && test_cmp list.before list.after &&
	test_must_fail git vault show $id 2>err &&
	test_grep "git vault undelete $id" err &&
	git vault prune -l 9 >out 2>err &&
	test_grep "brought them back: 1" err &&
	test_must_fail git rev-parse --verify -q refs/vault/snapshots/$id
'

test_expect_success 'tombstones go after a year, and others stay' '
	git ls-tree -r --name-only refs/vault/deleted >before &&
	test_file_not_empty before &&
	now_is "2027-03-20 00:00" && git vault delete $c2 >out &&
	git ls-tree -r --name-only refs/vault/deleted >after &&
	test_line_count -gt 3 after &&
	now_is "2027-05-01 00:00" && git vault delete $d4 >out &&
	git ls-tree -r --name-only refs/vault/deleted >after &&
	test_line_count -gt 3 after && snapshot_previous= &&
	snapshot_take && now_is "2027-06-02 00:00" &&
	git vault delete $snapshot >out &&
	git ls-tree -r --name-only refs/vault/deleted >after &&
	test_write_lines 202603/$d4 202604/$c2 >expect &&
	grep -v "$snapshot\|^203101\|^209912" after >actual && test_cmp expect actual
'

test_expect_success 'no clock that is wrong for a while makes them go' '
	test_create_repo clock && (
		cd clock && test_commit base && unset GIT_VAULT_TEST_TIME &&
		for i in 1 2 3 4 5
		do
			echo $i >f && git vault snapshot >../id.$i || return 1
		done &&
		GIT_VAULT_TEST_TIME=86400 git vault -q delete $(cat ../id.1) &&
		git vault -q delete $(cat ../id.2) &&
		GIT_VAULT_TEST_TIME=4000000000 git vault -q delete \
			$(cat ../id.3) &&
		GIT_VAULT_TEST_TIME=4000003600 git vault -q delete \
			$(cat ../id.4) &&
		git vault -q delete $(cat ../id.5) &&
		git ls-tree -r --name-only refs/vault/deleted >../after &&
		test_line_count = 5 ../after
	)
'

test_expect_success 'damaged tombstones or pins: listed, but nothing is deleted' '
	git vault list >list.before &&
	for ref in deleted marks
	do
		git update-ref refs/vault/$ref $(git commit-tree -m x \
			$(printf "100644 blob $(echo x | git hash-object -w --stdin)\tpinned" |
			git mktree)) &&
		bad=$(git rev-parse refs/vault/$ref) &&
		tree=$(git rev-parse $bad^{tree}) &&
		rm -f .git/objects/$(echo $tree | sed "s,..,&/,") &&
		test_expect_code 3 git vault list >list.after 2>err &&
		test_cmp list.before list.after &&
		test_grep "refs/vault/$ref.* damaged" err &&
		test_must_fail git vault delete $a2 2>err &&
		test_grep "nothing is deleted" err &&
		test_must_fail git vault prune -l 1 2>err &&
		git update-ref -d refs/vault/$ref || return 1
	done &&
	git vault show $a2
'

test_expect_success 'some files are no substitute for all of them' '
	test_create_repo ../some && (
		cd ../some && mkdir prod dev && echo 1 >prod/a && echo 1 >dev/a &&
		git add . && git commit -q -m one && GIT_VAULT_TEST_TIME=1793613600 \
			git vault -q snapshot >whole && rm dev/a &&
		for i in 1 2 3
		do
			echo $i >prod/a && GIT_VAULT_TEST_TIME=$((1793613600 + i * 60)) \
				git vault -q snapshot --only prod --only "*/a" || exit 1
		done >some && git vault prune --keep-last 1 >out 2>err &&
		git vault list --id-only >actual &&
		{ tail -n 1 some && cat whole; } >expect && test_cmp expect actual &&
		git vault show "$(tail -n 1 some)" >out &&
		test_grep "^Only: *prod \*/a$" out &&
		git vault --json list >out && test_grep "\"only\":\"prod \*/a\"" out &&
		test_expect_code 128 git vault restore "$(tail -n 1 some)" --in-place \
			--delete 2>err && test_grep "contains only prod \*/a" err &&
		git commit -q --allow-empty -m two && echo new >dev/new &&
		git vault -q snapshot --only prod --force >out &&
		git vault good mark --without-snapshot prod 2>err &&
		test_grep "no snapshot of that commit" err
	)
'

test_expect_success '500 of 1000 go at once, packed or not' '
	test_create_repo many && cd many && test_commit base && at "2026-04-02 10:00" &&
	snapshot_many 1000 && unset GIT_VAULT_TEST_TIME &&
	git vault prune --keep-last 500 >out 2>err &&
	listed >actual && test_line_count -eq 501 actual &&
	git for-each-ref refs/vault/snapshots >refs &&
	test_line_count -eq 501 refs &&
	git pack-refs --all && snapshot_many 1000 &&
	git vault list >out && test_line_count -eq 502 out &&
	git vault prune --keep-last 500 >out 2>err &&
	test_grep "brought them back: 500" err &&
	git for-each-ref refs/vault/snapshots >refs &&
	test_line_count -eq 501 refs &&
	git fsck --strict --no-dangling >out 2>&1 && test_must_be_empty out
'

test_done
