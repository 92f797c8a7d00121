#!/bin/sh
# shellcheck disable=SC2154

test_description='a rollback of a scope: code, config or secrets

Each path is of exactly one, told by the snapshot and by what stands now; the plan,
the run and the undo are of the same paths, and nothing else is touched.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-rollback.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

state () {
	printf '{"version":4,"terraform_version":"1.9.5","serial":%d,' "$1"
	printf '"lineage":"l","outputs":{},"resources":[],"check_results":null}\n'
}

# plan SCOPE: what it would do, without metadata
plan () {
	git vault rollback -n --scope "$1" prod >.git/out 2>.git/err &&
		sed "/^m /d" .git/out
}

token=sk_live_$(printf %s 4eC39HqLyjWDarjtT1zdp7dc)

test_expect_success 'a deployment that was good, and what came after it' '
	cat >.gitvault.yaml <<-\END &&
	secrets:
	  paths:
	  - path: "*.tfvars"
	    keep: values
	END
	printf ".env\n*.tfvars\n" >.gitignore && mkdir -p src conf logs old &&
	echo one >src/app && echo one >src/gone && echo same >src/same &&
	echo "pool: 5" >conf/plain.yaml &&
	echo "key: $token" >conf/was.yaml && echo "mode: x" >old/file &&
	echo one >swap && git add . && git commit -q -m one &&
	echo "DB_PASSWORD=Correct-Horse-41" >.env &&
	echo "size = 1" >net.tfvars && echo first >notes &&
	git vault -q snapshot && git vault cat latest conf/was.yaml >.git/was &&
	test_grep "GITVAULT" .git/was &&
	state 3 | git vault -q state save --new --env prod --stack net - &&
	git vault -q good mark prod && standing >.git/good &&
	echo two >src/app && git rm -q src/gone old/file && echo new >src/added &&
	echo "key: none" >conf/was.yaml &&
	echo "key: $token" >conf/plain.yaml &&
	git add -A src conf && git commit -q -m two &&
	echo "DB_PASSWORD=Battery-Staple-77" >.env &&
	echo "size = 2" >net.tfvars && echo second >notes && echo x >scratch &&
	echo "$token" >leaked && rmdir logs && mkdir fresh &&
	state 4 | git vault -q state save --new --env prod --stack net - &&
	standing >.git/bad
'

test_expect_success 'each path is of exactly one' '
	plan code >.git/actual && cat >.git/expect <<-\END &&
	A old/file
	D src/added
	M src/app
	A src/gone
	END
	test_cmp .git/expect .git/actual &&
	plan config >.git/actual && cat >.git/expect <<-\END &&
	D fresh/
	A logs/
	M net.tfvars
	  change size
	M notes
	D scratch
	END
	test_cmp .git/expect .git/actual &&
	plan secrets >.git/actual && cat >.git/expect <<-\END &&
	M .env
	  change DB_PASSWORD (sealed)
	M conf/plain.yaml
	  remove key
	  add pool
	M conf/was.yaml
	  change key (sealed)
	D leaked
	END
	test_cmp .git/expect .git/actual
'

test_expect_success 'together they are all files, which is what files means' '
	for scope in code config secrets
	do
		plan $scope || return 1
	done | sort >.git/expect &&
	plan files | sort >.git/actual && test_cmp .git/expect .git/actual &&
	plan secrets,code,config | sort >.git/actual &&
	test_cmp .git/expect .git/actual &&
	plan secrets,state,config | sed "s/^\(state prod.net\).*/\1/" \
		>.git/actual &&
	test_grep "^M .env" .git/actual && test_grep "^M notes" .git/actual &&
	test_grep "^state prod/net" .git/actual &&
	test_grep ! src .git/actual
'

test_expect_success 'a dry run writes no object and no ref' '
	find .git -type f ! -name "plan*" ! -name out ! -name err \
		! -name before ! -name after | sort >.git/before &&
	plan code >/dev/null &&
	find .git -type f ! -name "plan*" ! -name out ! -name err \
		! -name before ! -name after | sort >.git/after &&
	test_cmp .git/before .git/after && standing >.git/actual &&
	test_cmp .git/bad .git/actual
'

