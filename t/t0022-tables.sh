#!/bin/sh

test_description='tables fit the terminal; in a pipe nothing is cut'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

test_lazy_prereq PTY '
	script -qec "exit 7" /dev/null </dev/null
	test $? -eq 7
'

# wide COLUMNS COMMAND: what it prints on a terminal that has so many, without
# what only a terminal is told.
wide () {
	TERM=dumb script -qec "stty cols $1 rows 50; $2 2>/dev/null" /dev/null \
	    </dev/null | tr -d "\r"
}

# fits COLUMNS COMMAND: it prints something, and no line is wider, but for one
# that is a single word, a path.
fits () {
	wide "$1" "$2" >screen && test_file_not_empty screen &&
	is_narrow "$1"
}

# fits_all COMMAND: so do its messages, at 80; a command in them stays whole.
fits_all () {
	TERM=dumb script -qec "stty cols 80 rows 50; git vault $1" /dev/null \
	    </dev/null | tr -d "\r" | grep -v "^ *\(hint: \)*git " >screen
	is_narrow 80 || { echo "git vault $1"; return 1; }
}

is_narrow () {
	python3 - "$1" <<-\END || { cat screen; return 1; }
	import sys, unicodedata
	def width(s):
	    return sum(0 if unicodedata.combining(c) else
	        2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in s)
	for line in open("screen", encoding="utf-8"):
	    line = line.rstrip("\n").expandtabs()
	    if (width(line) > int(sys.argv[1]) and " " in line.strip()) or any(ord(c) < 32 for c in line):
	        sys.exit(f"{width(line)}: {line}")
	END
}

long='before the upgrade of eks, by a team that likes to explain in its subjects what it is about to do'

test_expect_success 'set up' '
	printf "/screen\n/out\n/err\n/full\n" >.gitignore && echo one >file &&
	git add . && test_tick && git commit -q -m first && git vault init -q &&
	printf "DB_PASSWORD=hunter2-%s\n" 5f3Kq9Zx7Lw2 >.env &&
	test_tick &&
	first=$(git vault snapshot -m "before the upgrade of eks" --tag eks 2>err) &&
	git vault pin -q "$first" && echo two >file &&
	test_tick &&
	second=$(git vault snapshot -m "$long" --tag a-rather-long-tag-of-a-release 2>err) && echo three >file &&
	test_tick &&
	git vault snapshot -q -m "日本語の件名 $long"
'

test_expect_success PTY,PYTHON 'list fits 80 columns and shows the subject' '
	fits 80 "git vault list" &&
	test_grep "before the upgrade of eks" screen &&
	test_grep "^ID  *AGE  *BRANCH .*TAGS  *SUBJECT$" screen &&
	test_grep "^${first##*-} " screen && test_grep ! "$first" screen &&
	test_grep "…$" screen
'

test_expect_success PTY,PYTHON 'events of search and automatic saves fit 80 columns, too' '
	git config user.name "Frederica Lancelot of the Platform" && test_when_finished "git config --unset user.name" &&
	fits 80 "git vault search two" && test_grep "introduced .* in ${second##*-}, .*: before the .*…$" screen &&
	git vault search two >out && test_grep "introduced .* in $second, .*<.*>: $long$" out &&
	echo "a rather long name of a file" >"$(echo "$long" | tr " " _)" && git vault snapshot --auto -q >out &&
	echo more >file && git vault snapshot --auto -q >out && fits 80 "git vault list --auto" &&
	test_grep "CHANGED" screen && rm before_the*
'

test_expect_success PTY,PYTHON 'a short id, and any part that is unique, names the snapshot' '
	git vault show "${first##*-}" >out && test_grep "$first" out &&
	part=$(echo "${first##*-}" | cut -c3-7) &&
	git vault show "$part" >out && test_grep "$first" out
'

test_expect_success PTY,PYTHON 'so do all other tables, down to 40 columns' '
	git vault good mark -q prod && git vault good mark -q staging &&
	digits=$(printf %064d 7) &&
	git vault artifact record -q "registry.example.com/a/long/name/app=sha256:$digits" &&
	git vault state lock -q --env prod --stack net --new --info "an apply that takes long, for what is above" >/dev/null &&
	git vault delete -q "$second" &&
	for width in 40 60 80 100 200
	do
		fits $width "git vault list" && fits $width "git vault list -v" &&
		fits $width "git vault list --oneline" &&
		fits $width "git vault list --deleted" &&
		fits $width "git vault log file" &&
		fits $width "git vault ls -l latest" &&
		fits $width "git vault prune -n --keep-last=1" &&
		fits $width "git vault audit list" &&
		fits $width "git vault good list" &&
		fits $width "git vault artifact list" &&
		{ test $width -lt 80 || fits $width "git vault key list"; } &&
		fits $width "git vault secret list" &&
		fits $width "git vault state locks" &&
		fits $width "git vault scan --list-rules" || return 1
	done &&
	fits 80 "git vault state locks" && id=$(grep -o "[0-9a-f]\{8\}" screen) &&
	test_must_fail git vault state unlock --env prod --stack net 1234567 &&
	git vault state unlock --env prod --stack net "$id"
