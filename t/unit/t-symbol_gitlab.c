/* lib/symbol/symbol_gitlab: jobs and what they include. */
#include "unit.h"

#include "symbol_told.h"

static void
jobs_extend_and_need_each_other(void **state)
{
	(void)state;
	assert_symbols(".gitlab-ci.yml",
	    "stages: [build, deploy]\n"
	    "variables: {X: 1}\n"
	    "default:\n"
	    "  image: alpine:3.19\n"
	    ".base:\n"
	    "  script: [echo]\n"
	    "  services:\n"
	    "    - postgres:16\n"
	    "    - {name: \"redis:7\", alias: r}\n"
	    "build:\n"
	    "  extends: .base\n"
	    "  image: {name: \"$REG/app:1.2\"}\n"
	    "  script:\n"
	    "    - ./ci/build.sh\n"
	    "    - [bash ci/x.sh]\n"
	    "    - !reference [.base, script]\n"
	    "test:\n"
	    "  extends: [.base, build]\n"
	    "  needs:\n"
	    "    - build\n"
	    "    - {job: lint, optional: true}\n"
	    "    - \"matrix: [a, b]\"\n"
	    "    - {project: g/p, job: x, ref: main}\n"
	    "    - {pipeline: $UP, job: y}\n"
	    "  dependencies: [build]\n"
	    "  rules:\n"
	    "    - changes: [infra/**/*]\n"
	    "    - changes: {paths: [app/*]}\n"
	    "deploy:\n"
	    "  trigger: {include: ci/child.yml}\n"
	    "other:\n"
	    "  trigger: g/other\n",
	    "1 gitlab.stage build\n"
	    "1 gitlab.stage deploy\n"
	    "2 gitlab.variable X\n"
	    "4 gitlab.image @image:alpine=3.19\n"
	    "5 gitlab.job .base\n"
	    "8 .base> gitlab.image @image:postgres=16\n"
	    "9 .base> gitlab.image @image:redis=7\n"
	    "10 gitlab.job build\n"
	    "11 build> gitlab.extends gitlab.job:.base\n"
	    "12 build> gitlab.image @image:*/app=1.2 ~\n"
	    "14 build> script.file ci/build.sh %\n"
	    "15 build> script.file ci/x.sh %\n"
	    "16 build> gitlab.extends gitlab.job:.base\n"
	    "12 build> gitlab.var gitlab.variable:REG ...\n"
	    "17 gitlab.job test\n"
	    "18 test> gitlab.extends gitlab.job:.base\n"
	    "18 test> gitlab.extends gitlab.job:build\n"
	    "20 test> gitlab.needs gitlab.job:build\n"
	    "21 test> gitlab.needs gitlab.job:lint ?\n"
	    "22 test> gitlab.needs gitlab.job:matrix\n"
	    "23 test> gitlab.needs @project:g/p\n"
	    "25 test> gitlab.needs gitlab.job:build\n"
	    "27 test> =gha.filter infra/**/*\n"
	    "28 test> =gha.filter app/*\n"
	    "29 gitlab.job deploy\n"
	    "30 deploy> gitlab.include ci/child.yml %\n"
	    "31 gitlab.job other\n"
	    "32 other> gitlab.needs @project:g/other\n");
}

static void
files_are_included(void **state)
{
	(void)state;
	assert_symbols(".gitlab-ci.yml",
	    "include:\n"
	    "  - ci/a.yml\n"
	    "  - local: /ci/b.yml\n"
	    "  - local: ci/*.yml\n"
	    "  - template: Auto-DevOps.gitlab-ci.yml\n"
	    "  - project: g/p\n"
	    "    ref: v1\n"
	    "    file: [/a.yml, /b.yml]\n"
	    "  - https://u:p@h.org/c.yml\n"
	    "  - component: gitlab.com/g/c/x@1.0\n"
	    "job:\n"
	    "  extends: .of-template\n",
	    "2 gitlab.include ci/a.yml %\n"
	    "3 gitlab.include /ci/b.yml %\n"
	    "4 gitlab.include ci/*.yml ~ %\n"
	    "5 gitlab.include @template:Auto-DevOps.gitlab-ci.yml\n"
	    "8 gitlab.include @project:g/p:/a.yml=v1\n"
	    "8 gitlab.include @project:g/p:/b.yml=v1\n"
	    "9 gitlab.include @https://h.org/c.yml\n"
	    "10 gitlab.include @component:gitlab.com/g/c/x=1.0\n"
	    "11 gitlab.job job\n"
	    "12 job> gitlab.extends gitlab.job:.of-template ...\n");
	assert_symbols("ci/x.gitlab-ci.yml",
	    "include: {local: /y.yml}\n"
	    "a:\n"
	    "  extends: .missing\n",
	    "1 gitlab.include /y.yml %\n"
	    "2 gitlab.job a\n"
	    "3 a> gitlab.extends gitlab.job:.missing\n");
}

