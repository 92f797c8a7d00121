/* lib/lint: pipelines. */
#include "lint_told.h"

static void
jobs_of_an_included_file_are_known(void **state)
{
	(void)state;
	assert_check("error ci/extends .gitlab-ci.yml:4: the job '.none' is "
		     "not defined\n",
	    "ci",
	    { ".gitlab-ci.yml",
		"include: [ci/basic.yml]\na:\n  extends: [.base]\n"
		"b: {extends: .none}\nc:\n  script: [!reference [.more, "
		"before_script]]\n",
		NULL },
	    { "ci/basic.yml",
		".base: {script: [a]}\n"
		".more: {before_script: [b]}\n",
		NULL });
	assert_check("", "path",
	    { ".gitlab-ci.yml",
		"a:\n  script: [a]\n  only: {changes: ['p/*.{yml,yaml}']}\n",
		NULL },
	    { "p/a.yml", "a: 1\n", NULL });
}

static void
a_secret_of_one_stage_is_named(void **state)
{
	(void)state;
	assert_check("info ci/secret Jenkinsfile:7: the secret pager is used "
		     "for prod only\n",
	    "ci/secret",
	    { "Jenkinsfile",
		"pipeline {\n  stages {\n"
		"    stage('Deploy to staging') {\n"
		"      environment { T = credentials('token-staging') }\n    }\n"
		"    stage('Deploy to production') {\n"
		"      environment { P = credentials('pager')\n"
		"        T = credentials('token-production') }\n    }\n"
		"    stage('Tell') { environment { S = credentials('chat') } }\n"
		"  }\n}\n",
		NULL });
}

static void
what_is_uploaded_is_what_is_summed_up(void **state)
{
	(void)state;
	assert_check("warning ref/disagree a.tf:3: filename and "
		     "source_code_hash name different files, 'a.zip' and "
		     "'b.zip'\n",
	    "ref/disagree",
	    { "a.tf",
		"resource \"aws_lambda_function\" \"f\" {\n"
		"  filename = \"a.zip\"\n  source_code_hash = "
		"filebase64sha256(\"${path.module}/b.zip\")\n}\n",
		NULL },
	    { "a.zip", "", NULL }, { "b.zip", "", NULL });
	assert_check("", "ref/disagree",
	    { "a.tf",
		"resource \"aws_lambda_function\" \"f\" {\n"
		"  filename = \"${path.module}/a.zip\"\n  source_code_hash = "
		"filebase64sha256(\"a.zip\")\n}\n"
		"resource \"aws_s3_object\" \"o\" {\n  source = var.x\n"
		"  etag = filemd5(\"a.zip\")\n}\n"
		"resource \"aws_s3_object\" \"p\" {\n  source = \"a.zip\"\n"
		"  etag = data.archive_file.x.output_md5\n}\n",
		NULL },
	    { "a.zip", "", NULL });
}

static void
a_pipeline_uses_its_secrets_in_all_environments(void **state)
{
	(void)state;
	assert_check("info ci/secret .github/workflows/a.yaml:8: the secret "
		     "SLACK is used for dev only\n",
	    "ci/secret",
	    { ".github/workflows/a.yaml",
		"on: push\njobs:\n  deploy-dev:\n    runs-on: x\n"
		"    environment: dev\n    steps:\n"
		"    - run: echo ${{ secrets.KEY_DEV }}\n"
		"    - run: echo ${{ secrets.SLACK }}\n"
		"  deploy-prod:\n    runs-on: x\n    environment: prod\n"
		"    steps:\n    - run: echo ${{ secrets.KEY_PROD }}\n",
		NULL });
}

/* A variable that no file sets is a setting of the project, and a secret by its
 * name; what a job extends counts as its own. */
static void
jobs_of_gitlab_use_their_secrets_in_all_environments(void **state)
{
	(void)state;
	assert_check(
	    "info ci/secret .gitlab-ci.yml:13: the secret CHAT_TOKEN "
	    "is used for prod only\n"
	    "info ci/secret .gitlab-ci.yml:14: the secret VAULT_PIN is "
	    "used for prod only\n",
	    "ci/secret",
	    { ".gitlab-ci.yml",
		"include: [ci/base.yml]\nvariables: {TOP_TOKEN: x}\n"
		".base:\n  script: ['x $BASE_TOKEN $INCLUDED_TOKEN']\n"
		"deploy:dev:\n  extends: .base\n  environment: dev\n"
		"  after_script: ['x $KEY_TOKEN $HOST']\n"
		"deploy:prod:\n  extends: .more\n  environment: {name: prod}\n"
		"  script:\n  - x $CHAT_TOKEN $KEY_TOKEN_PROD $TOP_TOKEN $PORT\n"
		"  secrets: {VAULT_PIN: {vault: a/b}}\n"
		".more: {extends: .base}\n",
		NULL },
	    { "ci/base.yml",
		"variables: {INCLUDED_TOKEN: y}\nx: {script: [x], stage: a}\n",
		NULL });
	/* what is extended may come from elsewhere, and use it as well */
	assert_check("", "ci/secret",
	    { ".gitlab-ci.yml",
		"include: {project: a/b, file: c.yml}\n"
		"deploy:dev: {extends: .far, environment: dev}\n"
		"deploy:prod: {script: ['x $CHAT_TOKEN'], environment: prod}\n",
		NULL });
	/* an environment that is computed is no other one */
	assert_check("", "ci/secret",
	    { ".gitlab-ci.yml",
		"deploy:dev: {script: [x], environment: $E}\n"
		"deploy:prod: {script: ['x $CHAT_TOKEN'], environment: prod}\n",
		NULL });
}

UNIT(lint_ci)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_of_an_included_file_are_known),
		cmocka_unit_test(a_secret_of_one_stage_is_named),
		cmocka_unit_test(what_is_uploaded_is_what_is_summed_up),
		cmocka_unit_test(
		    a_pipeline_uses_its_secrets_in_all_environments),
		cmocka_unit_test(
		    jobs_of_gitlab_use_their_secrets_in_all_environments),
	};

	return UNIT_RUN(tests);
}
