#!/bin/sh

test_description='git vault help opens the guides, also beside the program'
. "$(dirname "$0")/test-lib.sh"

test_lazy_prereq MAN 'man --version'

guides="tutorial everyday configuration policy config security recovery format"

test_expect_success MAN 'a guide is opened by its name, without any path set' '
	unset MANPATH && MANPAGER=cat PAGER=cat && export MANPAGER PAGER &&
	for guide in $guides
	do
		git vault help $guide >page 2>err &&
		test_grep -i "git-vault-$guide" page || return 1
	done
'

test_expect_success MAN 'so is the page of a command, and policy has both' '
	MANPAGER=cat PAGER=cat && export MANPAGER PAGER &&
	git vault help restore >page && test_grep "restore" page &&
	git vault help policy >page && head -n 1 page >top && test_grep "(5)" top &&
	git vault policy --help >page && head -n 1 page >top && test_grep "(1)" top &&
	test_expect_code 129 git vault policy -h >out &&
	test_grep "The manual: git vault policy --help" out
'

test_expect_success 'help lists them' '
	git vault help >out && echo "Guides: $guides" | sed "s/\([a-z]\) /\1, /g" >expect &&
	tail -n 1 out >actual && test_cmp expect actual
'

test_expect_success 'no such guide is answered' '
	test_expect_code 129 git vault help tutoriel 2>err &&
	test_grep "^hint: git vault help" err
'

test_expect_success 'without man or mandoc the file is named' '
	mkdir -p none && program=$(command -v git-vault) &&
	test_expect_code 128 env PATH="$(dirname "$program")" "$program" help recovery 2>err &&
	test_grep "install man-db or mandoc; the page is /.*man7/git-vault-recovery.7" err
'

test_expect_success PYTHON 'as JSON help is data, and opens nothing' '
	git vault --json help >all && git vault help --json policy >guide &&
	git vault --json help restore >command &&
	python3 - <<-\END
	import json, os
	all = json.load(open("all"))
	assert {c["name"] for c in all["commands"]} > {"snapshot", "help"}
	assert [g["name"] for g in all["guides"]] == \
	    "tutorial everyday configuration policy config security recovery format".split()
	for x in all["commands"] + all["guides"]:
	    assert os.path.exists(x["file"]), x["file"]
	guide = json.load(open("guide"))
	assert (guide["page"], guide["section"]) == ("git-vault-policy", "5")
	command = json.load(open("command"))
	assert command["name"] == "restore" and command["usage"]
	assert any(o["name"] == "in-place" for o in command["options"])
	END
'

test_done
