#!/bin/sh

test_description='.gitvault.yaml: retention as the team wants it'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-retention.sh"

policy () {
	cat >.gitvault.yaml
}

test_expect_success 'set up' '
	echo x >file && git add . && git commit -q -m first &&
	at "2026-03-01 10:00" -t prod && one=$snapshot &&
	at "2026-03-02 10:00" && two=$snapshot &&
	at "2026-03-02 11:00" && three=$snapshot &&
	at "2026-03-03 10:00" -b other && four=$snapshot &&
	now_is "2026-03-04 10:00"
'

test_expect_success 'its rules hold where the command line has none' '
	policy <<-\END &&
	# what we keep
	retention:
	  keep-last: 1
	END
	expect_kept $four $three -- &&
	test_grep "rules of .gitvault.yaml" judged.err &&
	expect_kept $four $three $one -- --keep-daily 2 &&
	test_grep "rules of the command line" judged.err
'

test_expect_success 'also from a directory below' '
	mkdir -p a/b && (cd a/b && git vault prune -n 2>err) &&
	test_grep "rules of .gitvault.yaml" a/b/err && rm -r a
'

test_expect_success 'durations, tags, groups' '
	policy <<-\END &&
	retention: { keep-within: 2d, keep-tag: [prod, v1], group-by: "" }
	END
	expect_kept $four $three $two $one -- &&
	policy <<-\END &&
	retention:
	  keep-within: 1h
	  group-by:
	    - host
	    - env
	END
	expect_kept $four $three -- &&
	expect_kept $four $three $two -- -g branch
'

test_expect_success 'without a rule that keeps, and empty: the default' '
	for text in "" "retention:" "retention: {}" "retention: {auto: false}" \
		"---" "# nothing"
	do
		echo "$text" | policy && git vault prune -n >out 2>err &&
		test_grep "rules of the default" err || return 1
	done
'

# refused WORDS <POLICY
refused () {
	policy && test_expect_code 128 git vault prune -n >out 2>err &&
		test_must_be_empty out && test_grep "$1" err
}

test_expect_success 'what is wrong is said with its line' '
	refused "gitvault.yaml:3: there is no key .keep-dayly.; the nearest is .keep-daily." <<-\END &&
	retention:
	  keep-last: 3
	  keep-dayly: 3
	END
	refused "gitvault.yaml:1: there is no key .retentoin.; the nearest is .retention." <<-\END &&
	retentoin: {}
	END
	refused "gitvault.yaml:2: keep-daily: .often. is not a number" <<-\END &&
	retention:
	  keep-daily: often
	END
	refused "gitvault.yaml:2: keep-daily must be a number" <<-\END &&
	retention:
	  keep-daily: [1]
	END
	refused "gitvault.yaml:2: .5 days. is not a duration" <<-\END &&
	retention:
	  keep-within: 5 days
	END
	refused "gitvault.yaml:2: auto must be true or false" <<-\END &&
	retention:
	  auto: "true"
	END
	refused "gitvault.yaml:3: the key .auto. is here for the second time" <<-\END &&
	retention:
	  auto: true
	  auto: false
	END
	refused "gitvault.yaml:1: retention must be a map" <<-\END &&
	retention: 5
	END
	refused "gitvault.yaml:1: it must be a map with sections" <<-\END &&
	- retention
	END
	refused "gitvault.yaml:2: this is no YAML" <<-\END &&
	retention: [
	}
	END
	refused "gitvault.yaml:1: .prod,. has a comma too many" <<-\END &&
	retention: {keep-tag: "prod,"}
	END
	refused "gitvault.yaml:1: .host,. has a comma too many" <<-\END &&
	retention: {group-by: "host,"}
	END
	refused "cannot be grouped by .colour." <<-\END &&
	retention: {group-by: [host, colour]}
	END
	listed >actual && test_line_count -eq 4 actual
'