'

test_expect_success PTY,PYTHON 'with -l, before or behind the command, nothing is cut' '
	wide 80 "git vault list -l" >screen &&
	test_grep "^$first " screen && test_grep "$long$" screen &&
	test_grep " BASE .* FILES .* SIZE " screen &&
	wide 80 "git vault -l list" >out && test_cmp screen out &&
	wide 40 "git vault list --long" >out && test_cmp screen out &&
	wide 40 "git vault list --oneline -l" >out && test_grep "$long$" out
'

test_expect_success PTY,PYTHON 'COLUMNS says how wide it is, and a pipe has no width' '
	COLUMNS=50 && export COLUMNS && test_when_finished "unset COLUMNS" &&
	fits 50 "git vault list" &&
	git vault list >out && test_grep "^$first " out && test_grep "$long$" out &&
	unset COLUMNS && git vault list >full && test_cmp full out &&
	git vault -l list >out && test_cmp full out
'

test_expect_success PTY,PYTHON 'what a name has of control characters is visible, and measured' '
	printf "x" >"$(printf "bell\a and escape\033[31m")" && test_tick &&
	git vault snapshot -q -m "$(printf "red \033[31msubject")" &&
	fits 80 "git vault list" && test_grep "red .033.31msubject" screen

'

test_expect_success PTY,PYTHON 'and what else commands print fits 80 columns' '
	test_create_repo infra && cd infra && git init -q --bare ../origin.git &&
	git remote add origin ../origin.git && mkdir -p live/prod/net &&
	printf "%s\n" "terraform {" "  backend \"local\" {}" "}" >live/prod/net/main.tf &&
	git add . && test_tick && git commit -q -m first && git push -q origin main &&
	printf "%s" "{\"version\":4,\"terraform_version\":\"1.5.7\",\"serial\":7," \
	    "\"lineage\":\"3f8b9a1c-7d2e-4c55-9a1f-2b7d6e5c4a30\",\"outputs\":{}," \
	    "\"resources\":[{\"mode\":\"managed\",\"type\":\"aws_vpc\",\"name\":\"main\"," \
	    "\"provider\":\"provider[\\\"registry.terraform.io/hashicorp/aws\\\"]\"," \
	    "\"instances\":[{\"attributes\":{\"id\":\"vpc-0a1b2c3d4e5f\"}}]}]}" \
	    >live/prod/net/terraform.tfstate &&
	printf "%s\n" "*.tfstate" .env >.gitignore &&
	printf "DB_PASSWORD=hunter2-%s\n" 9Kq5f3Zx7Lw2 >.env &&
	for subject in "$long" "and $long" "or $long" "then $long"
	do
		echo "$subject" >>.env && test_tick &&
		git vault snapshot -q -m "$subject" || return 1
	done &&
	git vault good mark -q prod && git vault verify >/dev/null &&
	rm .env && test_tick &&
	git vault restore -q latest~1 --in-place && rm .env &&
	for command in "" status "status -v" "list -5" "log .env" \
	    "ls -l latest" stats verify "verify -v" "undo -n" doctor health \
	    "state verify --env prod" "state list" "state log --env prod" \
	    "state diff --env prod latest~1" key secret env good audit hooks \
	    "prune -n --keep-last 1" graph \
	    "sync -n origin" policy artifact "restore latest --in-place -n" \
	    "status --explain live/prod/net/terraform.tfstate" \
	    "policy show --env prod" "drill" "drill list" "plan" "plan list" \
	    "good show prod" "audit list" "rollback prod -n" "key list"
	do
		fits_all "$command" || return 1
	done
'

test_expect_success PTY,PYTHON 'so does what they find, with long paths and damage' '
	cd infra && dir=live/prod/a-region-with-a-long-name/a-cluster-with-a-longer-one &&
	mkdir -p $dir && printf "%s\n" "module \"net\" {" \
	    "  source = \"../../../../modules/that-nobody-has-written-yet/network\"" "}" \
	    >$dir/main.tf &&
	printf "token: %s\n" "ghp_16C7e42F292c6912E7710c838347Ae178B4a" >$dir/values.yaml &&
	git add . && test_tick && git vault snapshot -q -m "$long" &&
	for command in check scan "scan -v" "good check prod"
	do
		fits_all "$command" || return 1
	done && test_file_not_empty screen &&
	mv .git/objects/pack ../packs && mkdir .git/objects/pack &&
	for pack in ../packs/*.pack
	do
		git unpack-objects -q <"$pack" || return 1
	done &&
	blob=$(git rev-parse ":$dir/main.tf") &&
	rm -f .git/objects/$(echo "$blob" | sed "s,^..,&/,") &&
	for command in verify "verify -v" "repair -n" doctor "repair -n -v"
	do
		fits_all "$command" || return 1
	done && test_file_not_empty screen
'

test_done
