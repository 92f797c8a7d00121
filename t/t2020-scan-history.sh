#!/bin/sh

test_description='git vault scan of history: ranges of commits, and all of it'
. "$(dirname "$0")/test-lib.sh"

# What is printed goes there, so that no scan sees it.
T=$TMPDIR
value=Zk3fj29sLq0x
other=pQ8vT2mX7c5w

# commit MESSAGE: all that there is
commit () {
	git add -A && test_tick && git commit -q -m "$1" && git rev-parse HEAD
}

# found [OPTION…]: "PATH:LINE COMMIT [COMMIT]" of each finding
found () {
	test_might_fail git vault scan "$@" >$T/found 2>$T/err &&
	sed "s/^\(.*:[0-9]*\):[0-9]*: .* bytes) in \([0-9a-f]*\)/\1 \2/
		s/, gone in / /" $T/found
}

short () {
	echo "$1" | cut -c1-10
}

test_expect_success 'set up: one secret comes and goes, one moves, one stays' '
	echo "region: eu" >a.yaml && echo "password: $other" >moves.yaml &&
	first=$(commit first) &&
	printf "region: eu\npassword: $value\n" >a.yaml && second=$(commit second) &&
	echo "region: us" >a.yaml && git mv moves.yaml moved.yaml &&
	third=$(commit third)
'

test_expect_success 'all of it: what was removed is found, and since when' '
	test_write_lines "a.yaml:2 $(short $second) $(short $third)" \
		"moves.yaml:1 $(short $first) $(short $third), and in 1 more place" \
		>$T/expect &&
	found --all-history >$T/actual && test_cmp $T/expect $T/actual &&
	test_expect_code 1 git vault scan --all-history
'

