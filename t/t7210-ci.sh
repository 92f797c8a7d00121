#!/bin/sh
# shellcheck disable=SC2154

test_description='the templates of contrib/ci

The shell part of each is run as it stands in the template, with the environment
that its system documents and nothing else, in a shallow checkout without a
branch; what it made is read back in another clone and checked by a script that
knows nothing of us.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

ci=$GIT_VAULT_SRC_DIR/contrib/ci
helper=$GIT_VAULT_SRC_DIR/t/helper
digest=$(printf app | sha256sum | cut -c1-64)

test_lazy_prereq YAML 'python3 -c "import yaml"'
test_lazy_prereq YAMLLINT 'yamllint --version'
test_lazy_prereq SYSTEMD 'systemd-analyze --version'
test_lazy_prereq OPENSSL '
	openssl genpkey -algorithm ed25519 -out key && echo x >text &&
	openssl pkeyutl -sign -rawin -inkey key -in text -out sig
'

state () {
	printf '{"version":4,"terraform_version":"1.9.8","serial":%d,
	"lineage":"one","outputs":{},"resources":[{"mode":"managed",
	"type":"null_resource","name":"a","provider":"provider[\\"x\\"]",
	"instances":[{"schema_version":0,"attributes":{"id":"%d"}}]}]}\n' "$1" "$1"
}

