#!/bin/sh

test_description='git vault scan: reports for other programs'
. "$(dirname "$0")/test-lib.sh"

# What is printed goes there, so that no scan sees it.
T=$TMPDIR
value=CanaryZk3fj29sLq0x

test_expect_success 'set up: odd paths, an allowance, something possible' '
	mkdir -p "a b" "q\"<&>" && echo "password: $value" >"a b/ä%.yaml" &&
	echo "password: $value" >"q\"<&>/x.yaml" &&
	printf "password: $value\n" >"$(printf "c\001\377.yaml")" &&
	printf "a: 1\npassword: \"$value\" # gitvault:allow generic-secret test\n" \
		>allowed.yaml &&
	echo "token: hagebutte" >weak.yml && git add . && test_tick &&
	git commit -q -m first && head=$(git rev-parse HEAD)
'

test_expect_success JQ 'SARIF: what it must have, and what is allowed is suppressed' '
	test_expect_code 1 git vault scan --format sarif --grade possible \
		>$T/sarif 2>$T/err && test_grep ! Canary $T/sarif &&
	jq -e ".version == \"2.1.0\" and (.runs | length) == 1 and
		(.runs[0].tool.driver | .name == \"git-vault\" and
			(.rules | length) > 800 and
			(.rules | map(.id) | unique | length) == (.rules | length)) and
		(.runs[0].tool.driver.rules | all(.shortDescription.text != \"\")) and
		(.runs[0].results | length) == 5 and
		(.runs[0].results | all(.ruleId == \"generic-secret\" and
			(.message.text | length) > 0 and
			(.partialFingerprints[\"gitVault/v1\"] | length) == 49 and
			(.locations[0].physicalLocation.region |
				.startLine >= 1 and .endLine >= .startLine and
				.byteLength > 0))) and
		([.runs[0].results[] | .level] | sort) ==
			[\"error\", \"error\", \"error\", \"error\", \"warning\"] and
		[.runs[0].results[] | select(.suppressions) |
			.suppressions[0].kind] == [\"inSource\"]" $T/sarif &&
	cat >$T/expect <<-\END &&
	a%20b/%C3%A4%25.yaml
	allowed.yaml
	c%01%FF.yaml
	q%22%3C%26%3E/x.yaml
	weak.yml
	END
	jq -r ".runs[0].results[].locations[0].physicalLocation |
		.artifactLocation.uri" $T/sarif | LC_ALL=C sort >$T/actual &&
	test_cmp $T/expect $T/actual &&
	jq ".runs[0].results[] | select(.suppressions) |
		.locations[0].physicalLocation.region.byteOffset" $T/sarif >$T/at &&
	dd if=allowed.yaml bs=1 skip=$(cat $T/at) count=6 2>/dev/null >$T/bytes &&
	printf Canary >$T/expect && test_cmp $T/expect $T/bytes
'

test_expect_success JQ 'GitLab: what its schema asks for' '
	test_expect_code 1 git vault scan --format gitlab >$T/gitlab 2>$T/err &&
	test_grep ! Canary $T/gitlab &&
	jq -e --arg head $head ".version == \"15.0.7\" and
		(.scan | .type == \"secret_detection\" and .status == \"success\" and
			(.start_time | test(\"^[0-9]{4}(-[0-9]{2}){2}T[0-9:]{8}$\")) and
			(.end_time | test(\"^[0-9]{4}(-[0-9]{2}){2}T[0-9:]{8}$\")) and
			([.analyzer, .scanner] | all(.id and .name and .version and
				.vendor.name))) and
		(.vulnerabilities | length) == 3 and
		(.vulnerabilities | map(.id) | unique | length) == 3 and
		(.vulnerabilities | all(.severity == \"High\" and
			.category == \"secret_detection\" and
			.location.commit.sha == \$head and
			.location.start_line >= 1 and .location.file != \"\" and
			(.identifiers | length) == 1 and
			(.identifiers[0] | .type and .name and .value)))" $T/gitlab
'

test_lazy_prereq XML 'python3 -c "import xml.etree.ElementTree"'
test_expect_success XML 'JUnit: a failure for each, and it is XML whatever the path' '
	test_expect_code 1 git vault scan --format junit >$T/junit 2>$T/err &&
	test_grep ! Canary $T/junit &&
	cat >$T/junit.py <<-\END &&
	import sys, xml.etree.ElementTree as tree
	for suite in tree.parse(sys.argv[1]).getroot():
	    print(suite.get("tests"), suite.get("failures"), suite.get("errors"))
	    for case in suite.findall("testcase"):
	        print(ascii(case.get("classname")), case.get("name"),
	              [child.tag for child in case])
	END
	python3 $T/junit.py $T/junit >$T/actual &&
	cat >$T/expect <<-\END &&
	3 3 0
	'\''a b/\xe4%.yaml'\'' generic-secret, line 1, column 11 ['\''failure'\'']
	'\''c\ufffd\ufffd.yaml'\'' generic-secret, line 1, column 11 ['\''failure'\'']
	'\''q"<&>/x.yaml'\'' generic-secret, line 1, column 11 ['\''failure'\'']
	END
	test_cmp $T/expect $T/actual
'

test_expect_success XML 'JUnit: without findings there is a case that passes' '
	git vault scan --format junit --grade verified >$T/junit &&
	python3 $T/junit.py $T/junit >$T/actual &&
	test_write_lines "1 0 0" "'\''git vault scan'\'' 5 files []" >$T/expect &&
	test_cmp $T/expect $T/actual
'

test_expect_success JQ 'reports without findings, and outside of a repository' '
	git vault scan --format sarif --grade verified >$T/sarif &&
	jq -e ".runs[0].results == []" $T/sarif &&
	git vault scan --format gitlab --grade verified >$T/gitlab &&
	jq -e ".vulnerabilities == []" $T/gitlab &&
	test_expect_code 1 nongit git vault scan --format gitlab "$(pwd)" \
		>$T/gitlab &&
	jq -e ".vulnerabilities | length == 3 and
		all(.location.commit.sha | test(\"^0{40}$\"))" $T/gitlab &&
	test_expect_code 1 nongit git vault scan --format sarif "$(pwd)" \
		>$T/sarif &&
	jq -e ".runs[0].results | all(.partialFingerprints == null)" $T/sarif
'

test_expect_success JQ 'of history the commit is told that brought it' '
	git rm -q -r --cached . && git commit -q -m gone &&
	test_expect_code 1 git vault scan --all-history --format gitlab >$T/gitlab &&
	jq -e --arg head $head ".vulnerabilities |
		all(.location.commit.sha == \$head)" $T/gitlab
'

test_expect_success JQ 'JSON tells the environment that a path names' '
	git reset -q --hard ":/^first" && mkdir -p $T/e/live/prod &&
	echo "password: $value" | tee $T/e/live/prod/a.yaml $T/e/values-stg.yaml \
		$T/e/a.yaml >$T/out &&
	test_expect_code 1 nongit git vault scan --json $T/e >$T/json &&
	jq -r ".findings[] | [(.path | sub(\".*/e/\"; \"\")), .environment] |
		@csv" $T/json | LC_ALL=C sort >$T/actual &&
	cat >$T/expect <<-\END &&
	"a.yaml",
	"live/prod/a.yaml","prod"
	"values-stg.yaml","staging"
	END
	test_cmp $T/expect $T/actual
'

# What others publish is not ours to keep here: t/README says what the folder
# GIT_VAULT_TEST_SCHEMAS holds.
schemas=${GIT_VAULT_TEST_SCHEMAS:-/nonexistent}
test_lazy_prereq JSONSCHEMA 'python3 -c "import jsonschema"'
test_lazy_prereq SARIF_SCHEMA 'test -f "$schemas/sarif-schema-2.1.0.json"'
test_lazy_prereq GITLAB_SCHEMA \
	'test -f "$schemas/secret-detection-report-format.json"'
test_lazy_prereq JUNIT_SCHEMA 'command -v xmllint && test -f "$schemas/JUnit.xsd"'
test_lazy_prereq JENKINS_SCHEMA \
	'command -v xmllint && test -f "$schemas/junit-10.xsd"'

# reports FORMAT: one with findings and an allowance, and one with nothing.
reports () {
	git reset -q --hard ":/^first" && rm -f $T/full $T/none &&
	test_expect_code 1 git vault scan --format $1 --grade possible \
		>$T/full 2>$T/err &&
	test_grep "1 allowed" $T/err &&
	git vault scan --format $1 --grade verified >$T/none
}

json_valid () {
	cat >$T/valid.py <<-\END &&
	import json, sys, jsonschema
	schema = json.load(open(sys.argv[1]))
	check = jsonschema.validators.validator_for(schema)(schema)
	bad = False
	for name in sys.argv[2:]:
	    for e in check.iter_errors(json.load(open(name))):
	        bad = True
	        print(name, list(e.path), e.message[:200])
	sys.exit(bad)
	END
	python3 $T/valid.py "$@" && echo "{}" >$T/empty &&
	test_expect_code 1 python3 $T/valid.py "$1" $T/empty
}

test_expect_success JSONSCHEMA,SARIF_SCHEMA 'SARIF is as its schema has it' '
	reports sarif && json_valid "$schemas/sarif-schema-2.1.0.json" \
		$T/full $T/none
'

test_expect_success JSONSCHEMA,GITLAB_SCHEMA 'the report for GitLab is so, too' '
	reports gitlab && json_valid \
		"$schemas/secret-detection-report-format.json" $T/full $T/none
'

test_expect_success JUNIT_SCHEMA 'JUnit is, as Ant has it' '
	reports junit &&
	xmllint --noout --schema "$schemas/JUnit.xsd" $T/full $T/none
'

test_expect_success JENKINS_SCHEMA 'and as Jenkins has it' '
	reports junit &&
	xmllint --noout --schema "$schemas/junit-10.xsd" $T/full $T/none
'

# unread FORMAT: a report of a scan that could not read one file, in $T/unread
unread () {
	git reset -q --hard ":/^first" && echo x >"cl\"<o>&sed.yaml" &&
	chmod 0 "cl\"<o>&sed.yaml" &&
	test_expect_code 1 git vault scan --format $1 >$T/unread 2>$T/err &&
	rm -f "cl\"<o>&sed.yaml"
}

test_expect_success SANITY,XML 'JUnit: what could not be read is an error' '
	unread junit && python3 $T/junit.py $T/unread >$T/actual &&
	test_grep "^4 3 1$" $T/actual &&
	test_grep "^.cl\"<o>&sed.yaml. is scanned \[.error.\]$" $T/actual
'

test_expect_success SANITY,JUNIT_SCHEMA 'which is as Ant has it' '
	unread junit && xmllint --noout --schema "$schemas/JUnit.xsd" $T/unread
'

test_expect_success SANITY,JENKINS_SCHEMA 'and as Jenkins has it, too' '
	unread junit &&
	xmllint --noout --schema "$schemas/junit-10.xsd" $T/unread
'

test_expect_success SANITY,JQ 'GitLab: it failed, and says why' '
	unread gitlab && jq -e ".scan.status == \"failure\" and
		.scan.messages == [{level: \"warn\", value:
		\"cl\\\"<o>&sed.yaml was not scanned: Permission denied\"}]" \
		$T/unread && git vault scan --format gitlab --grade verified |
		jq -e ".scan | has(\"messages\") | not"
'

test_expect_success SANITY,JSONSCHEMA,GITLAB_SCHEMA 'as its schema has it' '
	unread gitlab && json_valid \
		"$schemas/secret-detection-report-format.json" $T/unread
'

test_expect_success '--json and another format exclude each other' '
	test_expect_code 129 git vault scan --json --format sarif &&
	test_expect_code 129 git vault scan --format xml
'

test_done