test_expect_success 'where it is not in the working tree that of HEAD holds' '
	policy <<-\END &&
	retention: {keep-last: 2}
	END
	git clone -q --mirror . ../bare.git &&
	git -C ../bare.git vault prune -n 2>err >out &&
	test_grep "rules of the default" err &&
	cp .gitvault.yaml ../kept && git add .gitvault.yaml &&
	git commit -q -m policy && git push -q ../bare.git HEAD:main &&
	git -C ../bare.git vault prune -n 2>err >out &&
	test_grep "rules of .gitvault.yaml" err &&
	(cd .git && git vault prune -n 2>../err >../out) &&
	test_grep "rules of .gitvault.yaml" err &&
	git sparse-checkout set --no-cone file && test_path_is_missing .gitvault.yaml &&
	git vault prune -n 2>err >out &&
	test_grep "rules of .gitvault.yaml" err &&
	git sparse-checkout disable && test_cmp ../kept .gitvault.yaml &&
	rm .gitvault.yaml && git vault prune -n 2>err >out &&
	test_grep "rules of .gitvault.yaml" err &&
	git rm -q --cached .gitvault.yaml && git commit -q -m none &&
	git vault prune -n 2>err >out && test_grep "rules of the default" err
'

test_expect_success 'one of HEAD that cannot be read stops what goes by it' '
	policy <../kept && git add .gitvault.yaml && git commit -q -m again &&
	object=.git/objects/$(git rev-parse HEAD:.gitvault.yaml | sed "s,..,&/,") &&
	rm .gitvault.yaml && mv $object ../object &&
	test_expect_code 128 git vault prune -n 2>err >out &&
	test_grep "the working tree has no policy, and that of HEAD cannot be read" err &&
	mv ../object $object && git reset -q --hard HEAD^
'

# taken TIME: a snapshot with new content at that time; what it says is in ../err.
taken () {
	now_is "2026-03-05 $1" && echo "at $1" >work && git vault snapshot >../id 2>../err
}

# auto DIR <POLICY: a repository with that policy committed, in which it goes on.
auto () {
	test_create_repo "$1" && cd "$1" && policy && git add .gitvault.yaml &&
		git commit -q -m policy
}

test_expect_success 'by itself, after a snapshot, once an hour' '
	(
		auto auto <<-\END &&
		retention:
		  keep-last: 1
		  auto: true
		END
		taken 10:00 && taken 10:10 && taken 10:59 &&
		test_grep ! dropped ../err && listed >../actual &&
		test_line_count -eq 3 ../actual && taken 11:00 &&
		test_grep "pruned 3 snapshots by the policy; for details: git vault audit list --kind prune" ../err &&
		git vault audit list --kind prune >../out &&
		test_line_count -eq 2 ../out &&
		listed >../actual && test_cmp ../id ../actual
	)
'

test_expect_success 'a clock set back does not stop it for good' '
	(
		cd auto && now_is "2026-03-04 10:00" &&
		git vault snapshot --force >../id 2>../err &&
		cat .git/vault/pruned >../actual
	) && echo 20260304T100000Z >expect && test_cmp expect actual
'

# four SECTION: in a repository with that policy four snapshots, an hour between.
four () {
	auto "$1" && taken 01:00 && taken 02:00 && taken 03:00 && taken 04:00 &&
		listed >../four && test_line_count -eq 4 ../four
}

# all_stay: a snapshot is taken, hours later, and all four are there still.
all_stay () {
	taken 09:00 && test_grep ! "dropped\|warning: [^.]" ../err &&
		{ cat ../id ../four; } >../expect && listed >../actual &&
		test_cmp ../expect ../actual
}

test_expect_success 'an old policy that a restore brings back drops nothing newer' '
	(
		auto back <<-\END &&
		retention: {keep-last: 1, auto: true}
		END
		taken 00:10 && old=$(cat ../id) && git vault -q pin $old &&
		echo "retention: {keep-last: 9, auto: true}" | policy &&
		git commit -q -a -m more && taken 01:00 && taken 02:00 &&
		taken 03:00 && git vault -q restore $old --in-place &&
		grep "keep-last: 1" .gitvault.yaml &&
		listed >../four && test_line_count -eq 5 ../four && all_stay
	)
'

