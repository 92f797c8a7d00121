#!/bin/sh
# shellcheck disable=SC2154

test_description='the step on-failure of contrib/ci

A deployment failed. The templates run as their systems run them, in a shallow
checkout of the commit that failed; the command that deploys says what it found.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

ci=$GIT_VAULT_SRC_DIR/contrib/ci
helper=$GIT_VAULT_SRC_DIR/t/helper

test_lazy_prereq YAML 'python3 -c "import yaml"'
test_lazy_prereq SYSTEMD 'systemd-analyze --version'

# policy LINE…: committed, accepted and shared
policy () {
	{
		printf "good:\n  signers: [\"%s\"]\n  checks: {smoke: \"%s\"}\n" \
			"$(sed -n 2p "$top/pipeline.pub")" \
			'test \"$(cat app)\" = good'
		printf "environments:\n" && printf "  %s\n" "$@"
	} >alice/clone/.gitvault.yaml &&
		as alice git add . && as alice git commit -q -m policy &&
		as alice git push -q origin HEAD &&
		on alice git vault -q policy accept && sync alice
}

# runner: a checkout as pipelines make it, of the newest commit
runner () {
	rm -rf "$top/runner" && mkdir -p "$top/runner/home" "$top/runner/tmp" &&
		git clone -q --depth 1 "file://$top/remote" "$top/runner/work" &&
		cd "$top/runner/work" && git checkout -q --detach &&
		sha=$(git rev-parse HEAD)
}

# as_runner COMMAND…
as_runner () {
	HOME=$top/runner/home TMPDIR=$top/runner/tmp "$@" \
		>"$top/runner/out" 2>"$top/runner/err" || {
		status_=$?
		cat "$top/runner/err"
		return $status_
	}
}

# script [NAME=VALUE]…
script () {
	as_runner env -i PATH="$PATH" HOME="$top/runner/home" \
		TMPDIR="$top/runner/tmp" GIT_VAULT_CI_ENV=prod \
		GIT_VAULT_CI_IDENTITY="$(cat "$top/pipeline.key")" "$@" \
		sh "$ci/git-vault-ci.sh"
}

# back [NAME=VALUE]…
back () {
	script GIT_VAULT_CI_STEP=on-failure GIT_VAULT_CI_RESULT=result.json \
		GIT_VAULT_CI_DEPLOY="cat app >>$top/deployed" "$@"
}

# is_result WORD TEXT [FILE]
is_result () {
	file_=${3-$top/runner/work/result.json}
	python3 -m json.tool "$file_" >/dev/null &&
		test_grep "\"result\":\"$1\"" "$file_" &&
		test_grep "$2" "$file_" &&
		test_grep "\"failed_commit\":\"$sha\"" "$file_" &&
		test -z "$(ls -A "$top/runner/tmp")" &&
		key_=$(grep -v "^#" "$top/pipeline.key" | tail -n 1) &&
		test_grep ! -rF "$key_" "$top/runner"
}

# commit TEXT: a new version of the application
commit () {
	echo "$1" >"$top/alice/clone/app" && as alice git add app &&
		as alice git commit -q -m "$1 $test_count" --allow-empty &&
		as alice git push -q origin HEAD && cd "$top" && runner
}

test_expect_success 'a team, and a good deployment by its pipeline' '
	start_team && join bob && sync bob &&
	on alice git vault key signer bob "$(sed -n 2p bob.pub)" && sync alice &&
	git vault key generate -o pipeline.key >pipeline.pub &&
	on alice git vault key add --name pipeline --role writer \
		--signer "$(sed -n 2p pipeline.pub)" "$top/pipeline.pub" &&
	as alice sh -c "mkdir contrib && cp -R \"$ci\" contrib && rm -r contrib/ci/jenkins" &&
	policy "prod: {rto: 1h}" && commit good && script &&
	good=$sha && echo 1 >expect && test_cmp expect "$top/runner/out"
'

test_expect_success 'nothing is done without automatic: true' '
	commit bad && test_expect_code 3 back &&
	is_result waiting "git vault rollback prod" &&
	test_path_is_missing "$top/deployed" && test_must_be_empty "$top/runner/out"
