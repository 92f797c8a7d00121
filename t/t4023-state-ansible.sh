#!/bin/sh

test_description='inventories and facts of Ansible, kept as states'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-state.sh"

password='canary-71d3c0'

# inventory PASSWORD ADDRESS VAULT
inventory () {
	cat <<-EOT
	{
	    "_meta": {
	        "hostvars": {
	            "db1": {
	                "ansible_host": "$2",
	                "ansible_become_pass": "$1",
	                "backup_key": {
	                    "__ansible_vault": "\$ANSIBLE_VAULT;1.1;AES256\n$3\n"
	                }
	            },
	            "web1": {
	                "ansible_host": "10.0.0.21",
	                "http_port": 8080
	            }
	        }
	    },
	    "all": {
	        "children": [
	            "ungrouped",
	            "database",
	            "web"
	        ]
	    },
	    "database": {
	        "hosts": [
	            "db1"
	        ]
	    },
	    "web": {
	        "hosts": [
	            "web1",
	            "web2"
	        ]
	    }
	}
	EOT
}

save () {
	git vault state save --new --env prod "$@"
}

test_expect_success 'an inventory is saved, and given back' '
	git commit -q --allow-empty -m first &&
	inventory $password 10.0.0.11 3631 >one.json && save one.json 2>err &&
	test_grep "saved prod/default: 5 " err && is_given_back one.json &&
	nowhere $password
'

test_expect_success 'it is listed and shown without a value' '
	git vault state list >out && test_grep "ansible *- *5 " out &&
	git vault state show >out && test_grep "^db1 " out &&
	test_grep "^@web " out &&
	git vault state show --json >json && test_grep ! -F $password json &&
	test_grep "\"ansible_become_pass\"" json &&
	test_grep "\"dependencies\": *\[\"web1\", *\"web2\"" json
'

test_expect_success 'a diff names hosts, groups and variables' '
	inventory other 10.0.0.12 3632 | sed -e "s/\"web2\"/\"web3\"/" \
		-e "s/\"http_port\": 8080/\"http_port\": 8080, \"tls\": true/" \
		>two.json && save two.json &&
	test_expect_code 1 git vault state diff >out && cat >expect <<-\EOT &&
	~   @web
	      ~ hosts
	~   db1
	      ~ ansible_host
	      ~ ansible_become_pass
	      ~ backup_key
	~   web1
	      + tls
	EOT
	test_cmp expect out && is_given_back one.json latest~1
'

test_expect_success 'the history of a host' '
	sed "s/8080/8443/" two.json >three.json && save three.json &&
	git vault state for-resource web1 >out && test_line_count -eq 4 out &&
	git vault state blame web1 >out && test_grep http_port out
'

test_expect_success 'a host without variables is not missing' '
	git vault state verify >out && test_grep "is intact: " out
'

test_expect_success 'the facts of a host' '
	cat >facts.json <<-EOT &&
	{
	    "_ansible_facts_gathered": true,
	    "ansible_architecture": "x86_64",
	    "ansible_env": {
	        "TOKEN": "$password"
	    },
	    "ansible_hostname": "web1",
	    "ansible_memfree_mb": 812
	}
	EOT
	git vault state save --new --env dev --stack web1 facts.json &&
	sed "s/812/640/" facts.json >later.json &&
	git vault state save --new --env dev --stack web1 later.json &&
	test_expect_code 1 git vault state diff --env dev >out &&
	test_write_lines "~   web1" "      ~ ansible_memfree_mb" >expect &&
	test_cmp expect out && nowhere $password &&
	git vault state restore --env dev latest~1 >out && cmp facts.json out
'

test_expect_success 'facts as setup leaves them in a tree of files' '
	echo "{\"ansible_facts\": $(cat facts.json), \"changed\": false}" >tree &&
	git vault state save --new --env test --stack web1 tree &&
	git vault state show --env test --json >out &&
	test "$(jq -r ".resources[].address" out)" = web1 &&
	sed "s/812/640/" tree >later && git vault state save --new --env test --stack web1 later &&
	test_expect_code 1 git vault state diff --env test >out &&
	test_write_lines "~   web1" "      ~ ansible_memfree_mb" >expect &&
	test_cmp expect out && nowhere $password
'

test_expect_success 'a list of hosts as people write it is whole as it is' '
	printf "%s\n" "# ours" "[web]" "web1 ansible_become_pass=$password" >hosts &&
	printf "%s\n" "[web:vars]" "port=80" >second &&
	printf "%s\n" "web1" "web2" >third &&
	for file in hosts second third
	do
		git vault state save --new --env hosts --stack $file $file 2>err &&
		test_grep ! "not an intact state" err &&
		git vault state verify --env hosts --stack $file &&
		git vault state restore --env hosts --stack $file >out &&
		cmp $file out || return 1
	done && nowhere $password
'

test_expect_success 'that it differs is told though nothing in it is known' '
	echo "web9" >>third && git vault state save --new --env hosts --stack third third &&
	test_expect_code 1 git vault state diff --env hosts --stack third >out 2>err &&
	test_must_be_empty out && test_grep "the files differ" err &&
	test_expect_code 1 git vault state diff --env hosts --stack third --json >out &&
	test "$(jq .same_bytes out)" = false &&
	git vault state diff --env hosts --stack third latest latest --json >out &&
	test "$(jq .same_bytes out)" = true
'

test_expect_success 'what is to be a state and is a text is damaged, and no text goes over a state' '
	cp hosts hosts.json && git vault state save --new --env hosts --stack j hosts.json 2>err &&
	test_grep "not an intact state" err &&
	git vault state save --new --env hosts --stack stdin - <hosts 2>err &&
	test_grep "not an intact state" err &&
	test_must_fail git vault state save --env prod hosts 2>err && test_grep "force" err
'

test_expect_success 'what is damaged is kept, and read as far as it goes' '
	each_mutant one.json && each_mutant facts.json &&
	head -c 400 one.json >cut && save --stack cut cut 2>err &&
	test_grep "it is not an intact state" err &&
	git vault state show --stack cut >out && test_grep "^db1 " out &&
	git vault state restore --stack cut >out && cmp cut out
'

test_expect_success 'what is of others is none of it' '
	echo "{\"all\":{\"hosts\":[\"a\"]},\"_meta\":{}}" >lists &&
	echo "{\"ansible_host\":\"a\",\"name\":\"b\",\"version\":\"1\"}" >mixed &&
	of_others lists mixed
'

test_done
