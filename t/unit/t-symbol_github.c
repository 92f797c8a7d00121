/* lib/symbol/symbol_github: workflows and actions. */
#include "unit.h"

#include "symbol_told.h"

static void
jobs_use_actions_and_each_other(void **state)
{
	(void)state;
	assert_symbols(".github/workflows/ci.yml",
	    "name: CI\n"
	    "on:\n"
	    "  push:\n"
	    "    paths: ['infra/**', '!infra/docs/**', 'go.mod']\n"
	    "    paths-ignore: [README.md]\n"
	    "jobs:\n"
	    "  build:\n"
	    "    runs-on: ubuntu-latest\n"
	    "    container: node:18\n"
	    "    services:\n"
	    "      db:\n"
	    "        image: postgres:16\n"
	    "    steps:\n"
	    "      - uses: actions/checkout@v4\n"
	    "        with:\n"
	    "          repository: me/tools\n"
	    "          path: tools\n"
	    "      - uses: ./.github/actions/setup\n"
	    "      - uses: ./tools/action\n"
	    "      - uses: docker://alpine:3.9\n"
	    "      - uses: o/r/sub/dir@0123abc\n"
	    "  deploy:\n"
	    "    needs: [build]\n"
	    "    uses: ./.github/workflows/deploy.yml\n"
	    "  other:\n"
	    "    needs: build\n"
	    "    uses: o/r/.github/workflows/x.yml@v1\n",
	    "1 gha.workflow CI\n"
	    "4 =gha.filter infra/**\n"
	    "4 gha.path infra/** ~ ? %\n"
	    "4 =gha.filter !infra/docs/**\n"
	    "4 =gha.filter go.mod\n"
	    "4 gha.path go.mod ? %\n"
	    "5 =gha.filter README.md=ignore\n"
	    "7 gha.job build\n"
	    "9 build> gha.uses @image:node=18\n"
	    "12 build> gha.uses @image:postgres=16\n"
	    "14 build> gha.uses @action:actions/checkout=v4\n"
	    "18 build> gha.uses .github/actions/setup + %\n"
	    "19 build> gha.uses tools/action + % ...\n"
	    "20 build> gha.uses @image:alpine=3.9\n"
	    "21 build> gha.uses @action:o/r/sub/dir=0123abc\n"
	    "22 gha.job deploy\n"
	    "23 deploy> gha.needs gha.job:build\n"
	    "24 deploy> gha.uses .github/workflows/deploy.yml %\n"
	    "25 gha.job other\n"
	    "26 other> gha.needs gha.job:build\n"
	    "27 other> gha.uses @action:o/r/.github/workflows/x.yml=v1\n");
}

static void
secrets_and_variables_are_of_the_organisation(void **state)
{
	(void)state;
	assert_symbols(".github/workflows/ci.yml",
	    "on: push\n"
	    "env:\n"
	    "  TOP: ${{ secrets.TOP }}\n"
	    "jobs:\n"
	    "  a:\n"
	    "    if: vars.ON == 'yes' && github.ref\n"
	    "    environment: {name: prod, url: https://x}\n"
	    "    steps:\n"
	    "      - run: echo ${{ secrets.GITHUB_TOKEN }} my.secrets.x\n"
	    "        env:\n"
	    "          A: ${{ secrets.A || secrets['B'] }}\n"
	    "          C: \"secrets.NONE\"\n"
	    "  b:\n"
	    "    environment: ${{ inputs.where }}\n",
	    "3 =compose.var_set TOP\n"
	    "5 gha.job a\n"
	    "7 a> gha.environment @environment:prod\n"
	    "6 a> gha.var @var:ON ...\n"
	    "11 a> gha.secret @secret:A ...\n"
	    "11 a> gha.secret @secret:B ...\n"
	    "13 gha.job b\n"
	    "14 b> gha.environment @environment:* ~\n"
	    "3 gha.secret @secret:TOP ...\n");
}

static void
environments_come_from_a_matrix(void **state)
{
	(void)state;
	assert_symbols(".github/workflows/ci.yml",
	    "on: push\n"
	    "jobs:\n"
	    "  a:\n"
	    "    strategy:\n"
	    "      matrix:\n"
	    "        env: [dev, prod]\n"
	    "        include:\n"
	    "          - env: stage\n"
	    "    environment: ${{ matrix.env }}\n",
	    "3 gha.job a\n"
	    "6 a> gha.environment @environment:dev\n"
	    "6 a> gha.environment @environment:prod\n"
	    "8 a> gha.environment @environment:stage\n");
}

static void
commands_name_files_from_their_folder(void **state)
{
	(void)state;
	assert_symbols(".github/workflows/ci.yml",
	    "on: push\n"
	    "defaults:\n"
	    "  run:\n"
	    "    working-directory: infra\n"
	    "jobs:\n"
	    "  a:\n"
	    "    steps:\n"
	    "      - id: s\n"
	    "        run: |\n"
	    "          ./plan.sh\n"
	    "          terraform plan -var-file=env/prod.tfvars\n"
	    "      - run: bash x.sh\n"
	    "        working-directory: other\n"
	    "      - uses: docker/build-push-action@v5\n"
	    "        with: {file: img/Dockerfile, context: ., push: true}\n",
	    "4 gha.path infra + % ...\n"
	    "6 gha.job a\n"
	    "8 a> gha.step s\n"
	    "10 a> script.file infra/plan.sh %\n"
	    "11 a> tf.var_file infra/env/prod.tfvars %\n"
	    "13 a> gha.path other + % ...\n"
	    "12 a> script.file other/x.sh %\n"
	    "14 a> gha.uses @action:docker/build-push-action=v5\n"
	    "15 a> gha.path img/Dockerfile % ...\n");
}

static void
actions_have_steps_or_programs(void **state)
{
	(void)state;
	assert_symbols("act/action.yml",
	    "name: Act\n"
	    "runs:\n"
	    "  using: composite\n"
	    "  steps:\n"
	    "    - uses: actions/cache@v4\n"
	    "    - run: ${{ github.action_path }}/x.sh\n",
	    "1 gha.workflow Act\n"
	    "5 gha.uses @action:actions/cache=v4\n"
	    "6 script.file x.sh\n");
	assert_symbols("act/action.yml",
	    "runs: {using: docker, image: Dockerfile}\n",
	    "1 gha.path Dockerfile\n");
}

UNIT(symbol_github)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_use_actions_and_each_other),
		cmocka_unit_test(secrets_and_variables_are_of_the_organisation),
		cmocka_unit_test(environments_come_from_a_matrix),
		cmocka_unit_test(commands_name_files_from_their_folder),
		cmocka_unit_test(actions_have_steps_or_programs),
	};

	return UNIT_RUN(tests);
}