static void
files_of_any_name_have_jobs(void **state)
{
	(void)state;
	assert_symbols("ci/build.yml",
	    "build:\n"
	    "  stage: build\n"
	    "  script: [ci/x.sh]\n",
	    "1 gitlab.job build\n"
	    "3 build> script.file ci/x.sh %\n");
	assert_symbols("ci/values.yml",
	    "build:\n"
	    "  stage: build\n",
	    "2 helm.value build.stage\n");
}

static void
lines_of_a_script_are_run_by_one_shell(void **state)
{
	(void)state;
	assert_symbols(".gitlab-ci.yml",
	    "a:\n"
	    "  before_script:\n"
	    "    - cd infra\n"
	    "  script:\n"
	    "    - ./a.sh\n"
	    "    - |\n"
	    "      echo\n"
	    "      ./b.sh\n"
	    "\n"
	    "    - cd ..\n"
	    "    - ./c.sh\n"
	    "  after_script: ./d.sh\n",
	    "1 gitlab.job a\n"
	    "3 a> script.file infra + % ...\n"
	    "5 a> script.file infra/a.sh %\n"
	    "8 a> script.file infra/b.sh %\n"
	    "11 a> script.file infra/../c.sh %\n"
	    "12 a> script.file d.sh %\n");
}

static void
jobs_read_variables_and_secrets(void **state)
{
	(void)state;
	assert_symbols(".gitlab-ci.yml",
	    "variables:\n"
	    "  REGION: eu\n"
	    "before_script: ['login $REGISTRY_TOKEN']\n"
	    "deploy:\n"
	    "  environment: {name: prod, url: x}\n"
	    "  image: $BUILDER:1\n"
	    "  secrets:\n"
	    "    DB_PASSWORD: {vault: prod/db/password@kv}\n"
	    "  id_tokens:\n"
	    "    ID_TOKEN: {aud: x}\n"
	    "  variables:\n"
	    "    LEVEL: ${BASE_LEVEL}\n"
	    "  script:\n"
	    "    - OWN=1 run $OWN $LEVEL $ID_TOKEN $DB_PASSWORD\n"
	    "    - run $REGION \"$API_TOKEN\" ${API_TOKEN%x} $CI_JOB_TOKEN\n"
	    "    - echo '$SINGLE' \\$ESCAPED $$DOUBLED ${FALLBACK:-x} $lower\n"
	    "    - |\n"
	    "      # it's no $COMMENT\n"
	    "      for EACH in a b; do echo $EACH; done\n"
	    "      read -r LINE && awk '{print $NF}' $LINE\n"
	    "      use ${SSH_KEY}\n"
	    "review:\n"
	    "  environment: review/$CI_COMMIT_REF_SLUG\n"
	    "  after_script: ['x $API_TOKEN']\n",
	    "2 gitlab.variable REGION\n"
	    "3 gitlab.var gitlab.variable:REGISTRY_TOKEN ...\n"
	    "4 gitlab.job deploy\n"
	    "5 deploy> gitlab.environment @environment:prod\n"
	    "6 deploy> gitlab.image @image:*=1 ~\n"
	    "6 deploy> gitlab.var gitlab.variable:BUILDER ...\n"
	    "12 deploy> gitlab.var gitlab.variable:BASE_LEVEL ...\n"
	    "15 deploy> gitlab.var gitlab.variable:REGION ...\n"
	    "15 deploy> gitlab.var gitlab.variable:API_TOKEN ...\n"
	    "21 deploy> gitlab.var gitlab.variable:SSH_KEY ...\n"
	    "8 deploy> gitlab.secret @secret:DB_PASSWORD ...\n"
	    "22 gitlab.job review\n"
	    "23 review> gitlab.environment @environment:review/* ~\n"
	    "24 review> gitlab.var gitlab.variable:API_TOKEN ...\n");
}

UNIT(symbol_gitlab)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_extend_and_need_each_other),
		cmocka_unit_test(jobs_read_variables_and_secrets),
		cmocka_unit_test(files_are_included),
		cmocka_unit_test(files_of_any_name_have_jobs),
		cmocka_unit_test(lines_of_a_script_are_run_by_one_shell),
	};

	return UNIT_RUN(tests);
}
