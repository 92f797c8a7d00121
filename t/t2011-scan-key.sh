#!/bin/sh

test_description='git vault scan: where in a structure a value stands, and in what'
. "$(dirname "$0")/test-lib.sh"

# What is printed goes there, so that no scan sees it.
T=$TMPDIR
value=CanaryZk3fj29sLq0x
token=ghp_$(printf x | sha256sum | cut -c1-36)

test_expect_success 'set up' '
	cat >app.yaml <<-END &&
	spec:
	  containers:
	  - name: a
	    env:
	    - name: DB_PASSWORD
	      value: $value
	END
	printf "[db]\nuser = me\npassword = $value\n" >db.ini &&
	printf "{\"note\": \"%s\"}\n" "$(printf "use $token now" | base64 -w0)" \
		>coded.json &&
	printf "{\"a\": {\"$token\": {\"password\": \"$value\"}}}\n" >found.json &&
	printf "{\"x\\033]0;\\377\\001<&>\": {\"password\": \"$value\"}}\n" \
		>odd.json && git add . && test_tick && git commit -q -m first
'

test_expect_success 'text: the key, and the name where it says something else' '
	test_expect_code 1 git vault scan >$T/out &&
	test_grep "^app.yaml:6:14: .*: spec.containers\[0\].env\[0\].value (DB_PASSWORD) = …" \
		$T/out &&
	test_grep "^db.ini:3:12: .*: db.password = …" $T/out &&
	test_grep "^coded.json:1:11: .*: note = .* bytes), in base64$" $T/out
'

test_expect_success JQ 'JSON: key and encodings' '
	test_expect_code 1 git vault scan --json >$T/json 2>$T/err &&
	cat >$T/expect <<-\END &&
	["app.yaml","DB_PASSWORD","spec.containers[0].env[0].value",[]]
	["coded.json",null,"note",["base64"]]
	["db.ini","password","db.password",[]]
	END
	jq -c ".findings[] | select(.path | test(\"^[acd]\")) |
		[.path, .name, .key, .encodings]" $T/json >$T/actual &&
	test_cmp $T/expect $T/actual
'

test_expect_success JQ 'CSV and SARIF have them, too' '
	test_expect_code 1 git vault scan --format csv coded.json >$T/csv &&
	test_grep "^path,.*,fingerprint,key,encodings" $T/csv &&
	test_grep ",\"note\",\"base64\"" $T/csv &&
	test_expect_code 1 git vault scan --format sarif >$T/sarif &&
	jq -e ".runs[0].results | map(select(.properties)) | length == 1 and
		.[0].properties.encodings == [\"base64\"] and
		.[0].locations[0].logicalLocations ==
			[{\"fullyQualifiedName\": \"note\"}]" $T/sarif
'

test_expect_success 'messages of JUnit and GitLab say it, and --explain does' '
	test_expect_code 1 git vault scan --format junit >$T/out &&
	test_grep "in spec.containers\[0\].env\[0\].value (DB_PASSWORD): " $T/out &&
	test_expect_code 1 git vault scan --format gitlab >$T/out &&
	test_grep "in db.password: " $T/out && test_grep "in base64, " $T/out &&
	name=$(test_might_fail git vault scan -v coded.json |
		sed -n "s/.*fingerprint //p") &&
	git vault scan --explain $name coded.json >$T/out &&
	test_grep "^Key: note$" $T/out && test_grep "^Written as base64$" $T/out
'

test_expect_success 'text says what an encoding is' '
	printf "x = \"postgres://app:\" +\n  \"%s\" + \"@db/x\"\n" $value \
		>joined.py && test_when_finished "rm joined.py" &&
	test_expect_code 1 git vault scan joined.py >$T/out &&
	test_grep "), in strings or lines that are joined$" $T/out
'

test_expect_success 'a key holds nothing that was found' '
	for format in text json csv sarif junit gitlab
	do
		test_expect_code 1 git vault scan -v --grade example \
			--format $format >$T/out 2>&1 &&
		test_grep found.json $T/out && test_grep ! "$token" $T/out &&
		test_grep ! Canary $T/out || return 1
	done && test_expect_code 1 git vault scan found.json >$T/out &&
	test_grep ": a.*password = " $T/out
'

test_lazy_prereq XML 'python3 -c "import xml.etree.ElementTree"'
test_expect_success JQ,XML 'odd characters of a key reach no terminal and no XML' '
	for format in text json csv sarif junit gitlab
	do
		test_expect_code 1 git vault scan --format $format odd.json \
			>$T/$format 2>&1 &&
		! LC_ALL=C grep -q "$(printf "[\001\033\377]")" $T/$format ||
			return 1
	done && test_grep "password = " $T/text &&
	test_expect_code 1 git vault scan --json odd.json >$T/json 2>$T/err &&
	jq -e ".findings[0].key | test(\"password\$\")" $T/json &&
	test_expect_code 1 git vault scan --format junit odd.json >$T/junit &&
	python3 -c "import sys, xml.etree.ElementTree as t; t.parse(sys.argv[1])" \
		$T/junit
'

test_expect_success JQ 'what is remembered of history tells the same' '
	test_expect_code 1 git vault scan --all-history --json >$T/one &&
	test_expect_code 1 git vault scan --all-history --json 2>$T/err >$T/two &&
	test_grep "scanned no files" $T/err &&
	for file in one two
	do
		jq -S "[.findings[] | [.path, .line, .key, .encodings]]" \
			$T/$file >$T/$file.keys || return 1
	done && test_cmp $T/one.keys $T/two.keys &&
	test_grep "spec.containers" $T/two.keys && test_grep base64 $T/two.keys &&
	test_grep ! "$(printf Canary | od -An -tx1 | tr -d " \n")" \
		.git/vault/scanned
'

test_expect_success JQ 'deep in a large file no key is made up' '
	{
		echo "top:" && yes "  filler: nothing of note" | head -c 6000000 &&
		printf "\n  last:\n    password: $value\n"
	} >large.yaml && test_expect_code 1 git vault scan --json large.yaml \
		>$T/json && jq -e ".findings | length == 1 and
			.[0].key == null and .[0].name == \"password\"" $T/json
'

test_done