# fresh: a checkout as pipelines make it, and the home of a runner, in which
# there is no identity and no name
fresh () {
	rm -rf "$top/runner" && mkdir -p "$top/runner/home" "$top/runner/tmp" &&
		git clone -q --depth 1 "file://$top/remote" "$top/runner/work" &&
		cd "$top/runner/work" && git checkout -q --detach &&
		git config user.name x && git config user.email x@y.z &&
		sha=$(git rev-parse HEAD) && mkdir -p "$top/runner/library" &&
		printf "#!/bin/sh\nexit 0\n" >deploy && chmod +x deploy
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

# template SYSTEM FILE [KEY=VALUE]… [-- NAME=VALUE…]
template () {
	system_=$1 file_=$ci/$2
	shift 2
	as_runner python3 "$helper/ci-run.py" "$system_" "$file_" "$@"
}

# is_told ENV LINE…: the newest record is in another clone, signed by the
# pipeline's key, and says these lines of its pipeline; no key, no token stays
is_told () {
	env_=$1
	shift
	sync bob &&
		on bob git vault good show "$env_" >"$top/shown" &&
		test_grep "^signed  *by .*$(sed -n 2p "$top/pipeline.pub")" "$top/shown" &&
		test_grep "^commit  *$sha" "$top/shown" &&
		sed 's/^ *//; s/   */ /' "$top/shown" >"$top/said" &&
		for line_ in "$@"
		do
			test_grep -Fx "$line_" "$top/said" || return 1
		done &&
		on bob git vault good export "$env_" >"$top/envelope" &&
		if test_have_prereq OPENSSL
		then
			python3 "$helper/dsse-check.py" "$top/envelope" "$top" \
				>"$top/statement" &&
			test_grep "$sha" "$top/statement"
		fi &&
		test -z "$(ls -A "$top/runner/tmp")" &&
		key_=$(grep -v "^#" "$top/pipeline.key" | tail -n 1) &&
		test -n "$key_" && test_grep ! -rF "$key_" "$top/runner" &&
		test_grep ! -r "tok[e]n-of-job" "$top/runner"
}

# A write-only key makes no record that counts, unless the policy names it.
test_expect_success 'a team, and a key of its pipelines that opens nothing' '
	start_team && join bob &&
	git vault key generate -o pipeline.key >pipeline.pub &&
	printf "good:\n  signers: [\"%s\"]\n" \
		"$(sed -n 2p pipeline.pub)" >alice/clone/.gitvault.yaml &&
	as alice sh -c "mkdir contrib && cp -R \"$ci\" contrib &&
		rm -r contrib/ci/jenkins && echo \"*.tfstate\" >>.gitignore &&
		git add . && git commit -q -m two && git push -q origin HEAD" &&
	on alice git vault -q policy accept &&
	on alice git vault key add --name pipeline --role writer \
		"$top/pipeline.pub" && sync alice && as bob git pull -q && sync bob
'

test_expect_success YAML 'GitHub Actions: mark, verify, export, push' '
	fresh && state 1 >net.tfstate && echo passed >smoke.xml &&
	template github github/action.yml inputs.environment=prod \
		inputs.states=network=net.tfstate \
		"inputs.artifacts=app=sha256:$digest" \
		"inputs.evidence=smoke.xml" inputs.verify=true \
		inputs.export=statement.json \
		"inputs.identity=$(cat "$top/pipeline.key")" -- \
		CI=true GITHUB_ACTIONS=true GITHUB_ACTOR=octo GITHUB_RUN_ID=71 \
		GITHUB_JOB=deploy GITHUB_RUN_ATTEMPT=2 GITHUB_SHA=$sha \
		GITHUB_REF=refs/heads/main GITHUB_SERVER_URL=https://github.com \
		GITHUB_REPOSITORY=o/r GITHUB_OUTPUT=$top/github-output \
		GITHUB_ACTION_PATH=$ci/github GITHUB_TOKEN=token-of-job &&
	echo record=2 >expect && test_cmp expect "$top/github-output" &&
	is_told prod "pipeline github" "actor octo" "run 71" "job deploy" \
		"attempt 2" "commit $sha" "ref refs/heads/main" \
		"url https://github.com/o/r/actions/runs/71" &&
	test_cmp statement.json "$top/envelope" &&
	test_grep "^artifact  *app.*$digest" "$top/shown" &&
	test_grep "smoke.xml" "$top/shown" &&
	on bob git vault state log --env prod --stack network >out &&
	test_line_count = 2 out &&
	on bob git vault good list prod >out && test_grep candidate out &&
	test_grep verified out
'

test_expect_success YAML 'GitLab CI' '
	ln -s remote "$top/remote.git" && fresh && template gitlab gitlab/git-vault.gitlab-ci.yml \
		CI_SERVER_URL=file:// "CI_PROJECT_PATH=${top#/}/remote" -- \
		CI=true GITLAB_CI=true GITLAB_USER_LOGIN=ann CI_PIPELINE_ID=5 \
		CI_JOB_NAME=prod CI_JOB_ID=51 CI_COMMIT_SHA=$sha \
		CI_COMMIT_BRANCH=main CI_COMMIT_REF_NAME=main \
		CI_ENVIRONMENT_NAME=staging CI_JOB_TOKEN=token-of-job \
		CI_JOB_URL=https://gitlab.example.com/o/r/-/jobs/51 \
		"GIT_VAULT_CI_IDENTITY=$(cat "$top/pipeline.key")" &&
	echo 1 >expect && test_cmp expect "$top/runner/out" &&
	is_told staging "pipeline gitlab" "actor ann" "run 5" "job prod" \
		"commit $sha" "ref refs/heads/main" \
		"environment staging"
'

# The Groovy of it sets these and no other variables; what they are called here
# is read from there.
test_expect_success 'Jenkins' '
	fresh && sed -n "s/.*\"\(GIT_VAULT_CI_[A-Z]*\)=.*/\1/p" \
		"$ci/jenkins/vars/gitVault.groovy" | sort >set &&
	printf "GIT_VAULT_CI_%s\n" ARTIFACTS ENV EVIDENCE EXPORT KEYRING POLICY REFS STATES \
		VERIFY >expect && test_cmp expect set && rm set expect &&
	as_runner env -i PATH="$PATH" HOME="$top/runner/home" \
		TMPDIR="$top/runner/tmp" GIT_VAULT_CI_ENV=jenkins \
		GIT_VAULT_CI_STATES= GIT_VAULT_CI_ARTIFACTS="app=sha256:$digest" \
		GIT_VAULT_CI_EVIDENCE= GIT_VAULT_CI_VERIFY=true \
		GIT_VAULT_CI_EXPORT= GIT_VAULT_CI_REFS= GIT_VAULT_CI_USER=ann \
		GIT_VAULT_CI_TOKEN=token-of-job \
		GIT_VAULT_CI_IDENTITY="$(cat "$top/pipeline.key")" \
		JENKINS_URL=https://ci/ BUILD_NUMBER=9 JOB_NAME=app/main \
		GIT_COMMIT=$sha GIT_BRANCH=origin/main BUILD_USER_ID=ann \
		BUILD_URL=https://ci/job/app/9/ sh -c "$(cat "$ci/git-vault-ci.sh")" &&
	is_told jenkins "pipeline jenkins" "actor ann" "run 9" "job app/main" \
		"commit $sha" "ref origin/main" "url https://ci/job/app/9/"
'

test_expect_success YAML 'Gitea Actions' '
	fresh && state 2 >net.tfstate &&
	template gitea gitea/git-vault.yml vars.DEPLOY_ENV=prod \
		vars.DEPLOY_STATES=network=net.tfstate \
		"secrets.IDENTITY_OF_VAULT=$(cat "$top/pipeline.key")" \
		vars.KEYRING_OF_VAULT= vars.POLICY_OF_VAULT= -- \
		CI=true GITHUB_ACTIONS=true GITEA_ACTIONS=true GITHUB_ACTOR=ann \
		GITHUB_RUN_ID=801 GITHUB_RUN_NUMBER=8 GITHUB_JOB=deploy \
		GITHUB_SHA=$sha GITHUB_REF=refs/heads/main \
		GITHUB_SERVER_URL=https://git.example.com GITHUB_REPOSITORY=o/r &&
	is_told prod "pipeline gitea" "actor ann" "run 801" \
		"url https://git.example.com/o/r/actions/runs/8" &&
	on bob git vault state log --env prod --stack network >out &&
	test_line_count = 3 out
'

test_expect_success YAML 'the hook of Argo CD, which has no checkout' '
	fresh && cd "$top/runner/library" &&
	template argocd argocd/git-vault.yaml \
		"metadata.annotations['\''git-vault/app'\'']=shop" \
		"metadata.annotations['\''git-vault/namespace'\'']=shop-prod" \
		"metadata.annotations['\''git-vault/project'\'']=team" \
		"metadata.annotations['\''git-vault/revision'\'']=$sha" \
		"metadata.annotations['\''git-vault/target'\'']=main" \
		"metadata.annotations['\''git-vault/repository'\'']=file://$top/remote" \
		secret.user=bot secret.token=token-of-job \
		"secret.identity=$(cat "$top/pipeline.key")" &&
	is_told shop-prod "pipeline argocd" "actor team" "run $sha" "job shop" \
		"commit $sha" "ref main" "environment shop-prod"
'

test_expect_success YAML 'the task of Tekton' '
	fresh && echo "app=sha256:$digest" >artifacts &&
	template tekton tekton/git-vault.yaml params.environment=tekton \
		"params.artifacts=$(cat artifacts)" params.commit=$sha \
		params.ref=refs/heads/main params.actor=ann \
		params.url=https://tekton.example.com/run-x \
		"metadata.labels['\''tekton.dev/pipelineRun'\'']=run-x" \
		context.taskRun.name=task-x context.task.retry-count=0 \
		"workspaces.source.path=$PWD" "results.record.path=$top/result" \
		secret.user=bot secret.token=token-of-job \
		"secret.identity=$(cat "$top/pipeline.key")" &&
	printf 1 >expect && test_cmp expect "$top/result" &&
	is_told tekton "pipeline tekton" "actor ann" "run run-x" "job task-x" \
		"attempt 0" "commit $sha" "ref refs/heads/main" \
		"environment tekton" "url https://tekton.example.com/run-x"
'

cronjob () {
	as_runner python3 "$helper/ci-run.py" kubernetes job.yaml \
		secret.user=bot secret.token=token-of-job \
		"secret.identity=$(cat "$top/pipeline.key")"
}

test_expect_success YAML 'the CronJob of Kubernetes, with a state that is mounted' '
	fresh && state 7 >"$top/state.json" && cd "$top/runner/library" &&
	sed "s,https://git.example.com/team/infrastructure.git,file://$top/remote,
		s,/var/run/git-vault/state.json,$top/state.json," \
		"$ci/kubernetes/cronjob.yaml" >job.yaml &&
	cronjob && echo 2 >expect && test_cmp expect "$top/runner/out" &&
	is_told production &&
	cronjob && test_must_be_empty "$top/runner/out" &&
	test_grep "is of this commit already" "$top/runner/err" &&
	state 8 >"$top/state.json" && cronjob &&
	test_file_not_empty "$top/runner/out" && is_told production
'

test_expect_success YAML 'the service of systemd' '
	fresh && printf "%s\n" "GIT_VAULT_CI_DIR=$PWD" GIT_VAULT_CI_ENV=host \
		"GIT_VAULT_IDENTITY=$top/pipeline.key" >"$top/settings" &&
	cd "$top/runner/library" &&
	template systemd systemd/git-vault-good@.service \
		"/etc/git-vault/good/%i=$top/settings" &&
	is_told host && template systemd systemd/git-vault-good@.service \
		"/etc/git-vault/good/%i=$top/settings" &&
	test_must_be_empty "$top/runner/out"
'

test_expect_success SYSTEMD 'its units are such' '
	for unit in service timer
	do
		sed "/^Documentation=man:/d" "$ci/systemd/git-vault-good@.$unit" \
			>git-vault-good@.$unit || return 1
	done && systemd-analyze verify --man=no ./git-vault-good@.service \
		./git-vault-good@.timer >out 2>&1 && test_must_be_empty out
'

# checked NAME=VALUE…: a pipeline whose checkout has a policy with a command
checked () {
	cd "$top" && fresh && printf "good:\n  signers: [\"%s\"]\n  checks: {c: touch ran}\n" \
		"$(sed -n 2p "$top/pipeline.pub")" >.gitvault.yaml &&
		blob=$(git hash-object -w .gitvault.yaml) && git commit -qam checks &&
		sha=$(git rev-parse HEAD) &&
		case $1 in BLOB) set -- "$blob" ;; COMMIT) set -- "$sha" ;; esac &&
		test_might_fail as_runner env GIT_VAULT_CI_ENV=pinned GIT_VAULT_CI_VERIFY=true \
			GIT_VAULT_CI_POLICY="$1" GIT_VAULT_CI_IDENTITY="$(cat "$top/pipeline.key")" \
			GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.abbrev GIT_CONFIG_VALUE_0=12 \
			sh "$ci/git-vault-ci.sh" &&
		test_must_fail git config vault.policy
}