test_expect_success 'as JSON it is of the scope only' '
	git vault rollback -n --json --scope code,state prod >.git/out &&
	python3 - .git/out <<-\END
	import json, sys
	d = json.load(open(sys.argv[1]))
	assert d["scope"] == ["code", "state"], d["scope"]
	assert {c["path"] for c in d["changes"] if c["action"] != "touch"} == \
	    {"old/file", "src/added", "src/app", "src/gone"}, d["changes"]
	assert d["states"], d
	END
'

# goes_back SCOPE PATHS…: only they change, and come back
goes_back () {
	scope=$1 && shift &&
		git vault rollback --scope "$scope" prod >.git/out 2>.git/err &&
		standing >.git/now &&
		{
			for path
			do
				grep "  ./$path\$" .git/good
			done
			for path
			do
				printf "  ./%s\n" "$path"
			done | grep -v -F -f - .git/bad
		} | sort -k 2 >.git/expect && sort -k 2 .git/now >.git/actual &&
		test_cmp .git/expect .git/actual
}

for scope in code config secrets
do
	case $scope in
	code) paths="old/file src/added src/app src/gone" ;;
	config) paths="net.tfvars notes scratch" ;;
	secrets) paths=".env conf/plain.yaml conf/was.yaml leaked" ;;
	esac
	test_expect_success "$scope goes back alone, and comes again" '
		goes_back $scope $paths && id=$(undo_id) &&
		test_grep "^scope $scope$" .git/vault/rollback/$id/note &&
		test_grep ! "^whole" .git/vault/rollback/$id/note &&
		test_grep ": $scope of 2" .git/err &&
		test_grep ! "candidate" .git/err &&
		plan $scope >.git/actual && test_must_be_empty .git/actual &&
		echo mine >later && git vault rollback --undo $id >.git/out &&
		test_path_is_file later && rm later && standing >.git/actual &&
		test_cmp .git/bad .git/actual &&
		test_path_is_missing .git/vault/rollback/$id &&
		test_path_is_dir fresh
	'
done

test_expect_success 'what changed elsewhere since is not undone with it' '
	git vault -q rollback --scope code prod >.git/out && id=$(undo_id) &&
	echo third >notes && echo "DB_PASSWORD=Third-Time-99" >.env &&
	git vault -q rollback --undo $id >.git/out &&
	test "$(cat src/app)" = two && test "$(cat notes)" = third &&
	test_grep Third .env && again=$(undo_id) &&
	git vault -q rollback --undo $again >.git/out &&
	test "$(cat src/app)" = one && test "$(cat notes)" = third &&
	git vault -q rollback --undo $(undo_id) >.git/out &&
	echo second >notes && echo "DB_PASSWORD=Battery-Staple-77" >.env &&
	standing >.git/actual && test_cmp .git/bad .git/actual
'

test_expect_success 'that git tracks it only now changes nothing for the undo' '
	git vault -q rollback --scope config prod >.git/out && id=$(undo_id) &&
	git add -f notes net.tfvars && git commit -q -m "kept by git now" &&
	git vault -q rollback --undo $id >.git/out && standing >.git/actual &&
	test_cmp .git/bad .git/actual && git reset -q --soft HEAD^ &&
	git reset -q
'

test_expect_success 'the audit chain says which scope it was' '
	git vault audit list --json >.git/audit && test_grep "only code" .git/audit &&
	test_grep "only secrets" .git/audit
'

test_expect_success 'no key is needed for what is no secret' '
	mv "$HOME/.config/git-vault" "$HOME/.config/away" &&
	{
		test_expect_code 5 git vault rollback --scope secrets prod \
			>.git/out 2>.git/err
		status=$?
		git vault rollback --scope code,config prod >.git/out 2>.git/err ||
			status=1
		mv "$HOME/.config/away" "$HOME/.config/git-vault"
		test $status = 0
	} && test "$(cat src/app)" = one && test "$(cat notes)" = first &&
	git vault -q rollback --undo $(undo_id) >.git/out &&
	standing >.git/actual && test_cmp .git/bad .git/actual
'

