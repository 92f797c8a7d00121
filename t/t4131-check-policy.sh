#!/bin/sh

test_description='what a team allows check, and asks of it'
. "$(dirname "$0")/test-lib.sh"

# check STATUS DIR ARG…
check () {
	status_=$1 dir_=$2 && shift 2 &&
	test_expect_code "$status_" git -C "$dir_" vault check "$@" >out 2>err || {
		cat out err
		return 1
	}
}

# push TEXT: the team's policy is this from now on
push () {
	printf '%b' "$1" >team/.gitvault.yaml && git -C team add -A &&
	git -C team commit -q -m policy && git -C bob pull -q
}

test_expect_success 'set up: a team, and a clone of its repository' '
	git init -q team && mkdir -p team/live/prod team/k8s &&
	printf "locals {\n  a = file(\"gone\")\n}\n" >team/live/prod/main.tf &&
	printf "FROM nginx:1.2\n" >team/k8s/Dockerfile &&
	git -C team add -A && git -C team commit -q -m one &&
	git clone -q team bob && check 1 bob && test_line_count -eq 1 out
'

test_expect_success 'what a pull loosens does not count before it is accepted' '
	push "check:\n  rules: {ref: \"off\"}\n" && check 0 team &&
	check 1 bob && test_grep "check.rules is not accepted" err &&
	test_grep "ref/missing-file" out &&
	push "check:\n  ignore:\n  - {path: live/**, reason: later}\n" &&
	check 0 team && test_grep "1 allowed" err &&
	check 1 bob && test_grep "check.ignore is not accepted" err &&
	git -C bob vault policy accept 2>err && check 0 bob &&
	git -C bob vault check --json >out &&
	test_grep "\"allowed_by\":\"policy\",\"reason\":\"later\"" out
'

test_expect_success 'what a pull tightens counts at once' '
	push "check:\n  allowed: {images: [alpine]}\n  rules: {image: error}\n" &&
	check 1 bob && test_grep "^error: k8s/Dockerfile:1: .nginx. is not among" out
'

test_expect_success 'each line of a baseline has to be accepted' '
	push "check:\n  baseline: ci/known\n" && check 1 team &&
	test_grep "names does not exist; to write it: git vault check --write-baseline ci/known" err &&
	mkdir team/ci && (cd team && git vault check --write-baseline ci/known) &&
	check 0 team && test_grep "1 allowed" err &&
	push "check:\n  baseline: ci/known\n" && check 1 bob &&
	test_grep "1 line of the baseline is not accepted and does not count" err &&
	git -C bob vault policy accept && check 0 bob && test_grep "1 allowed" err &&
	echo "locals { b = file(\"other\") }" >team/live/prod/b.tf &&
	(cd team && git vault check --write-baseline ci/known) &&
	push "check:\n  baseline: ci/known\n" && check 1 bob &&
	test_grep "live/prod/other" out && test_line_count -eq 1 out &&
	test_expect_code 1 git -C bob vault policy diff >out 2>err &&
	test_grep "^check.baseline .*does not count until it is accepted" out &&
	test_grep "+ ref/missing-file live/prod/other" out &&
	git -C bob vault policy accept && check 0 bob
'

test_expect_success 'a rule that nobody knows is named, and nothing fails' '
	push "check:\n  rules: {tf/unset-var: note, sf: error}\n" && check 1 team &&
	test_grep ".gitvault.yaml:2: unknown rule .sf.; to list the rules" err &&
	push "check:\n  rules: {tf: fatal}\n" && check 128 team &&
	test_grep "tf must be error, warning, note or off" err
'

test_expect_success 'files and keys that the policy requires are looked for' '
	mkdir team/charts && echo "image: {tag: x}" >team/charts/values.yaml &&
	push "check:\n  rules: {ref: \"off\"}\n  required:\n  - {path: live/*, files: README.md}\n  - {path: charts/*.yaml, keys: [image.tag, image.repo]}\n" &&
	check 1 team && test_line_count -eq 2 out &&
	test_grep "charts/values.yaml: the policy requires the key .image.repo." out &&
	test_grep "the policy requires the file .live/prod/README.md." out &&
	git clone -q --bare team bare && check 1 bare && test_grep "image.repo" out
'

test_expect_success 'a keyring takes a baseline with the policy' '
	git init -q own && mkdir own/live own/ci && (cd own &&
		echo "locals { b = file(\"other\") }" >live/b.tf &&
		echo "DB_PASSWORD=c0rrect-h0rse-battery" >.env &&
		git vault check --write-baseline ci/known &&
		printf "check:\n  baseline: ci/known\n" >.gitvault.yaml && git add -A &&
		git vault key generate && git vault snapshot -q &&
		git cat-file -e refs/vault/keyring:policy.check-baseline &&
		echo "locals { c = file(\"more\") }" >live/c.tf &&
		git vault check --write-baseline ci/known && git vault policy accept) &&
	git -C own cat-file blob refs/vault/keyring:policy.check-baseline >out &&
	test_cmp own/ci/known out && check 0 own && test_grep "2 allowed" err
'

test_done
