#!/bin/sh

test_description='git vault scan of a repository as teams have them

Secrets in more than 25 formats of files, of three environments; beside each of
them stands what only looks like one.'
. "$(dirname "$0")/test-lib.sh"

. "$TEST_DIRECTORY/lib-estate.sh"

test_expect_success 'set up: 28 files of each of three environments' '
	: >$T/told && of dev && of staging && of prod && git add -f . &&
	test_tick && git commit -q -m first &&
	test_line_count = 84 $T/told
'

test_expect_success JQ 'each is found in its place, with its environment, and nothing else' '
	LC_ALL=C sort $T/told | cut -f1-3 >$T/expect &&
	test_expect_code 1 git vault scan --json >$T/json 2>$T/err &&
	jq -r ".findings[] | select(.grade == \"likely\") |
		[.path, (.line | tostring), .environment] | join(\"\t\")" \
		$T/json | LC_ALL=C sort >$T/actual &&
	test_cmp $T/expect $T/actual &&
	jq -e ".findings | length == 84 and all(.reasons | length > 0)" $T/json
'

test_expect_success JQ 'with the key that it stands under' '
	awk -F"\t" "\$4" $T/told | cut -f1,2,4 | LC_ALL=C sort >$T/expect &&
	jq -r ".findings[] | [.path, (.line | tostring), .key] |
		join(\"\t\")" $T/json | LC_ALL=C sort >$T/all &&
	cut -f1,2 $T/expect >$T/places && grep -F -f $T/places $T/all >$T/actual &&
	test_cmp $T/expect $T/actual
'

test_expect_success 'a line for people says a name once' '
	test_expect_code 1 git vault scan live/prod >$T/out &&
	test_line_count = 28 $T/out &&
	test_grep "properties:2:28: .*: \"spring.datasource.password\" = … " $T/out &&
	test_grep "main.tf:3:.*: variable.db_password.default (db_password) = " $T/out
'

test_expect_success JQ 'five of them are explained' '
	jq -r ".findings[range(0; 84; 17)].fingerprint" $T/json >$T/prints &&
	test_line_count = 5 $T/prints &&
	while read -r print
	do
		git vault scan --explain "$print" >$T/out || return 1
		test_grep ":[0-9]*:[0-9]*: likely: " $T/out &&
		test_grep "^What to do: " $T/out &&
		sed -n "/^Grade: likely/,/^Fingerprint/p" $T/out >$T/why &&
		test_line_count -ge 3 $T/why &&
		test_grep "^Fingerprint: *$print" $T/out || return 1
	done <$T/prints
'

test_done
