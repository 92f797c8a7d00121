#!/bin/sh

test_description='taking a plan back touches what the run wrote, and nothing else'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# undo STATUS: the last run
undo () {
	test_expect_code "$1" git vault plan undo --yes "$(ls .git/vault/plans | tail -n 1)" \
		>.git/out 2>.git/err || {
		cat .git/out .git/err
		return 1
	}
}

# run STATUS NAME
run () {
	rm -rf .git/vault/plans &&
	test_expect_code "$1" git vault plan run -y "$2" >.git/out 2>.git/err || {
		cat .git/out .git/err
		return 1
	}
}

test_expect_success 'set up: an environment with a secret, a state beside it and a record' '
	mkdir -p live/prod/app live/dev .gitvault/plans && printf "%s\n" .env "*.tfstate" >.gitignore &&
	printf "replicas: 3\nregion: west # where\n" >live/prod/app/app.yaml && echo "a: 1" >live/prod/app/b.yaml &&
	echo "DB_PASSWORD=c0rrect-h0rse-battery" >live/prod/app/.env && echo "a: 1" >live/dev/app.yaml &&
	echo "{\"version\":4,\"serial\":1,\"lineage\":\"l\",\"resources\":[]}" >live/prod/app/terraform.tfstate &&
	cat >.gitvault/plans/files.yaml <<-\END &&
	environment: prod
	steps: [{id: files, kind: restore}]
	END
	cat >.gitvault/plans/apply.yaml <<-\END &&
	environment: prod
	steps:
	  - {id: files, kind: restore}
	  - {id: apply, needs: [files], shell: "sed -i s/:1,/:2,/ live/prod/app/terraform.tfstate"}
	  - {id: bad, needs: [apply], run: ["false"], on_failure: rollback}
	END
	cat >.gitvault/plans/switch.yaml <<-\END &&
	steps: [{id: east, kind: switch, file: live/prod/app/app.yaml, key: region, to: east}]
	END
	git add -A && git commit -qm one && git vault key generate && git vault policy accept && git vault -q good mark prod
'

test_expect_success 'a file that was changed since stays and is named, the others go back' '
	echo broken >live/prod/app/app.yaml && echo broken >live/prod/app/b.yaml && echo DB_PASSWORD=x >live/prod/app/.env &&
	run 0 files && test "$(cat live/prod/app/.env)" = DB_PASSWORD=c0rrect-h0rse-battery &&
	echo "later: 1" >>live/prod/app/app.yaml && echo new >live/prod/app/new && echo "b: 2" >>live/dev/app.yaml && undo 1 &&
	test_grep "could not be taken back: live/prod/app/app.yaml was changed since" .git/out &&
	test_grep "later" live/prod/app/app.yaml && test "$(cat live/prod/app/b.yaml)" = broken &&
	test "$(cat live/prod/app/.env)" = DB_PASSWORD=x && test_path_is_file live/prod/app/new && test_grep "b: 2" live/dev/app.yaml &&
	sed -n "s/.*before: //p" .git/out >../cmd && test_expect_code 1 sh ../cmd >.git/out && test_grep "^[-+]broken" .git/out
'

test_expect_success 'several that stay are counted, and a mode or a link counts as a change of content does' '
	git checkout -q live && rm live/prod/app/new && for file in app b c d e
	do
		echo "x: 1" >live/prod/app/$file.yaml || return 1
	done && git add -A && git commit -qm two && git vault -q good mark prod && for file in app b c d e
	do
		echo "x: 2" >live/prod/app/$file.yaml || return 1
	done && run 0 files && echo 3 | tee live/prod/app/app.yaml live/prod/app/b.yaml live/prod/app/c.yaml >live/prod/app/d.yaml &&
	rm live/prod/app/e.yaml && ln -s app.yaml live/prod/app/e.yaml && undo 1 &&
	test_grep "app.yaml, live/prod/app/b.yaml, live/prod/app/c.yaml and 2 more were changed since" .git/out &&
	test "$(readlink live/prod/app/e.yaml)" = app.yaml && test "$(cat live/prod/app/d.yaml)" = 3 && rm live/prod/app/e.yaml
'

test_expect_success 'what the run made goes, also beside a newer file of the environment' '
	git checkout -q live && rm -r live/prod && mkdir live/prod && echo x >live/prod/other && run 0 files &&
	test_path_is_file live/prod/app/.env && undo 0 && test_path_is_missing live/prod/app &&
	test "$(cat live/prod/other)" = x && rm live/prod/other &&
	rm -rf live/prod && run 0 files && rm live/prod/app/c.yaml && undo 0 && test_path_is_missing live/prod
'

test_expect_success 'a state that a later step wrote is not put back to an older one' '
	git vault -q restore good:prod --in-place --env prod && sed -i s/:1,/:0,/ live/prod/app/terraform.tfstate && run 1 apply &&
	test_grep "files: could not be taken back: live/prod/app/terraform.tfstate was changed since" .git/out &&
	test_grep ":2," live/prod/app/terraform.tfstate
'

test_expect_success 'a recovery plan is no file of the environment that its name has' '
	git checkout -q live && cp .gitvault/plans/files.yaml .gitvault/plans/lost-prod.yaml && mkdir .gitvault/prod &&
	echo x >.gitvault/prod/x && git add -A && git commit -qm three && git vault rollback -y prod >.git/out 2>&1 &&
	test_path_is_file .gitvault/plans/lost-prod.yaml .gitvault/prod/x
'

test_expect_success 'a value that was switched further stays' '
	printf "replicas: 3\nregion: west # where\n" >live/prod/app/app.yaml && run 0 switch &&
	test_grep "region: east # where" live/prod/app/app.yaml && sed -i s/east/north/ live/prod/app/app.yaml && undo 1 &&
	test_grep "region of live/prod/app/app.yaml was changed since the run switched it" .git/out &&
	test_grep "region: north # where" live/prod/app/app.yaml &&
	sed -i s/north/west/ live/prod/app/app.yaml && run 0 switch && sed -i s/east/west/ live/prod/app/app.yaml && undo 0 &&
	test_grep "region: west # where" live/prod/app/app.yaml
'

test_done
