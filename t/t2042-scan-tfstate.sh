#!/bin/sh

test_description='what a Terraform state marks as sensitive is a secret, whatever it is'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

# found FILE: name and bytes of each finding
found () {
	git vault scan --format csv --grade possible "$1" >"$T/csv" ||
		test $? = 1 || return
	git vault scan --json --grade possible "$1" >"$T/json" || test $? = 1 ||
		return
	grep -o "\"key\": *\"[^\"]*\"" "$T/json" | sed "s/.*: *//; s/\"//g"
}

test_expect_success 'a state that git tracks, as terraform writes it' '
	mkdir live && cat >live/prod.tfstate <<-\END &&
	{
	  "version": 4,
	  "terraform_version": "1.6.0",
	  "serial": 3,
	  "lineage": "3f1c2a58-0c3e-4a57-9b57-2f5f0d9a7c11",
	  "outputs": {
	    "endpoint": {
	      "value": "plain-to-see",
	      "type": "string"
	    },
	    "greeting": {
	      "value": "bluewhale",
	      "type": "string",
	      "sensitive": true
	    },
	    "both": {
	      "value": {
	        "a": "orchid",
	        "list": [
	          "lamp",
	          48392017
	        ]
	      },
	      "type": "dynamic",
	      "sensitive": true
	    }
	  },
	  "resources": [
	    {
	      "mode": "managed",
	      "type": "aws_db_instance",
	      "name": "db",
	      "instances": [
	        {
	          "schema_version": 1,
	          "attributes": {
	            "attributes": "{ \"attributes\": {",
	            "id": "db-1",
	            "notes": "harvest\"moon}",
	            "tags": {
	              "owner": "redpanda",
	              "team": "visible"
	            },
	            "users": [
	              {
	                "nick": "first"
	              },
	              {
	                "nick": "second"
	              }
	            ]
	          },
	          "sensitive_attributes": [
	            [
	              {
	                "type": "get_attr",
	                "value": "notes"
	              }
	            ],
	            [
	              {
	                "type": "get_attr",
	                "value": "tags"
	              },
	              {
	                "type": "index",
	                "value": {
	                  "value": "owner",
	                  "type": "string"
	                }
	              }
	            ],
	            [
	              {
	                "type": "get_attr",
	                "value": "users"
	              },
	              {
	                "type": "index",
	                "value": {
	                  "value": 1,
	                  "type": "number"
	                }
	              },
	              {
	                "type": "get_attr",
	                "value": "nick"
	              }
	            ],
	            [
	              {
	                "type": "get_attr",
	                "value": "gone"
	              }
	            ]
	          ]
	        },
	        {
	          "attributes": {
	            "id": "db-2"
	          },
	          "sensitive_attributes": []
	        }
	      ]
	    }
	  ]
	}
	END
	found live/prod.tfstate >actual &&
	cat >expect <<-\END &&
	outputs.greeting.value
	outputs.both.value.a
	outputs.both.value.list[0]
	outputs.both.value.list[1]
	resources[0].instances[0].attributes.notes
	resources[0].instances[0].attributes.tags.owner
	resources[0].instances[0].attributes.users[1].nick
	END
	test_cmp expect actual && test_grep ! bluewhale "$T/csv" "$T/json"
'

# A file that is named as a state is withheld whole.
test_expect_success 'a snapshot withholds it, under another name too' '
	cp live/prod.tfstate live/state.json && git add live &&
	git commit -q -m state && rm expect actual &&
	sed -i s/bluewhale/bluewhales/ live/* && git vault -q snapshot >"$T/id" &&
	tree=refs/vault/snapshots/$(cat "$T/id"):tree &&
	git show $tree/live/prod.tfstate >"$T/whole" &&
	test_grep "^GITVAULT.file:[0-9a-f]*.$" "$T/whole" &&
	git show $tree/live/state.json >"$T/stored" &&
	for value in bluewhales orchid lamp 48392017 harvest redpanda second
	do
		test_grep ! "$value" "$T/stored" || return 1
	done && test_grep "plain-to-see" "$T/stored" &&
	test_grep "\"team\": \"visible\"" "$T/stored" &&
	test_grep "\"nick\": \"first\"" "$T/stored" &&
	git vault restore "$(cat "$T/id")" --to "$T/back" &&
	diff -r live "$T/back/live"
'

test_expect_success 'in whatever order, on one line, as jq writes it' '
	printf "%s" "{\"version\":4,\"outputs\":{\"a\":{\"sensitive\":true," \
		"\"type\":\"string\",\"value\":\"orchid\"},\"b\":{\"sensitive\":false," \
		"\"value\":\"seen\"}},\"resources\":[{\"instances\":[{\"attributes\":" \
		"{\"n\":\"lamp\"},\"sensitive_attributes\":[[{\"type\":\"get_attr\"," \
		"\"value\":\"n\"}]]}]}]}" >one.tfstate && found one.tfstate >actual &&
	test_write_lines "outputs.a.value" "resources[0].instances[0].attributes.n" \
		>expect && test_cmp expect actual
'

test_expect_success 'what is cut off anywhere does no harm' '
	size=$(wc -c <one.tfstate) && n=0 &&
	while test $n -lt "$size"
	do
		head -c $n one.tfstate >cut.tfstate && found cut.tfstate >actual ||
			return 1
		n=$((n + 1))
	done
'

test_done