test_expect_success 'a scope that leaves nothing out is all there is' '
	test_create_repo small && (
		cd small && echo one >app && git add . && git commit -q -m one &&
		git vault -q snapshot && git vault -q good mark prod &&
		echo two >app && git commit -q -a -m two &&
		git vault rollback --scope code prod >.git/out 2>.git/err &&
		test_grep "made known-good record 2 of prod, a candidate" \
			.git/err && test "$(cat app)" = one &&
		test_grep "^whole yes" .git/vault/rollback/$(undo_id)/note &&
		echo mine >later && mkdir empty && echo three >app &&
		git vault rollback --undo $(undo_id) >.git/again 2>.git/err &&
		test "$(cat app)" = two && test "$(cat later)" = mine &&
		test_path_is_dir empty && git vault rollback \
			--undo $(undo_id .git/again) >.git/out 2>.git/err &&
		test "$(cat app)" = three && test "$(cat later)" = mine
	)
'

test_expect_success 'what is of another scope is not in the way' '
	test_create_repo way && (
		cd way && echo one >app && echo file >place && mkdir spot &&
		git add app place && git commit -q -m one && echo in >spot/local &&
		git vault -q snapshot && git vault -q good mark prod &&
		echo two >app && git rm -q place && mkdir place &&
		echo mine >place/own && rm -r spot && echo tracked >spot &&
		git add app spot && git commit -q -m two &&
		git vault rollback -n prod >.git/out && test_grep "M place" \
			.git/out && test_grep "A spot/local" .git/out &&
		test_must_fail git vault rollback --scope code prod >.git/out \
			2>.git/err && test_grep "cannot be restored completely" .git/err &&
		test "$(cat app)" = two && test "$(cat place/own)" = mine &&
		test_must_fail git vault rollback --scope config prod >.git/out \
			2>.git/err && test_grep "cannot be restored completely" .git/err &&
		test "$(cat spot)" = tracked &&
		git vault -q rollback --scope code,config prod >.git/out &&
		test "$(cat place)" = file && test "$(cat spot/local)" = in &&
		git vault -q rollback --undo $(undo_id) >.git/out &&
		test "$(cat place/own)" = mine && test "$(cat spot)" = tracked
	)
'

test_expect_success 'the file that a tool has its state in is of none and stays' '
	test_create_repo ../state && (
		cd ../state && mkdir prod && echo "*.tfstate" >.gitignore &&
		echo one >app && git add . && git commit -q -m one &&
		echo "DB_PASSWORD=Correct-Horse-41" >.env &&
		state 3 >prod/terraform.tfstate && state 1 >gone.tfstate &&
		git vault -q snapshot && git vault -q good mark prod &&
		echo two >app && echo "DB_PASSWORD=Battery-Staple-77" >.env &&
		rm gone.tfstate && mkdir new && state 1 >new/terraform.tfstate &&
		state 4 >prod/terraform.tfstate && git vault -q snapshot &&
		find . -name "*.tfstate" -exec sha256sum {} + | sort >../expect &&
		for scope in secrets files files,state
		do
			git vault rollback --scope $scope prod >../out 2>../err &&
			test_grep ! "tfstate$" ../out &&
			test_grep "state files of tools, such as .*tfstate, were not changed$" \
				../err && test_grep Correct-Horse .env &&
			find . -path ./.git -prune -o -name "*.tfstate" \
				-exec sha256sum {} + | sort >../actual &&
			test_cmp ../expect ../actual &&
			git vault -q rollback --undo $(undo_id ../out) >../again &&
			test_grep Battery-Staple .env &&
			find . -path ./.git -prune -o -name "*.tfstate" \
				-exec sha256sum {} + | sort >../actual &&
			test_cmp ../expect ../actual || return 1
		done &&
		test_grep "^ready .*prod/prod.tfstate serial 5" ../out &&
		state 5 >prod/terraform.tfstate && git vault -q snapshot &&
		git vault rollback -n prod >../out && test_grep "from 5" ../out &&
		rm -r .env && mkdir -p .env && state 1 >.env/a.tfstate &&
		test_expect_code 128 git vault rollback prod 2>../err &&
		test_grep ".env cannot go back: a directory is there" ../err
	)
'

