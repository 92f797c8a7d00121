#!/bin/sh

test_description='README says what is there'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-guide.sh"

readme=$GIT_VAULT_SRC_DIR/README

# section NAME: its indented lines.
section () {
	guide_text "$readme" "$1"
}

# A project of a person, as the text takes it for granted.
project () {
	person "$1" &&
	git init -q "$TRASH_DIRECTORY/$1" && cd "$TRASH_DIRECTORY/$1" &&
	git symbolic-ref HEAD refs/heads/main &&
	mkdir -p live/prod &&
	printf "%s\n" "*.tfstate" .env >.gitignore &&
	echo "replicas: 3" >live/prod/app.yaml &&
	git add . && git commit -q -m "first" &&
	echo "DB_PASSWORD=correct-horse-7Gq2" >.env &&
	state 1 >terraform.tfstate
}

state () {
	printf "{\"version\":4,\"serial\":%s,\"terraform_version\":\"1.6.0\"," "$1"
	echo "\"lineage\":\"7d2f3a60-9f7e-4b1c-8f6b-2c9d0e5a1b3c\",\"outputs\":{},\"resources\":[]}"
}

test_expect_success PYTHON 'its sixty seconds bring the lost files back, and undo that' '
	project ana && cp .env ../env && cp terraform.tfstate ../state &&
	section "Sixty seconds" >../all &&
	sed -n 1,4p ../all >../first && sed -n "5,\$p" ../all >../rest &&
	carry_out <../first &&
	test_cmp ../env .env && test_cmp ../state terraform.tfstate &&
	test_grep "latest --in-place" ../first && test_grep "vault undo" ../rest &&
	sed 1q ../rest >../undo && carry_out <../undo &&
	test_path_is_missing .env && test_path_is_missing terraform.tfstate &&
	git vault restore latest --in-place &&
	sed 1d ../rest >../look && carry_out <../look &&
	test_cmp ../env ../said
'

test_expect_success PYTHON 'its copy of the key opens the vault on a new machine' '
	person ana && section "Save your key" >../save &&
	test_line_count -eq 2 ../save &&
	sed 1q ../save >../escrow && carry_out <../escrow &&
	mv "$HOME/.config/git-vault/identity" ../old &&
	test_expect_code 5 git vault cat --secrets latest .env &&
	sed 1d ../save >../recover && carry_out <../recover &&
	git vault cat --secrets latest .env >actual &&
	test_cmp ../env actual && rm actual &&
	mv ../old "$HOME/.config/git-vault/identity"
'

test_expect_success 'its lines for a team give the second person the secrets' '
	person ana && git init -q --bare ../hub.git &&
	git symbolic-ref --short HEAD &&
	git remote add origin "$TRASH_DIRECTORY/hub.git" &&
	git push -q -u origin main &&
	git --git-dir=../hub.git symbolic-ref HEAD refs/heads/main &&
	person ben && git clone -q "$TRASH_DIRECTORY/hub.git" "$TRASH_DIRECTORY/ben" &&
	section "With a team" >../team &&
	test_line_count -eq 8 ../team &&
	carry_out <../team && person ben && test_cmp ../env .env &&
	echo "token: ghp_$(printf x | sha256sum | cut -c 1-36)" >leak &&
	git add leak && test_must_fail git commit -q -m leak
'

test_expect_success 'its lines for Terraform list, compare and restore states' '
	person ana && mkdir -p live/prod && mv terraform.tfstate live/prod/ &&
	git vault snapshot && state 2 >live/prod/terraform.tfstate &&
	git vault snapshot &&
	section "With Terraform" >../terraform &&
	test_line_count -eq 4 ../terraform &&
	sed "/state diff/i\\.\\\\\" status 1" ../terraform >../with-status &&
	carry_out <../with-status && test_grep "serial..3," ../old.tfstate &&
	test_path_exists "$GIT_VAULT_SRC_DIR/contrib/serve/backend.tf"
'

test_expect_success 'what it says of one path is answered' '
	person ana && section "What is not stored" >../left &&
	test_line_count -eq 2 ../left && carry_out <../left
'

test_expect_success 'its documents are there' '
	section Documents | sed -n "s/^\([A-Za-z.-]*\/*[a-z0-9.-]*\)	.*/\1/p" >"$TRASH_DIRECTORY/map" &&
	test_line_count -ge 6 "$TRASH_DIRECTORY/map" &&
	while read -r entry
	do
		test_path_exists "$GIT_VAULT_SRC_DIR/$entry" || return 1
	done <"$TRASH_DIRECTORY/map"
'

test_expect_success 'the folders of the map of CONTRIBUTING are there' '
	(readme=$GIT_VAULT_SRC_DIR/CONTRIBUTING && section "What is where") |
		sed -n "s/^\([A-Za-z.-]*\/*\)	.*/\1/p" >"$TRASH_DIRECTORY/map" &&
	test_line_count -ge 7 "$TRASH_DIRECTORY/map" &&
	while read -r entry
	do
		test_path_exists "$GIT_VAULT_SRC_DIR/$entry" || return 1
	done <"$TRASH_DIRECTORY/map"
'

test_expect_success 'its way without git-vault brings a file back' '
	cd "$TRASH_DIRECTORY" && HOME=$TRASH_DIRECTORY/home && mkdir -p home &&
	test_create_repo project &&
	echo secret >project/.env && echo .env >project/.gitignore &&
	echo text >project/kept && printf "crlf\r\n" >project/eol &&
	printf "%s\n" "kept export-ignore" "eol text eol=lf" >project/.gitattributes &&
	(cd project && git vault snapshot >../id) &&
	section "Without git-vault" >commands &&
	test_line_count -eq 8 commands &&
	sed -i "s|FROM|project|; s|ID:tree|$(cat id):tree|" commands &&
	(set -e && . ./commands) >said && tail -n 1 said >actual &&
	test_cmp project/.env actual &&
	for file in .gitignore .gitattributes kept eol
	do
		test_cmp project/$file rescue.git/out/$file || return 1
	done
'

test_done
