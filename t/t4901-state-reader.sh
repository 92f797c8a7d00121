#!/bin/sh

test_description='states are read as another program reads them

GIT_VAULT_TEST_STATES names a folder of states, which are read as well.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/state-tool

# What state-tool lists, by jq. Keys of instances have to be plain.
cat >items.jq <<\EOF
def count(f): [f] | length;
def mark($letter; f): if f then $letter else "" end;
((.outputs // {}) | to_entries[] | .value as $o |
	count($o | keys[] | select(. != "sensitive")) as $n |
	["output." + .key, mark("S"; $o.sensitive == true), $n,
	if $o.sensitive == true then $n else 0 end, 0]),
((.resources // [])[] | . as $r |
	((if (.module // "") == "" then "" else .module + "." end) +
	mark("data."; .mode == "data") + .type + "." + .name) as $address |
	(if (.instances // []) == [] then {} else .instances[] end) |
	([.sensitive_attributes // [] | .[][0].value]) as $sensitive |
	[$address + (if .index_key == null then ""
		else "[" + (.index_key | tojson) + "]" end),
	mark("T"; .status == "tainted") + mark("D"; (.deposed // "") != "") +
		mark("R"; $r.mode == "data"),
	((.attributes // {}) + (.attributes_flat // {}) | length) +
		count((.private, .status, .deposed) | strings) +
		((.identity // {}) | length),
	count((.attributes // {}) | keys[] |
			select(. as $k | any($sensitive[]; . == $k))) +
		((.attributes_flat // {}) | length) + count(.private // empty),
	((.dependencies // []) + (.depends_on // []) | length)])
| @tsv
EOF

# read_as_jq FILE: the same items, whatever the order of keys
read_as_jq () {
	"$tool" list "$1" | sort >actual &&
	jq -r -f items.jq "$1" | sed 's/\\\\/\\/g' | sort >expect &&
	test_cmp expect actual
}

# make_state EDIT MORE: a bit of everything, the resource EDIT edited (-1:
# none), MORE of them inserted.
make_state () {
	awk -v edit="$1" -v more="$2" '
	function instance(key, i) {
		printf "\n        {%s\n          \"schema_version\": 1,", key
		printf "\n          \"attributes\": {"
		printf "\n            \"id\": \"i-%08d\",", i * 7919
		printf "\n            \"arn\": \"arn:ec2:%d:x/%d\",", i * 31, i
		printf "\n            \"note\": \"%s\",", \
		    i == edit ? "edited" : "as it was"
		printf "\n            \"password\": \"p%d\",", i
		printf "\n            \"tags\": {\n              \"Name\": %s", \
		    "\"n\"\n            }\n          },"
		if (i % 3 == 0)
			printf "\n          \"sensitive_attributes\": [[%s", \
			    "{\"type\": \"get_attr\", \"value\": \"password\"}]],"
		if (i % 4 == 1)
			printf "\n          \"dependencies\": [\n%s%d\"\n%s],", \
			    "            \"aws_a.a_", i - 1, "          "
		if (i % 50 == 3)
			printf "\n          \"status\": \"tainted\","
		printf "\n          \"private\": \"bnVsbA==\"\n        }"
	}
	function resource(name, i) {
		printf "%s\n    {", n++ ? "," : ""
		if (i % 5 == 2)
			printf "\n      \"module\": \"module.m[\\\"%d\\\"].%s", \
			    i % 3, "module.n\","
		printf "\n      \"mode\": \"%s\",", \
		    i % 10 == 9 ? "data" : "managed"
		printf "\n      \"type\": \"aws_%c\",", 97 + i % 7
		printf "\n      \"name\": \"%s\",", name
		printf "\n      \"provider\": \"provider[\\\"a/b/aws\\\"]\","
		printf "\n      \"instances\": ["
		if (i % 20 == 7) {
			instance("\n          \"index_key\": 0,", i)
			printf ","
			instance("\n          \"index_key\": 1,", i)
		} else if (i % 20 == 8)
			instance("\n          \"index_key\": \"eu-west/1\",", i)
		else if (i % 100 == 11)
			instance("\n          \"deposed\": \"0badcafe\",", i)
		else if (i % 100 != 12)
			instance("", i)
		printf "\n      ]\n    }"
	}
	BEGIN {
		printf "{\n  \"version\": 4,\n  \"terraform_version\": \"1.6.0\","
		printf "\n  \"serial\": 12,\n  \"lineage\": \"0c0ffee0-0000\","
		printf "\n  \"outputs\": {\n    \"db\": {\n      \"value\": \"x\","
		printf "\n      \"type\": \"string\",\n      \"sensitive\": true"
		printf "\n    },\n    \"ids\": {\n      \"value\": [1]\n    }\n  },"
		printf "\n  \"resources\": ["
		for (i = 0; i < 700; i++) {
			for (k = 0; i == 300 && k < more; k++)
				resource("more_" k, 3)
			resource("a_" i, i)
		}
		printf "\n  ],\n  \"check_results\": null\n}\n"
	}'
}

test_expect_success 'a state is shown as what it is' '
	make_state -1 0 >state &&
	"$tool" show state >out &&
	test_grep "^terraform 4 serial 12 bytes $(wc -c <state) groups" out &&
	test_grep ! damaged out
'

test_expect_success JQ 'its items are those that jq finds' '
	read_as_jq state &&
	test_line_count -gt 700 actual &&
	test_tally "$(wc -l <actual)" "items read as jq reads them"
'

test_expect_success JQ 'with sorted keys and on one line, too' '
	jq -S . state >sorted &&
	jq -c . state >line &&
	read_as_jq sorted && mv actual of_sorted &&
	read_as_jq line &&
	test_cmp of_sorted actual &&
	"$tool" show sorted line >out &&
	test_grep ! damaged out
'

# How many lines differ: of each group its bytes, items and bounds.
count_changed () {
	"$tool" groups "$1" >of_one && "$tool" groups "$2" >of_other &&
	diff of_one of_other | grep -c "^[<>]"
}

test_expect_success 'an edit changes the size of its group and of no other' '
	make_state 350 0 >edited &&
	test_must_fail cmp state edited &&
	test "$(count_changed state edited)" = 2
'

test_expect_success 'an insertion moves no bound far away' '
	make_state -1 60 >longer &&
	count_changed state longer >n &&
	test "$(cat n)" -le 12 &&
	tail -n 10 of_one >expect && tail -n 10 of_other >actual &&
	test_cmp expect actual
'

test_expect_success 'what is cut off is told with what was whole before it' '
	head -c 200000 state >half &&
	"$tool" show half >out &&
	test_grep "^terraform 4 .*damaged: line [0-9]*, column" out &&
	"$tool" list half >items &&
	"$tool" list state | head -n "$(wc -l <items)" >expect &&
	test_cmp expect items &&
	test_line_count -gt 150 items
'

test_expect_success JQ 'states of others are read as jq reads them' '
	states=${GIT_VAULT_TEST_STATES:-/nowhere} && read=0 &&
	for file in "$states"/*
	do
		jq -e "type == \"object\" and .version == 4" "$file" \
			>/dev/null 2>&1 || continue
		"$tool" show "$file" >>shown && read_as_jq "$file" || return 1
		read=$((read + 1))
	done &&
	test_tally "$read" "states of others read"
'

test_done