test_expect_success 'words that are no scope, and where there can be none' '
	test_expect_code 129 git vault rollback --scope codes prod 2>.git/err &&
	test_grep "code, config, secrets, files" .git/err &&
	test_expect_code 129 git vault rollback --scope code, prod &&
	test_expect_code 129 git vault rollback --scope code --as-commit prod &&
	test_expect_code 129 git vault rollback --scope code --as-branch b prod
'

test_expect_success 'a commit of the record that is not here is told' '
	git clone -q --depth 1 "file://$PWD" shallow && (
		cd shallow && git fetch -q --depth 1 origin \
			"refs/vault/*:refs/vault/*" &&
		test_must_fail git vault rollback -n --scope code prod \
			>.git/out 2>.git/err &&
		test_grep "which has the code of that record," .git/err
	)
'

# ---- interrupted ----

test_expect_success 'one to go back, and what it comes to' '
	mkdir base && tar -cf - --format=posix --exclude=./base --exclude=./small \
		--exclude=./way --exclude=./shallow . | tar -xf - -C base &&
	rm -rf base/.git/vault/rollback &&
	standing base >"$TMPDIR/bad.sum" && cp -a base done && (
		cd done && git vault -q rollback --scope code,secrets prod \
			>"$TMPDIR/out"
	) && standing done >"$TMPDIR/good.sum" &&
	! cmp -s "$TMPDIR/bad.sum" "$TMPDIR/good.sum"
'

fresh () {
	rm -rf "$TRASH_DIRECTORY/work" &&
		cp -a "$TRASH_DIRECTORY/base" "$TRASH_DIRECTORY/work" &&
		{ cd "$TRASH_DIRECTORY/work" || return 1; }
}

left () {
	find work/.git/vault/rollback -mindepth 1 -maxdepth 1 -type d \
		2>/dev/null
}

check_scope () {
	git -C work vault list >"$TMPDIR/list" 2>"$TMPDIR/next" || return 1
	standing work >"$TMPDIR/now"
	if cmp -s "$TMPDIR/good.sum" "$TMPDIR/now"
	then
		dir=$(left) && test_path_is_file "$dir/note" &&
			test_path_is_file "$dir/paths" && side=finished
	else
		cmp "$TMPDIR/bad.sum" "$TMPDIR/now" && test -z "$(left)" &&
			side=undone
	fi || {
		cat "$TMPDIR/next" && left
		return 1
	}
	test $fault_status != 0 || test $side = finished || return 1
	test_path_is_missing work/.git/vault/rollback/pending &&
		test_path_is_missing work/.git/vault/rollback/played &&
		test_path_is_missing work/.git/vault/restore || return 1
	echo $side >>"$TMPDIR/sides"
	if test $side = finished
	then
		git -C work vault -q rollback --undo "$(basename "$(left)")" \
			>"$TMPDIR/out" && standing work >"$TMPDIR/now" &&
			cmp "$TMPDIR/bad.sum" "$TMPDIR/now"
	else
		git -C work vault -q rollback --scope code,secrets prod \
			>"$TMPDIR/out" && standing work >"$TMPDIR/now" &&
			cmp "$TMPDIR/good.sum" "$TMPDIR/now"
	fi
}

for mode in kill tear enospc eio
do
	test_expect_success "the scope is of one side after: $mode" '
		: >"$TMPDIR/sides" && for_each_fault $mode \
			"fresh && git vault rollback --scope code,secrets prod" \
			check_scope &&
		grep -q ^finished "$TMPDIR/sides" &&
		grep -q ^undone "$TMPDIR/sides"
	'
done

test_expect_success 'its undo is of one side, too, where it is killed' '
	rm -rf work base.was && mv base base.was && mv done base &&
	id=$(basename "$(find base/.git/vault/rollback -mindepth 1 \
		-maxdepth 1 -type d)") &&
	for_each_fault kill "fresh && git vault rollback --undo $id" "
		git -C work vault list >\"\$TMPDIR/list\" 2>&1 &&
		standing work >\"\$TMPDIR/now\" &&
		{ cmp -s \"\$TMPDIR/bad.sum\" \"\$TMPDIR/now\" ||
			cmp \"\$TMPDIR/good.sum\" \"\$TMPDIR/now\"; }
	"
'

test_done
