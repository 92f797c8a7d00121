#!/bin/sh

test_description='the pipelines that known-good records tell of

Each with the variables that its system documents, in an environment of nothing
else.'
. "$(dirname "$0")/test-lib.sh"

test_commit one
sha=$(git rev-parse HEAD)

# run NAME=VALUE…: mark with these variables alone, and print its pipeline
run () {
	env -i PATH="$PATH" HOME="$HOME" GIT_CONFIG_NOSYSTEM=1 \
		GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b.c "$@" \
		git vault -q good mark prod >n 2>err &&
		git vault good show prod "$(cat n)" |
		sed -n '/^pipeline/,/^[^ p]/{/^pipeline/p;/^  /p;}' |
		sed 's/^  *//; s/   */ /' >actual
}

# is LINE…: what it printed
is () {
	printf '%s\n' "$@" >expect && test_cmp expect actual
}

test_expect_success 'by hand there is none' '
	run X=y && test_must_be_empty actual
'

test_expect_success 'GitHub Actions' '
	run CI=true GITHUB_ACTIONS=true GITHUB_ACTOR=octo GITHUB_RUN_ID=71 \
		GITHUB_JOB=deploy GITHUB_RUN_ATTEMPT=2 GITHUB_SHA=$sha \
		GITHUB_REF=refs/heads/main GITHUB_SERVER_URL=https://github.com \
		GITHUB_REPOSITORY=o/r GITHUB_TOKEN=ghs_never &&
	is "pipeline github" "actor octo" "run 71" "job deploy" "attempt 2" \
		"commit $sha" "ref refs/heads/main" \
		"url https://github.com/o/r/actions/runs/71" &&
	test_must_be_empty err &&
	git cat-file tag refs/vault/good/prod/$(cat n) >out &&
	test_grep ! never out
'

test_expect_success 'GitLab CI, of a branch and of a tag' '
	run CI=true GITLAB_CI=true GITLAB_USER_LOGIN=ann CI_PIPELINE_ID=5 \
		CI_JOB_NAME=prod CI_JOB_ID=51 CI_COMMIT_SHA=$sha \
		CI_COMMIT_BRANCH=main CI_COMMIT_REF_NAME=main \
		CI_ENVIRONMENT_NAME=production \
		CI_JOB_URL=https://u:p@gitlab.example.com/o/r/-/jobs/51 \
		CI_JOB_TOKEN=never &&
	is "pipeline gitlab" "actor ann" "run 5" "job prod" "commit $sha" \
		"ref refs/heads/main" "environment production" \
		"url https://gitlab.example.com/o/r/-/jobs/51" &&
	run GITLAB_CI=true CI_COMMIT_TAG=v1 CI_COMMIT_REF_NAME=v1 &&
	is "pipeline gitlab" "ref refs/tags/v1"
'

test_expect_success 'an address that is none by https or http is left out, and told' '
	for url in "javascript:alert(1)" file:///etc/passwd "//ci/7" "https:x"
	do
		run GITLAB_CI=true CI_PIPELINE_ID=5 "CI_JOB_URL=$url" &&
		is "pipeline gitlab" "run 5" &&
		test_grep "warning: the pipeline.s address" err &&
		test_expect_code 129 git vault good mark \
			--pipeline-url "$url" prod 2>err || return 1
	done &&
	run GITLAB_CI=true CI_JOB_URL=HTTP://ci/7 &&
	is "pipeline gitlab" "url HTTP://ci/7" && test_must_be_empty err
'

test_expect_success 'Jenkins' '
	run JENKINS_URL=https://ci/ BUILD_NUMBER=9 JOB_NAME=app/main \
		GIT_COMMIT=$sha GIT_BRANCH=origin/main BUILD_USER_ID=ann \
		BUILD_URL=https://ci/job/app/9/ &&
	is "pipeline jenkins" "actor ann" "run 9" "job app/main" \
		"commit $sha" "ref origin/main" "url https://ci/job/app/9/"
'

test_expect_success 'Gitea and Forgejo, which go by the names of GitHub too' '
	run GITHUB_ACTIONS=true GITEA_ACTIONS=true GITHUB_ACTOR=ann \
		GITHUB_RUN_ID=801 GITHUB_RUN_NUMBER=8 GITHUB_JOB=d \
		GITHUB_SHA=$sha GITHUB_REF=refs/heads/main \
		GITHUB_SERVER_URL=https://git.example.com GITHUB_REPOSITORY=o/r &&
	is "pipeline gitea" "actor ann" "run 801" "job d" "commit $sha" \
		"ref refs/heads/main" \
		"url https://git.example.com/o/r/actions/runs/8" &&
	run GITHUB_ACTIONS=true GITEA_ACTIONS=true FORGEJO_ACTIONS=true \
		GITHUB_RUN_NUMBER=8 &&
	is "pipeline forgejo" "run 8"