'

test_expect_success 'nor with one that nobody has accepted' '
	printf "environments:\n  prod: {automatic: true}\n" \
		>"$top/alice/clone/.gitvault.yaml" &&
	as alice git add . && commit unaccepted && test_expect_code 3 back &&
	is_result waiting "the accepted policy does not say" &&
	test_path_is_missing "$top/deployed"
'

test_expect_success 'GIT_VAULT_CI_POLICY says which one counts' '
	old=$(as alice git rev-parse HEAD~2) && policy "prod: {automatic: true}" &&
	commit bad && git fetch -q --depth 5 origin &&
	test_expect_code 3 back GIT_VAULT_CI_POLICY="$old" &&
	is_result waiting "the accepted policy does not say" &&
	test_path_is_missing "$top/deployed"
'

test_expect_success 'back to the last known-good commit, and checked' '
	commit bad && back &&
	is_result recovered "record 1 is deployed" &&
	test_grep "\"commit\":\"$good\"" result.json &&
	echo good >expect && test_cmp expect "$top/deployed" &&
	sync bob && on bob git vault good show prod >shown &&
	test_grep "^commit  *$good" shown && test_grep "smoke" shown &&
	on bob git for-each-ref "refs/vault/reports/on-failure/prod/$sha/" >refs &&
	test_line_count = 2 refs &&
	on bob git cat-file -p \
		"refs/vault/reports/on-failure/prod/$sha/ended:report.json" >told &&
	is_result recovered "record 1" "$PWD/told"
'

test_expect_success 'at most once a failed commit' '
	cd "$top" && runner && test_expect_code 3 back && is_result already "before" &&
	test_line_count = 1 "$top/deployed"
'

# job DIR: what is in a copy of the runner goes back; its status stays
job () {
	(
		cd "$top/$1/work" && env -i PATH="$PATH" HOME="$top/$1/home" \
			TMPDIR="$top/$1/tmp" GIT_VAULT_CI_ENV=prod \
			GIT_VAULT_CI_IDENTITY="$(cat "$top/pipeline.key")" \
			GIT_VAULT_CI_STEP=on-failure GIT_VAULT_CI_RESULT=result.json \
			GIT_VAULT_CI_DEPLOY="cat app >>$top/deployed" \
			sh "$ci/git-vault-ci.sh" >"$top/$1/out" 2>&1
		echo $? >"$top/$1/status"
	)
}

test_expect_success 'of runners at once one goes back' '
	rm -f "$top/deployed" && commit bad && cp -R "$top/runner" "$top/a" &&
	cp -R "$top/runner" "$top/b" && { job a & one=$!; } && job b && wait $one &&
	cat "$top/a/status" "$top/b/status" | sort >"$top/both" &&
	printf "0\n3\n" >expect && test_cmp expect "$top/both" &&
	test_line_count = 1 "$top/deployed"
'

test_expect_success 'a check that fails, and a deployment that fails' '
	rm -f "$top/deployed" && commit bad && test_expect_code 1 back \
		GIT_VAULT_CI_DEPLOY="echo broken >app" &&
	is_result unhealthy "a check failed" && commit bad &&
	test_expect_code 1 back GIT_VAULT_CI_DEPLOY="exit 7" &&
	is_result failed "the deployment of record [0-9]* failed" &&
	cd "$top" && runner && test_expect_code 3 back && is_result already before
'

test_expect_success 'what failed is known-good itself' '
	commit good && script && cd "$top" && runner && test_expect_code 3 back &&
	is_result none "is that of the last known-good record"
'

test_expect_success 'a freeze holds' '
	cd "$top" &&
	policy "prod: {automatic: true, freeze: \"2026-01-01..2036-01-01\"}" &&
	commit bad && test_expect_code 3 back && is_result refused "says no" &&
	test_path_is_missing "$top/deployed"
'