test_expect_success 'GIT_VAULT_CI_POLICY pins the policy for this run alone' '
	checked "" && test_path_is_missing ran &&
	checked BLOB && test_path_is_file ran &&
	checked COMMIT && test_path_is_file ran &&
	checked "$(git rev-parse HEAD~1)" && test_path_is_missing ran &&
	checked 1234567890123456789012345678901234567890 && test_path_is_missing ran &&
	test_grep "vault.policy names 1234567890" "$top/runner/err"
'

test_expect_success YAMLLINT 'nothing is wrong with the YAML' '
	yamllint -s -c "$ci/.yamllint" "$ci"
'

# script [NAME=VALUE]…
script () {
	as_runner env -i PATH="$PATH" HOME="$top/runner/home" \
		TMPDIR="$top/runner/tmp" GIT_VAULT_CI_ENV=prod "$@" \
		sh "$ci/git-vault-ci.sh"
}

# refuses CODE TEXT [NAME=VALUE]…: nothing is marked, here or there
refuses () {
	code_=$1 text_=$2
	shift 2
	git -C "$top/remote" for-each-ref >"$top/before" &&
		test_expect_code "$code_" script "$@" >/dev/null &&
		test_grep "$text_" "$top/runner/err" &&
		test_must_be_empty "$top/runner/out" &&
		git -C "$top/remote" for-each-ref >"$top/after" &&
		test_cmp "$top/before" "$top/after" &&
		test -z "$(ls -A "$top/runner/tmp")"
}