'

test_expect_success 'Azure Pipelines' '
	run TF_BUILD=True BUILD_REQUESTEDFOR="Ann B" BUILD_BUILDID=33 \
		SYSTEM_JOBNAME=deploy SYSTEM_JOBATTEMPT=1 \
		BUILD_SOURCEVERSION=$sha BUILD_SOURCEBRANCH=refs/heads/main \
		ENVIRONMENT_NAME=prod SYSTEM_TEAMPROJECT=p \
		SYSTEM_COLLECTIONURI=https://dev.azure.com/o/ &&
	is "pipeline azure" "actor Ann B" "run 33" "job deploy" "attempt 1" \
		"commit $sha" "ref refs/heads/main" "environment prod" \
		"url https://dev.azure.com/o/p/_build/results?buildId=33"
'

test_expect_success 'CircleCI' '
	run CI=true CIRCLECI=true CIRCLE_USERNAME=ann CIRCLE_WORKFLOW_ID=w \
		CIRCLE_BUILD_NUM=4 CIRCLE_JOB=d CIRCLE_SHA1=$sha \
		CIRCLE_BRANCH=main CIRCLE_BUILD_URL=https://circleci.com/4 &&
	is "pipeline circleci" "actor ann" "run w" "job d" \
		"commit $sha" "ref refs/heads/main" "url https://circleci.com/4"
'

test_expect_success 'Buildkite' '
	run BUILDKITE=true BUILDKITE_BUILD_CREATOR=Ann BUILDKITE_BUILD_NUMBER=6 \
		BUILDKITE_STEP_KEY=d BUILDKITE_RETRY_COUNT=0 \
		BUILDKITE_COMMIT=$sha BUILDKITE_BRANCH=main BUILDKITE_TAG= \
		BUILDKITE_BUILD_URL=https://buildkite.com/6 &&
	is "pipeline buildkite" "actor Ann" "run 6" "job d" "attempt 0" \
		"commit $sha" "ref refs/heads/main" "url https://buildkite.com/6"
'

test_expect_success 'Drone and Woodpecker' '
	run CI=true DRONE=true DRONE_BUILD_TRIGGER=ann DRONE_BUILD_NUMBER=2 \
		DRONE_STEP_NAME=d DRONE_COMMIT_SHA=$sha \
		DRONE_COMMIT_REF=refs/heads/main DRONE_DEPLOY_TO=prod \
		DRONE_BUILD_LINK=https://drone/2 &&
	is "pipeline drone" "actor ann" "run 2" "job d" "commit $sha" \
		"ref refs/heads/main" "environment prod" "url https://drone/2" &&
	run CI=woodpecker CI_COMMIT_AUTHOR=ann CI_PIPELINE_NUMBER=3 \
		CI_STEP_NAME=d CI_COMMIT_SHA=$sha CI_COMMIT_REF=refs/heads/main \
		CI_PIPELINE_DEPLOY_TARGET=prod CI_PIPELINE_URL=https://wp/3 &&
	is "pipeline woodpecker" "actor ann" "run 3" "job d" "commit $sha" \
		"ref refs/heads/main" "environment prod" "url https://wp/3"
'

test_expect_success 'Tekton and Argo CD, as a step hands them on' '
	run TEKTON_PIPELINE_RUN=run-x TEKTON_TASK_RUN=task-x \
		TEKTON_COMMIT=$sha TEKTON_ENVIRONMENT=prod &&
	is "pipeline tekton" "run run-x" "job task-x" "commit $sha" \
		"environment prod" &&
	run ARGOCD_APP_NAME=app ARGOCD_APP_NAMESPACE=prod \
		ARGOCD_APP_REVISION=$sha ARGOCD_APP_PROJECT_NAME=team \
		ARGOCD_APP_SOURCE_TARGET_REVISION=main &&
	is "pipeline argocd" "actor team" "run $sha" "job app" "commit $sha" \
		"ref main" "environment prod"
'

test_expect_success 'another commit than is checked out is warned of' '
	run GITHUB_ACTIONS=true GITHUB_SHA=$(printf %040d 1) &&
	test_grep "warning: commit $sha was marked, but the pipeline runs for" err
'

test_expect_success 'where nothing is checked out its commit is marked' '
	git clone -q --bare . bare && git -C bare symbolic-ref HEAD refs/heads/none &&
	cd bare && run GITLAB_CI=true CI_COMMIT_SHA=$sha && cd .. &&
	test "$(git -C bare rev-parse "refs/vault/good/prod/1^{commit}")" = $sha
'

test_expect_success 'odd values stay on their line' '
	run GITHUB_ACTIONS=true GITHUB_JOB="$(printf "a\"b\\\\c\td\ne")" &&
	git vault good show --json prod >out &&
	test_grep -F "\"job\":\"a\\\"b\\\\c\\td\\ne\"" out
'

test_done