test_expect_success 'it waits for approvals, and goes on once they are there' '
	cd "$top" && policy "prod: {automatic: true, approvals: 1, approvers: [bob]}" &&
	commit bad && test_expect_code 3 back &&
	is_result waiting "git vault rollback --approve --to [0-9]* prod" &&
	n=$(sed -n "s/.*\"record\":\([0-9]*\).*/\1/p" result.json) &&
	test_path_is_missing "$top/deployed" && as bob git pull -q && sync bob &&
	on bob git vault rollback --approve --to "$n" prod && sync bob &&
	cd "$top" && runner && back GIT_VAULT_CI_WAIT=20 && is_result recovered "record $n"
'

# template SYSTEM FILE [KEY=VALUE]… [-- NAME=VALUE…]
template () {
	system_=$1 file_=$ci/$2
	shift 2
	as_runner python3 "$helper/ci-run.py" "$system_" "$file_" "$@"
}

# went [FILE]: this one has gone back
went () {
	test_line_count -eq 1 "$top/deployed" && rm "$top/deployed" &&
		is_result recovered "record" "${1-$PWD/git-vault-on-failure.json}"
}

test_expect_success YAML 'GitHub Actions, GitLab CI and Gitea Actions' '
	cd "$top" && policy "prod: {automatic: true}" && rm -f "$top/deployed" &&
	commit bad && template github github/on-failure/action.yml \
		inputs.environment=prod "inputs.deploy=cat app >>$top/deployed" \
		"inputs.identity=$(cat "$top/pipeline.key")" -- CI=true \
		GITHUB_ACTIONS=true GITHUB_SHA=$sha GITHUB_RUN_ID=7 \
		GITHUB_OUTPUT=$top/github-output \
		GITHUB_ACTION_PATH=$ci/github/on-failure && went &&
	test_grep "^record=[0-9]" "$top/github-output" &&
	ln -s remote "$top/remote.git" && commit bad &&
	template gitlab gitlab/on-failure.gitlab-ci.yml CI_SERVER_URL=file:// \
		"CI_PROJECT_PATH=${top#/}/remote" -- CI=true GITLAB_CI=true \
		CI_COMMIT_SHA=$sha CI_ENVIRONMENT_NAME=prod CI_PIPELINE_ID=5 \
		CI_JOB_TOKEN=token-of-job \
		"GIT_VAULT_CI_DEPLOY=cat app >>$top/deployed" \
		"GIT_VAULT_CI_IDENTITY=$(cat "$top/pipeline.key")" && went &&
	commit bad && printf "#!/bin/sh\ncat app >>%s\n" "$top/deployed" >"$top/deploy" &&
	as alice sh -c "cp \"$top/deploy\" . && chmod +x deploy && git add deploy" &&
	commit good && script && commit bad &&
	template gitea gitea/on-failure.yml vars.DEPLOY_ENV=prod vars.DEPLOY_STATES= \
		"secrets.IDENTITY_OF_VAULT=$(cat "$top/pipeline.key")" \
		vars.KEYRING_OF_VAULT= vars.POLICY_OF_VAULT= -- CI=true \
		GITHUB_ACTIONS=true GITEA_ACTIONS=true GITHUB_SHA=$sha && went
'

test_expect_success YAML 'Tekton and Argo CD' '
	commit bad && template tekton tekton/on-failure.yaml \
		params.environment=prod "params.deploy=cat app >>$top/deployed" \
		params.commit=$sha "metadata.labels['\''tekton.dev/pipelineRun'\'']=run-x" \
		context.taskRun.name=task-x context.task.retry-count=0 \
		"workspaces.source.path=$PWD" "results.result.path=$top/result" \
		secret.user=bot secret.token=token-of-job \
		"secret.identity=$(cat "$top/pipeline.key")" && went "$top/result" &&
	commit bad && mkdir "$top/runner/empty" && cd "$top/runner/empty" &&
	template argocd argocd/on-failure.yaml \
		"metadata.annotations['\''git-vault/app'\'']=shop" \
		"metadata.annotations['\''git-vault/namespace'\'']=prod" \
		"metadata.annotations['\''git-vault/project'\'']=team" \
		"metadata.annotations['\''git-vault/revision'\'']=$sha" \
		"metadata.annotations['\''git-vault/target'\'']=main" \
		"metadata.annotations['\''git-vault/repository'\'']=file://$top/remote" \
		"metadata.annotations['\''git-vault/deploy'\'']=cat app >>$top/deployed" \
		secret.user=bot secret.token=token-of-job \
		"secret.identity=$(cat "$top/pipeline.key")" &&
	grep "\"recovered\"" "$top/runner/out" >"$top/result" && went "$top/result"
