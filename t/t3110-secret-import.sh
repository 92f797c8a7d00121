#!/bin/sh

test_description='git vault secret import, export, rotate'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

# events: what the audit chain tells, oldest first
events () {
	git log --reverse --format=%B --glob=refs/vault/audit |
		sed -n 's/^Vault-Event: //p'
}

# nowhere WORD…: no object of the repository holds it in clear
nowhere () {
	git cat-file --batch-all-objects --batch >"$T/objects" 2>/dev/null &&
	for word
	do
		! grep -a -q -e "$word" "$T/objects" || return 1
	done
}

test_expect_success 'lines of an environment are imported' '
	test_commit one &&
	cat >"$T/in.env" <<-\EOF &&
	# a comment
	DB_PASSWORD=hunter2-hunter2

	export API_TOKEN="tok en \"quoted\" \$x"   # with a comment
	PLAIN=it'\''s-joined'\''"and more"
	EMPTY_LINES='\''one
	two'\''
	EOF
	git vault secret import --scope prod --reason "the old file" \
		"$T/in.env" >actual 2>err &&
	test_line_count -eq 4 actual &&
	test_grep "^[0-9a-f]\{8\} DB_PASSWORD$" actual &&
	nowhere hunter2-hunter2 "tok en" "and more"
'

test_expect_success 'they are listed by their names' '
	git vault secret list >actual &&
	test_grep "ok  *prod .*DB_PASSWORD" actual &&
	git vault secret list --scope dev >actual &&
	test_must_be_empty actual
'

test_expect_success 'they come out as they went in' '
	git vault secret export >out 2>err &&
	(
		. ./out &&
		test "$DB_PASSWORD" = hunter2-hunter2 &&
		test "$API_TOKEN" = "tok en \"quoted\" \$x" &&
		test "$PLAIN" = "its-joinedand more" || exit 1
		printf "%s" "$EMPTY_LINES" >lines
	) &&
	printf "one\ntwo" >expect &&
	test_cmp_bin expect lines
'

test_expect_success JQ 'as JSON, also what is no text' '
	printf "{\"BYTES\": {\"base64\": \"AAH/gA==\"}, \"N\": 12.50,
		\"T\": \"a\\\\u0022b\\\\n\"}" |
		git vault secret import --format json --scope dev - >actual &&
	git vault secret export --format json --scope dev >out &&
	jq -c "[.BYTES.base64, .N, .T]" out >actual &&
	cat >expect <<-\EOF &&
	["AAH/gA==","12.50","a\"b\n"]
	EOF
	: &&
	test_cmp expect actual
'

test_expect_success PYTHON 'as a manifest of Kubernetes' '
	git vault secret export --format k8s >out &&
	test_grep "^  name: git-vault-prod$" out &&
	test_grep "^  name: git-vault-dev$" out &&
	test_grep "^  DB_PASSWORD: $(printf hunter2-hunter2 | base64)$" out &&
	test_grep "^  BYTES: AAH/gA==$" out
'

test_expect_success 'a variable cannot hold a zero byte' '
	test_must_fail git vault secret export --scope dev >out 2>err &&
	test_must_be_empty out &&
	test_grep "BYTES has a zero byte" err
'

test_lazy_prereq AGE 'command -v age'

test_expect_success AGE 'as a file of age, which age opens' '
	git vault secret export --format age --scope prod --output bundle &&
	age -d -i "$HOME/.config/git-vault/identity" bundle >out &&
	test_grep "\"DB_PASSWORD\": \"hunter2-hunter2\"" out &&
	test "$(stat -c %a bundle)" = 600 &&
	! grep -a -q hunter2 bundle &&
	test_must_fail git vault secret export --format age \
		--output bundle 2>err &&
	test_grep "bundle is there already" err
'

test_expect_success AGE 'and which is imported again' '
	git vault secret import --format age --scope staging bundle >actual &&
	git vault secret export --scope staging >out &&
	test_grep "^DB_PASSWORD=.hunter2-hunter2.$" out
'

test_expect_success 'each of it is told to the audit chain, and signed' '
	events >actual &&
	test_grep import actual &&
	test_grep export actual &&
	git log --format=%B --glob=refs/vault/audit >log &&
	grep -c ^Vault-Signature: log >signed &&
	grep -c ^Vault-Event: log >all &&
	test_cmp all signed &&
	test_grep "^Vault-Reason: the old file$" log &&
	! grep -q hunter2 log
