#!/bin/sh

test_description='the guides are carried out as they are written

Each line "$ COMMAND" of git-vault-tutorial(7), git-vault-everyday(7) and
git-vault-configuration(7) is run,
and the lines that the page shows behind it are what the command prints.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-guide.sh"

man=$GIT_VAULT_SRC_DIR/man

test_expect_success PYTHON 'the evening of the tutorial goes as it says' '
	person mia &&
	guide_page "$man/git-vault-tutorial.7" >"$TRASH_DIRECTORY/page" &&
	test "$(grep -c "^[$] git vault" "$TRASH_DIRECTORY/page")" -gt 30 &&
	carry_out <"$TRASH_DIRECTORY/page"
'

# What the guide takes for granted: a project that Ana has, and a server.
project () {
	git init -q --bare "$TRASH_DIRECTORY/hub.git" &&
	git --git-dir="$TRASH_DIRECTORY/hub.git" symbolic-ref HEAD refs/heads/main &&
	git init -q && git remote add origin git@git.example.org:infra.git &&
	mkdir -p live/prod && echo "replicas: 3" >live/prod/app.yaml &&
	printf "%s\n" "*.tfstate" .env >.gitignore && git add . &&
	git commit -q -m "the first version" &&
	echo more >README && git add . && git commit -q -m "a second one" &&
	echo "DB_PASSWORD=correct-horse-7Gq2" >.env &&
	echo "DB_PASSWORD=battery-staple-5Kd9" >live/prod/.env &&
	state 1 >live/prod/terraform.tfstate
}

state () {
	printf "{\"version\":4,\"serial\":%s,\"terraform_version\":\"1.6.0\"," "$1"
	echo "\"lineage\":\"7d2f3a60-9f7e-4b1c-8f6b-2c9d0e5a1b3c\",\"outputs\":{},\"resources\":[]}"
}

# The second version of the state, with a resource.
with_db () {
	state 2 | sed 's|"resources":.*|"resources":[{"mode":"managed","type":"null_resource","name":"db","provider":"provider[\\"registry.terraform.io/hashicorp/null\\"]","instances":[{"schema_version":0,"attributes":{"id":"1"}}]}]}|'
}

test_expect_success PYTHON 'the tasks of every day go as the guide says' '
	person ana &&
	guide_page "$man/git-vault-everyday.7" >"$TRASH_DIRECTORY/page" &&
	test "$(grep -c "[$] git vault" "$TRASH_DIRECTORY/page")" -gt 50 &&
	carry_out <"$TRASH_DIRECTORY/page"
'

test_expect_success PYTHON 'a configuration in layers is made, checked and protected as the guide says' '
	person lea &&
	guide_page "$man/git-vault-configuration.7" >"$TRASH_DIRECTORY/page" &&
	test "$(grep -c "^[$] git vault" "$TRASH_DIRECTORY/page")" -gt 25 &&
	carry_out <"$TRASH_DIRECTORY/page"
'

test_expect_success 'a page that shows something else is noticed' '
	mkdir -p "$TRASH_DIRECTORY/other" && cd "$TRASH_DIRECTORY/other" &&
	printf "%s\n" "$ echo three" "th...e" >good && carry_out <good &&
	printf "%s\n" "$ echo three" "four" >bad && test_must_fail carry_out <bad &&
	printf "%s\n" "$ false" >failing && test_must_fail carry_out <failing &&
	: >empty && test_must_fail carry_out <empty
'

test_done