test_expect_success JQ 'JSON has all places of a version' '
	test_expect_code 1 git vault scan --all-history --json >$T/json &&
	jq -e --arg first $first --arg third $third \
		".findings[1].places == [
		{path: \"moves.yaml\", introduced: \$first, removed: \$third},
		{path: \"moved.yaml\", introduced: \$third, removed: null}]" $T/json
'

test_expect_success 'a range: only what its commits have brought' '
	test_write_lines "a.yaml:2 $(short $second)" >$T/expect &&
	found --range $first..$second >$T/actual &&
	test_cmp $T/expect $T/actual &&
	git vault scan --range HEAD..HEAD 2>$T/err &&
	test_grep "scanned no files" $T/err
'

test_expect_success 'old secrets of a file that it touches are found' '
	echo "# more" >>moved.yaml && fourth=$(commit fourth) &&
	test_write_lines "moved.yaml:1 $(short $fourth)" >$T/expect &&
	found --range $third.. >$T/actual && test_cmp $T/expect $T/actual
'

test_expect_success 'what comes back is not gone' '
	printf "region: eu\npassword: $value\n" >a.yaml && commit back &&
	found --all-history >$T/actual &&
	test_grep "^a.yaml:2 $(short $second)\$" $T/actual &&
	echo "region: us" >a.yaml && commit again
'

test_expect_success 'a merge brings only what none of its parents has' '
	git checkout -q -b side $first && echo "x: 1" >c.yaml && commit side &&
	git merge -q --no-edit main && tip=$(git rev-parse HEAD) &&
	git vault scan --range main..side 2>$T/err &&
	test_grep "scanned 1 file " $T/err &&
	git checkout -q -b evil main && echo "x: 2" >c.yaml && commit evil &&
	test_must_fail git merge -q side && echo "password: $other" >c.yaml &&
	merge=$(commit merged) &&
	test_write_lines "c.yaml:1 $(short $merge)" >$T/expect &&
	found --range side..evil >$T/actual && test_cmp $T/expect $T/actual
'

test_expect_success 'other branches, tags and stashes are history' '
	git checkout -q main && echo "password: stash$value" >a.yaml &&
	git stash -q && git checkout -q --orphan lone &&
	git rm -q -r -f . && echo "password: lone$value" >lone.yaml &&
	lone=$(commit lone) && git checkout -q main && git tag lone $lone &&
	git branch -q -D lone && found --all-history >$T/actual &&
	test_grep "^a.yaml:1 " $T/actual &&
	test_grep "^lone.yaml:1 $(short $lone)" $T/actual && git stash drop -q
'

test_expect_success 'snapshots are not: they hold what git ignores' '
	echo "DB_PASSWORD=env$value" >.env && echo .env >.gitignore &&
	git vault snapshot && found --all-history >$T/actual &&
	test_grep ! env: $T/actual && test_grep ! "^.env" $T/actual
'

test_expect_success 'odd names, links, submodules and binary files' '
	name="$(printf "new\nline.yaml")" && echo "password: odd$value" >"$name" &&
	ln -s a.yaml link && printf "\000\001\002" >blob &&
	git init -q $T/other && test_commit -C $T/other inner &&
	git -c protocol.file.allow=always submodule --quiet \
		add $T/other sub 2>$T/err &&
	odd=$(commit odd) &&
	test_expect_code 1 git vault scan --range HEAD~1.. >$T/actual &&
	test_grep "^\"new.nline.yaml\":1:11: likely" $T/actual &&
	test_line_count = 1 $T/actual
'

test_expect_success 'allowances hold there too' '
	printf "scan:\n  allow:\n  - {path: \"**\", reason: all}\n" \
		>.gitvault.yaml && accept_policy && git vault scan --all-history 2>$T/err &&
	test_grep "no findings; [0-9]* allowed" $T/err && rm .gitvault.yaml
'

test_expect_success 'a version counts where it weighs most, not where it was first' '
	mkdir -p docs live && echo "key: AKIA$(printf x | sha256sum |
		tr a-f0-9 A-P | cut -c1-16)" >docs/a.md && commit doc &&
	git mv docs/a.md live/a.yaml && moved=$(commit live) &&
	found --range HEAD~2.. --grade possible >$T/actual &&
	test_grep "^live/a.yaml:1 $(short $moved), and in 1 more place" $T/actual &&
	test_line_count = 1 $T/actual &&
	test_expect_code 1 git vault scan --range HEAD~2.. &&
	echo "password: lib$value" >vendored.yaml && commit vendored &&
	git mv vendored.yaml own.yaml && commit own &&
	printf "scan:\n  allow:\n  - {path: vendored.yaml, reason: theirs}\n" \
		>.gitvault.yaml && accept_policy &&
	test_expect_code 1 git vault scan --range HEAD~2.. &&
	found --all-history >$T/actual && test_grep "^own.yaml:1 " $T/actual &&
	found --all-history >$T/again && test_cmp $T/actual $T/again &&
	rm .gitvault.yaml
'

test_expect_success 'what is no range, and where there is none' '
	test_expect_code 128 git vault scan --range none..HEAD 2>$T/err &&
	test_grep "cannot be listed: .*none..HEAD" $T/err &&
	test_expect_code 128 git vault scan --range --all 2>$T/err &&
	test_expect_code 129 git vault scan --range HEAD --staged &&
	test_expect_code 129 git vault scan --all-history a.yaml &&
	test_expect_code 129 nongit git vault scan --all-history &&
	git init -q young && git -C young vault scan --all-history && rm -rf young
'

test_expect_success 'a bare repository has history, too' '
	git clone -q --bare . $T/bare.git &&
	test_expect_code 1 git -C $T/bare.git vault scan --all-history >$T/out &&
	test_grep "^lone.yaml:1" $T/out
'

# A commit each, of forty files: as git fast-import takes it.
long_history () {
	awk 'BEGIN {
		for (n = 1; n <= 2500; n++) {
			print "commit refs/heads/main"
			print "committer C <c@example.com>", 1700000000 + n, "+0000"
			print "data 2\nc"
			if (n % 7 == 0) {
				print "D f" n % 40 ".yaml"
				continue
			}
			print "M 100644 inline f" n % 40 ".yaml"
			text = "password: k3fj29s" n "Lq0x"
			printf "data %d\n%s\n", length(text), text
		}
	}'
}

# Of each version the path, what has brought it, and what took it out.
versions () {
	git log --reverse --format=%H --name-status | awk -v OFS='\t' '
		NF == 1 { commit = $1 }
		NF == 2 {
			if ($2 in at)
				print $2, at[$2], commit
			at[$2] = commit
			if ($1 == "D")
				delete at[$2]
		}
		END {
			for (path in at)
				print path, at[path], ""
		}' | sort
}

# Several gits compare parts of so long a one at a time.
test_expect_success JQ 'a long history: where each version came, and went' '
	git init -q long && long_history | git -C long fast-import --quiet &&
	(
		cd long && versions >$T/expect &&
		test_line_count -gt 2000 $T/expect &&
		test_expect_code 1 git vault scan --all-history --json >$T/json &&
		jq -r ".findings[].places[] |
			[.path, .introduced, .removed] | @tsv" $T/json |
			sort >$T/actual && test_cmp $T/expect $T/actual
	)
'

test_done