'

test_expect_success YAML 'a Job of Kubernetes, and a service of systemd' '
	commit bad && mkdir "$top/runner/empty" && cd "$top/runner/empty" &&
	sed "s,https://git.example.com/team/infrastructure.git,file://$top/remote,
		s,kubectl apply -k overlays/production,cat app >>$top/deployed,
		s,value: production,value: prod," \
		"$ci/kubernetes/on-failure.yaml" >job.yaml &&
	as_runner python3 "$helper/ci-run.py" kubernetes job.yaml \
		secret.user=bot secret.token=token-of-job \
		"secret.identity=$(cat "$top/pipeline.key")" &&
	grep "\"recovered\"" "$top/runner/out" >"$top/result" && went "$top/result" &&
	commit bad && printf "%s\n" "GIT_VAULT_CI_DIR=$PWD" GIT_VAULT_CI_ENV=prod \
		"GIT_VAULT_CI_DEPLOY=cat app >>$top/deployed" \
		"GIT_VAULT_IDENTITY=$top/pipeline.key" >"$top/settings" &&
	mkdir "$top/runner/empty" && cd "$top/runner/empty" &&
	template systemd "systemd/git-vault-on-failure@.service" \
		"/etc/git-vault/good/%i=$top/settings" &&
	grep "\"recovered\"" "$top/runner/out" >"$top/result" && went "$top/result"
'

test_expect_success SYSTEMD 'a unit that fails can start it' '
	sed "/^Documentation=man:/d" "$ci/systemd/git-vault-on-failure@.service" \
		>git-vault-on-failure@.service &&
	systemd-analyze verify --man=no ./git-vault-on-failure@.service >out 2>&1 &&
	test_must_be_empty out
'

# The Groovy of it sets these and no other variables; what they are called here
# is read from there.
test_expect_success 'Jenkins' '
	sed -n "s/.*[\"'\'']\(GIT_VAULT_CI_[A-Z]*\)=.*/\1/p" \
		"$ci/jenkins/vars/gitVaultOnFailure.groovy" | sort >set &&
	printf "GIT_VAULT_CI_%s\n" DEPLOY ENV KEYRING POLICY RESULT STATES STEP WAIT >expect &&
	test_cmp expect set && rm -f "$top/deployed" && commit bad &&
	as_runner env -i PATH="$PATH" HOME="$top/runner/home" \
		TMPDIR="$top/runner/tmp" GIT_VAULT_CI_STEP=on-failure \
		GIT_VAULT_CI_RESULT=git-vault-on-failure.json GIT_VAULT_CI_ENV=prod \
		GIT_VAULT_CI_DEPLOY="cat app >>$top/deployed" GIT_VAULT_CI_WAIT=0 \
		GIT_VAULT_CI_STATES= GIT_VAULT_CI_KEYRING= GIT_VAULT_CI_POLICY= \
		GIT_VAULT_CI_IDENTITY="$(cat "$top/pipeline.key")" JENKINS_URL=https://ci/ \
		BUILD_NUMBER=9 JOB_NAME=app/main GIT_COMMIT=$sha \
		sh -c "$(cat "$ci/git-vault-ci.sh")" && went
'

test_expect_success 'what cannot be asked for is refused' '
	test_expect_code 128 back GIT_VAULT_CI_DEPLOY= &&
	test_grep "does not say what deploys" "$top/runner/err" &&
	test_expect_code 128 back GIT_VAULT_CI_WAIT=soon &&
	test_grep "is a number of seconds" "$top/runner/err" &&
	test_expect_code 128 script GIT_VAULT_CI_STEP=back &&
	test_grep "is mark, on-failure or validate" "$top/runner/err"
'

test_done
