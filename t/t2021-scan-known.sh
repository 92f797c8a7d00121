#!/bin/sh

test_description='git vault scan --all-history: what is known is not scanned again'
. "$(dirname "$0")/test-lib.sh"

# What is printed goes there, so that no scan sees it.
T=$TMPDIR
known=.git/vault/scanned
facts=.git/vault/facts

commit () {
	git add -A && test_tick && git commit -q -m "$1"
}

# secret N: a value that is random to look at
secret () {
	printf "%s" "$1" | sha256sum | cut -c1-18
}

# history FILE [OPTION…]: what a scan of all history prints
history () {
	out=$1 && shift &&
	test_might_fail git vault scan --all-history -v "$@" >"$out" 2>$T/err
}

# as_if_new: the same is found by a scan that knows nothing, and by those that
# know only one of both
as_if_new () {
	history $T/with && mv $known $T/known && rm $facts &&
	history $T/without && test_cmp $T/without $T/with &&
	test_path_is_file $known && test_path_is_file $facts &&
	history $T/again && test_cmp $T/without $T/again &&
	rm $known && history $T/again && test_cmp $T/without $T/again &&
	rm $facts && history $T/again && test_cmp $T/without $T/again
}

test_expect_success 'nothing new: nothing is scanned, the same is told' '
	echo "password: $(secret 1)" >a.yaml && commit first &&
	printf "x: 1\ntoken: ghp_$(secret a)$(secret b)\n" >b.yaml &&
	echo "api_key: \"$(secret 3)\" # gitvault:allow generic-secret test" \
		>c.yaml && commit second && rm a.yaml && commit third &&
	history $T/one && test_grep "scanned 3 files" $T/err &&
	test_line_count = 4 $T/one && test_path_is_file $known &&
	history $T/two && test_grep "scanned no files.*1 allowed" $T/err &&
	test_cmp $T/one $T/two && as_if_new
'

test_expect_success JQ 'JSON is the same, too' '
	test_might_fail git vault scan --all-history --json >$T/with &&
	rm $known && test_might_fail git vault scan --all-history --json \
		>$T/without &&
	for file in with without
	do
		jq -S "del(.files, .bytes)" $T/$file >$T/$file.json || return 1
	done && test_cmp $T/without.json $T/with.json
'

test_expect_success 'only what is new is scanned' '
	echo "password: $(secret 4)" >d.yaml && commit fourth &&
	history $T/one && test_grep "scanned 1 file " $T/err &&
	test_grep "^d.yaml" $T/one && as_if_new
'

test_expect_success 'what is known may go, come back and move' '
	git mv d.yaml e.yaml && rm b.yaml && commit fifth && as_if_new &&
	test_grep "^b.yaml.*gone in" $T/with &&
	git checkout -q HEAD~1 -- b.yaml && commit sixth && as_if_new &&
	test_grep ! "^b.yaml.*gone in" $T/with
'

test_expect_success 'random histories: as if nothing were known, at each step' '
	for i in 1 2 3 4 5 6 7 8 9 10
	do
		echo "password: $(secret $((i % 4)))" >r$((i % 3)).yaml &&
		case $i in
		3|8) rm -f r1.yaml ;;
		4) git checkout -q -f -b side$i HEAD~2 &&
			git checkout -q -f main ;;
		5) git mv e.yaml f$i.yaml ;;
		6) git checkout -q -f -b old HEAD~1 && echo x >x && commit x &&
			git checkout -q -f main && git merge -q --no-edit old ;;
		esac &&
		echo $i >count && commit $i && as_if_new || return 1
	done
'

test_expect_success 'what no ref reaches any more is not told' '
	git checkout -q -b gone && echo "password: $(secret gone)" >gone.yaml &&
	commit gone && as_if_new && test_grep "^gone.yaml" $T/with &&
	git checkout -q main && git branch -q -D gone &&
	as_if_new && test_grep ! "^gone.yaml" $T/with &&
	echo "password: $(secret amend)" >amend.yaml && commit amend && as_if_new &&
	rm amend.yaml && echo y >y && git add -A && git commit -q --amend -m amended &&
	git gc -q --prune=now && as_if_new && test_grep ! "^amend.yaml" $T/with
'