test_expect_success 'what cannot be done is said, and nothing is marked' '
	fresh && refuses 128 "which environment was deployed to" \
		GIT_VAULT_CI_ENV= &&
	refuses 128 "GIT_VAULT_CI_VERIFY is true or false, not .yes" \
		GIT_VAULT_CI_VERIFY=yes &&
	refuses 128 "no state in .no.tfstate" GIT_VAULT_CI_STATES=no.tfstate &&
	refuses 129 "an artifact is NAME=sha256:" GIT_VAULT_CI_ARTIFACTS=app &&
	refuses 128 "nothing was marked" GIT_VAULT_CI_URL="file://$top/none" &&
	refuses 128 "no checkout in" GIT_VAULT_CI_DIR="$top/none" &&
	refuses 128 "cannot check out .nobranch" \
		GIT_VAULT_CI_CLONE="file://$top/remote" \
		GIT_VAULT_CI_COMMIT=nobranch &&
	mkdir "$top/runner/bin" && printf "#!/bin/sh\nexit 1\n" \
		>"$top/runner/bin/git-vault" && chmod +x "$top/runner/bin/git-vault" &&
	refuses 128 "no git-vault in PATH" PATH="$top/runner/bin:$PATH"
'

# As a container has it whose user is not who checked out.
test_expect_success ROOT 'a checkout of another user is read where git is told to' '
	fresh && chown -R 65534 . &&
	refuses 128 "the checkout in $PWD is another user.s than $(id -un)" &&
	test_grep "run before this: git config --global --add safe.directory" \
		"$top/runner/err" &&
	HOME=$top/runner/home git config --global --add safe.directory "$PWD" &&
	script "GIT_VAULT_CI_IDENTITY=$(cat "$top/pipeline.key")" &&
	is_told prod