test_expect_success 'nor does that of an old commit' '
	(
		auto commit <<-\END &&
		retention: {keep-last: 1, auto: true}
		END
		echo "retention: {keep-last: 9, auto: true}" | policy &&
		git commit -q -a -m more && taken 01:00 && taken 02:00 &&
		taken 03:00 && listed >../four && git checkout -q HEAD^ &&
		all_stay && git vault prune -n --json >../json &&
		test_grep "\"dropped\":0" ../json && accept_policy &&
		git vault prune -n --json >../json &&
		test_grep "\"dropped\":2" ../json
	)
'

test_expect_success 'nor that of a branch of somebody else' '
	(
		four branch <<-\END &&
		retention: {keep-last: 9, auto: true}
		END
		git checkout -q -b theirs && policy <<-\END &&
		retention: {keep-last: 1, group-by: "", auto: true}
		END
		git commit -q -a -m theirs && all_stay
	)
'

test_expect_success 'what has none goes by the default, what is damaged stays' '
	(
		four none <<-\END &&
		retention: {keep-last: 9, auto: true}
		END
		echo "retention: {kep-last: 1}" | policy && now_is "2026-03-05 05:00" &&
		git vault snapshot -q --no-scan >../bad 2>../err &&
		git rm -q -f .gitvault.yaml && git commit -q -m none &&
		taken 05:10 && cp ../id ../gone && taken 05:20 && cp ../id ../hourly &&
		policy <<-\END &&
		retention: {keep-last: 1, auto: true}
		END
		accept_policy &&
		taken 09:00 && test_grep "pruned 1 snapshot by" ../err &&
		{ cat ../id ../hourly ../bad ../four; } >../expect &&
		listed >../actual && test_cmp ../expect ../actual
	)
'

test_expect_success 'what it cannot do is a warning, the snapshot stands' '
	policy <<-\END &&
	retention: {kep-last: 1}
	END
	test_expect_code 128 git vault snapshot --force 2>err &&
	test_grep "gitvault.yaml:1: .*kep-last" err &&
	git vault snapshot --force --no-scan >id 2>err &&
	test_grep "warning: the snapshot was taken, but old ones were not pruned: .gitvault.yaml:1" err &&
	git vault show $(cat id) >out
'

test_expect_success 'a dry run prunes nothing' '
	policy <<-\END &&
	retention: {keep-last: 1, auto: true}
	END
	rm -f .git/vault/pruned && echo new >file &&
	listed >expect && git vault snapshot -n >out 2>err &&
	listed >actual && test_cmp expect actual &&
	test_path_is_missing .git/vault/pruned
'

# replaced FOR: what was not committed, by the safety snapshot of a restore; the
# snapshot of 08:00 is restored. FOR goes between them.
replaced () {
	rm -rf safety && test_create_repo safety && cd safety &&
		test_commit base && policy <<-\END &&
		retention: {keep-last: 1, auto: true}
		END
		echo old >work &&
		now_is "2026-06-01 08:00" && old=$(git vault snapshot -q) &&
		git vault -q pin $old && echo never committed >work &&
		now_is "2026-06-01 10:05" &&
		"$@" && git vault restore $old --in-place --json >../json &&
		safe=$(sed -n "s/.*\"safety\": *\"\([^\"]*\).*/\1/p" ../json) &&
		now_is "2026-06-01 11:20" && echo new >work &&
		git vault snapshot -q >../id
}

test_expect_success 'what a restore has replaced stays for two weeks' '
	(
		replaced : && git vault cat $safe work >../actual &&
		reasons $safe >../why && now_is "2026-06-16 10:20" &&
		echo newer >work && git vault snapshot -q >../id &&
		test_must_fail git vault show $safe
	) && echo never committed >expect && test_cmp expect actual &&
	echo "safety snapshot, for two weeks" >expect && test_cmp expect why
'

test_expect_success 'so does what a snapshot had just before' '
	(
		replaced git vault snapshot -q && git vault cat $safe work
	) >out && tail -n 1 out >actual && echo never committed >expect &&
	test_cmp expect actual
'

test_done