'

test_expect_success 'where it cannot be told nothing comes out' '
	ref=$(git for-each-ref --format="%(refname)" refs/vault/audit) &&
	tip=$(git rev-parse $ref) &&
	forged=$(git cat-file commit $ref |
		sed "s/^Vault-Event: .*/Vault-Event: nothing/" |
		git hash-object -t commit -w --stdin) &&
	git update-ref $ref $forged &&
	test_must_fail git vault secret export --scope prod >out 2>err &&
	test_must_be_empty out &&
	test_grep "nothing is done" err &&
	test_must_fail git vault secret export --scope prod --output new &&
	test_path_is_missing new &&
	git update-ref $ref $tip
'

test_expect_success 'rotate seals a new value in the place of the old' '
	id=$(git vault secret list | awk "/prod.*DB_PASSWORD/ { print \$1 }") &&
	printf "newer-password-9\n" |
		git vault secret rotate --reason leaked $id >actual &&
	test_grep "^$id is rotated; the new value is [0-9a-f]\{8\}$" actual &&
	new=$(sed -n "s/.*new value is //p" actual) &&
	git vault secret history $new >actual &&
	test_grep "^$id  *rotated .* leaked$" actual &&
	test_grep "^$new " actual &&
	test_line_count -eq 3 actual &&
	git vault secret history $id >again &&
	test_cmp actual again &&
	nowhere newer-password
'

test_expect_success 'from then on the new one is exported by the name' '
	git vault secret export --scope prod >out &&
	test_grep "^DB_PASSWORD=.newer-password-9.$" out &&
	! grep hunter2 out
'

test_expect_success 'a value is not rotated to itself, nor to nothing' '
	printf newer-password-9 >same &&
	test_must_fail git vault secret rotate --value-from same $new 2>err &&
	test_grep "is the old one" err &&
	test_must_fail git vault secret rotate --value-from /dev/null $new &&
	test_must_fail git vault secret rotate --value-from missing $new
'

test_expect_success 'a value is revealed to a file, and to no pipe' '
	test_must_fail git vault secret show --reveal $new >out 2>err &&
	test_must_be_empty out &&
	test_grep "on a terminal only" err &&
	git vault secret show --reveal --output shown $new &&
	printf newer-password-9 >expect &&
	test_cmp_bin expect shown &&
	test "$(stat -c %a shown)" = 600 &&
	events | tail -n 1 >actual &&
	echo reveal >expect &&
	test_cmp expect actual
'

test_expect_success 'somebody else opens nothing' '
	mkdir -p other &&
	git vault secret list >listed &&
	test_expect_code 5 test_env HOME="$PWD/other" XDG_CONFIG_HOME= \
		git vault secret export --scope prod >out 2>err &&
	test_must_be_empty out
'

test_expect_success 'the same value in two scopes is told by --reuse alone' '
	printf "OTHER=newer-password-9\nX=only-here-once\n" |
		git vault secret import --scope dev - &&
	printf "C=only-here-once\n" |
		git vault secret import --scope shared - &&
	git vault secret list >actual &&
	! grep reused actual &&
	git vault secret list --reuse >actual &&
	test_grep "^reused (verified): dev [0-9a-f]* prod $new$" actual &&
	test_grep "^reused (possible): dev [0-9a-f]* shared [0-9a-f]*$" actual &&
	git vault secret list --reuse --scope prod >actual &&
	! grep reused actual
'

test_expect_success JQ 'reuse is an array of JSON' '
	git vault --json secret list --reuse >out &&
	jq -r ".reuse[] | [(.scopes | join(\",\")), (.ids | length), .grade] |
		join(\" \")" out | sort >actual &&
	test_grep "^dev,prod 2 verified$" actual &&
	test_grep "^dev,shared 2 possible$" actual
'

test_expect_success 'what is no environment is refused by its line' '
	printf "A=1\nno sign\n" >bad &&
	test_must_fail git vault secret import --scope prod bad 2>err &&
	test_grep "line 2" err &&
	printf "A=\"open\n" >bad &&
	test_must_fail git vault secret import --scope prod bad 2>err &&
	test_must_fail git vault secret import --format json --scope prod \
		bad 2>err &&
	! grep open err &&
	test_expect_code 129 git vault secret import bad &&
	test_expect_code 129 git vault secret import --scope a/b bad
'

test_done