'

test_expect_success 'a token goes to git, and to nothing that it leaves behind' '
	fresh && mkdir "$top/runner/bin" &&
	cat >"$top/runner/bin/git-remote-asks" <<-\END &&
	#!/bin/sh
	printf "protocol=https\nhost=example.com\n\n" | git credential fill \
		>"$TOLD" 2>&1
	exec git-remote-file-of-none
	END
	chmod +x "$top/runner/bin/git-remote-asks" &&
	refuses 128 "nothing was marked" PATH="$top/runner/bin:$PATH" \
		TOLD="$top/told" GIT_VAULT_CI_URL=asks::x \
		GIT_VAULT_CI_USER=bot GIT_VAULT_CI_TOKEN=token-of-job &&
	test_grep "^username=bot" "$top/told" &&
	test_grep "^password=token-of-job" "$top/told" &&
	test_grep ! -r token-of-job "$top/runner"
'

test_expect_success 'a check that fails leaves a candidate, which others see' '
	as alice sh -c "printf \"good:\\n  checks:\\n    smoke: \\\"false\\\"\\n\" \
		>.gitvault.yaml && git add . && git commit -q -m checks &&
		git push -q" && on alice git vault -q policy accept && sync alice &&
	fresh && test_expect_code 1 script GIT_VAULT_CI_VERIFY=true &&
	test_grep "a check has failed: record [0-9]* of prod stays" \
		"$top/runner/err" &&
	n=$(cat "$top/runner/out") && as bob git pull -q && sync bob &&
	on bob git vault good show prod $n >out &&
	test_grep "^status  *candidate" out && test_grep "^commit  *$sha" out
'

# at_once DIR…: jobs side by side, each in a copy of the runner
at_once () {
	jobs_=
	for job_ in "$@"
	do
		cp -R "$top/runner" "$top/$job_" || return 1
		(
			cd "$top/$job_/work" && exec env -i PATH="$PATH" \
				HOME="$top/$job_/home" TMPDIR="$top/$job_/tmp" \
				GIT_VAULT_CI_ENV=both JENKINS_URL=https://ci/ \
				BUILD_NUMBER="${job_#job-}" \
				GIT_VAULT_IDENTITY="$top/pipeline.key" \
				sh "$ci/git-vault-ci.sh" >"$top/$job_/out" 2>&1
		) &
		jobs_="$jobs_ $!"
	done
	for job_ in $jobs_
	do
		wait "$job_" || return 1
	done
}

test_expect_success 'four pipelines at once make four records' '
	as alice sh -c "git rm -q .gitvault.yaml && git commit -q -m none &&
		git push -q" && fresh && at_once job-1 job-2 job-3 job-4 &&
	sync bob && on bob git for-each-ref --format="%(refname)" \
		refs/vault/good/both >out && test_line_count = 4 out &&
	on bob git vault good list both >out && test_grep ! damaged out &&
	cat "$top"/job-*/out >out && test_grep ! "^conflict" out &&
	for n in 1 2 3 4
	do
		test_grep -x $n out || return 1
	done
'

test_done