test_expect_success 'a file that is damaged, or none, costs time only' '
	history $T/one && size=$(wc -c <$known) && cp $known $T/good &&
	for at in 0 5 25 70 120 $((size / 2)) $((size - 5)) $((size - 1))
	do
		cp $T/good $known &&
		printf "\377" | dd of=$known bs=1 seek=$at conv=notrunc \
			2>/dev/null &&
		history $T/two && test_cmp $T/one $T/two || return 1
	done &&
	for bytes in 0 1 30 $((size / 2)) $((size - 1))
	do
		head -c $bytes $T/good >$known && history $T/two &&
		test_cmp $T/one $T/two && test_cmp_bin $T/good $known || return 1
	done &&
	rm $known && mkdir $known && history $T/two &&
	test_cmp $T/one $T/two && rmdir $known
'

test_expect_success 'other rules: all is scanned again' '
	history $T/one && printf "scan:\n  disable: [github-pat]\n" \
		>.gitvault.yaml && history $T/two &&
	test_grep ! "scanned no files" $T/err &&
	test_grep "^b.yaml.*github-pat" $T/one &&
	test_grep ! "github-pat" $T/two && history $T/two &&
	test_grep "scanned no files" $T/err && rm .gitvault.yaml
'

test_expect_success 'allowances, severities and baselines are those of now' '
	history $T/one && history $T/one &&
	printf "scan:\n  severity: {github-pat: low}\n  allow:\n" \
		>.gitvault.yaml &&
	printf "  - {path: \"*.yaml\", rule: generic-secret, reason: r}\n" \
		>>.gitvault.yaml &&
	test_expect_code 1 git vault scan --all-history --json >$T/json 2>$T/err &&
	test_grep "scanned no files" $T/err &&
	test_grep "\"severity\":\"low\"" $T/json &&
	history $T/two && test_grep ! generic-secret $T/two && rm .gitvault.yaml &&
	git vault scan --all-history --write-baseline $T/base &&
	git vault scan --all-history --baseline $T/base
'

test_expect_success 'a finding that is known is explained' '
	history $T/one && name=$(sed -n "s/.*fingerprint //p" $T/one | head -1) &&
	git vault scan --all-history --explain $name >$T/out &&
	test_grep "$name" $T/out
'

test_expect_success 'a history without secrets is known, too' '
	git init -q clean && (
		cd clean && echo x >x && commit one && git vault scan --all-history &&
		git vault scan --all-history 2>$T/err &&
		test_grep "scanned no files" $T/err &&
		echo "password: $(secret 9)" >y.yaml && commit two &&
		test_expect_code 1 git vault scan --all-history 2>$T/err &&
		test_grep "scanned 1 file " $T/err
	) && rm -rf clean
'

test_expect_success 'what a snapshot has seen is not scanned again' '
	git init -q seen && (
		cd seen && echo "password: $(secret s)" >s.yaml && echo x >x &&
		test_expect_code 1 git vault scan && git vault -q snapshot &&
		git add . && commit seen && echo "password: $(secret u)" >u.yaml &&
		git add . && commit unseen && history $T/one &&
		test_grep "scanned 1 file " $T/err && test_line_count = 4 $T/one &&
		rm $facts $known && history $T/two &&
		test_grep "scanned 3 files" $T/err && test_cmp $T/two $T/one &&
		echo "password: $(secret n)" >n.yaml && git add . && commit new &&
		history $T/one && git vault -q snapshot &&
		test_grep -a generic-secret $facts
	) && rm -rf seen
'

test_expect_success 'facts are of a path, a key and rules' '
	git init -q kind && (
		cd kind && mkdir example && echo "password: $(secret k)" >k.yaml &&
		test_expect_code 1 git vault scan && git vault -q snapshot &&
		mv k.yaml example/k.yaml && git add . && commit one &&
		history $T/one --grade example &&
		test_grep "scanned 1 file " $T/err &&
		test_grep "^example/k.yaml.* possible: " $T/one &&
		git mv example/k.yaml k.yaml && commit two && rm $known &&
		git update-ref -d refs/vault/keyring &&
		rm -f .git/vault/keyring .git/vault/idkey &&
		history $T/two &&
		test_grep ! "scanned no files" $T/err
	) && rm -rf kind
'

test_expect_success 'no value is in it' '
	echo "password: Canary$(secret c)" >c.yaml && commit canary &&
	history $T/one && test_grep "^c.yaml" $T/one && test_grep ! Canary $known &&
	test_grep ! "$(printf Canary | od -An -tx1 | tr -d " \n")" $known &&
	test_grep -a generic-secret $facts && test_grep ! -a Canary $facts
'

test_done
