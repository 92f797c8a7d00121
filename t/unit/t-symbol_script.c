/* lib/symbol/symbol_script: the files that commands name. */
#include "unit.h"

#include "symbol_told.h"

static void
commands_name_files(void **state)
{
	(void)state;
	assert_symbols("deploy.sh",
	    "#!/bin/sh\n"
	    "set -e\n"
	    ". ./lib.sh\n"
	    "source .env\n"
	    "bash tools/x.sh arg && python3 gen.py\n"
	    "python3 -m http.server; bash -c \"x.sh\"\n"
	    "kubectl apply -f k8s/a.yaml -f k8s/b.yaml --kustomize "
	    "over/prod\n"
	    "kubectl logs -f pod/x\n"
	    "cat x.yaml | kubectl apply -f -\n"
	    "helm upgrade --install app ./chart -f values.yaml "
	    "--values=values-prod.yaml\n"
	    "docker build -f img/Dockerfile -t x .\n"
	    "docker compose -f compose.yaml -f compose.prod.yaml logs -f "
	    "web\n"
	    "docker run --env-file a.env x\n"
	    "ansible-playbook -i inv/prod site.yml -e @vars.json\n"
	    "kustomize build over/dev\n"
	    "make -C sub -f x.mk\n"
	    "pip install -r requirements.txt\n"
	    "aws cloudformation deploy --template-file t.yaml\n"
	    "aws x --cli-input-json file://in.json\n"
	    "envsubst < in.tpl > out.yaml\n"
	    "kubectl apply -f out.yaml\n",
	    "3 script.file lib.sh\n"
	    "4 env.file .env ...\n"
	    "5 script.file tools/x.sh\n"
	    "5 script.file gen.py\n"
	    "7 script.file k8s/a.yaml\n"
	    "7 script.file k8s/b.yaml\n"
	    "7 script.file over/prod +\n"
	    "10 script.file values.yaml\n"
	    "10 script.file values-prod.yaml\n"
	    "10 script.file chart +\n"
	    "11 script.file img/Dockerfile\n"
	    "11 script.file . +\n"
	    "12 script.file compose.yaml\n"
	    "12 script.file compose.prod.yaml\n"
	    "13 env.file a.env\n"
	    "14 script.file inv/prod\n"
	    "14 script.file site.yml\n"
	    "14 script.file vars.json\n"
	    "15 script.file over/dev +\n"
	    "16 script.file sub +\n"
	    "16 script.file x.mk\n"
	    "17 script.file requirements.txt\n"
	    "18 script.file t.yaml\n"
	    "19 script.file in.json\n"
	    "20 script.file in.tpl ?\n"
	    "21 script.file out.yaml ?\n");
}

static void
a_chart_may_be_a_folder(void **state)
{
	(void)state;
	assert_symbols("a.sh",
	    "helm install shop charts/shop -n web --set a=b/c\n"
	    "helm template x oci://e.org/charts/x\n",
	    "1 script.file charts/shop ? +\n");
}

static void
what_is_computed_is_a_pattern(void **state)
{
	(void)state;
	assert_symbols("a.sh",
	    "source \"$CONF/x.sh\"\n"
	    "kubectl apply -f \"env/${ENV}.yaml\"\n"
	    "bash $X\n"
	    "helm template . -f \"$F\"\n",
	    "1 script.file */x.sh ~\n"
	    "2 script.file env/*.yaml ~\n"
	    "4 script.file . +\n");
}

static void
folders_change_and_come_back(void **state)
{
	(void)state;
	assert_symbols("a.sh",
	    "cd infra && ./a.sh\n"
	    "(cd sub; bash b.sh)\n"
	    "./c.sh\n"
	    "cd ..\n"
	    "./d.sh\n"
	    "cd \"$WHERE\"\n"
	    "./e.sh\n",
	    "1 script.file infra + ...\n"
	    "1 script.file infra/a.sh\n"
	    "2 script.file infra/sub + ...\n"
	    "2 script.file infra/sub/b.sh\n"
	    "3 script.file infra/c.sh\n"
	    "5 script.file infra/../d.sh\n"
	    "7 script.file e.sh ...\n");
}

static void
the_folder_of_a_script_is_known(void **state)
{
	(void)state;
	assert_symbols("bin/a.sh",
	    "DIR=\"$(cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && pwd)\"\n"
	    "ROOT=$DIR/..\n"
	    ". \"$DIR/lib.sh\"\n"
	    "source $(dirname \"$0\")/b.sh\n"
	    "bash \"${ROOT}/x/c.sh\"\n"
	    "TOP=$(git rev-parse --show-toplevel)\n"
	    ". $TOP/d.sh\n",
	    "3 script.file lib.sh\n"
	    "4 script.file b.sh\n"
	    "5 script.file ../x/c.sh\n"
	    "7 script.file d.sh %\n");
}

static void
terraform_has_a_folder_of_its_own(void **state)
{
	(void)state;
	assert_symbols("a.sh",
	    "terraform -chdir=live/prod plan -var-file=../prod.tfvars "
	    "-var x=1\n"
	    "terraform init -backend-config=prod.backend "
	    "-backend-config=\"key=a/b.tfstate\"\n",
	    "1 script.file live/prod +\n"
	    "1 tf.var_file live/prod/../prod.tfvars\n"
	    "2 tf.backend prod.backend\n");
}

static void
what_may_be_missing_is_said(void **state)
{
	(void)state;
	assert_symbols("a.sh",
	    "[ -f .env.local ] && . .env.local\n"
	    "cat > gen.sh <<EOF\n"
	    "bash no.sh\n"
	    "EOF\n"
	    "bash gen.sh\n"
	    "./node_modules/.bin/x\n"
	    "/usr/bin/x.sh; ~/y.sh; http://h/z.sh\n"
	    "# bash comment.sh\n"
	    "echo \"it's\" 'bash quoted.sh'\n",
	    "5 script.file gen.sh ?\n"
	    "6 script.file node_modules/.bin/x ...\n");
}

static void
makefiles_include_and_run(void **state)
{
	(void)state;
	assert_symbols("Makefile",
	    "include common.mk\n"
	    "-include local.mk\n"
	    "X := y\n"
	    "build: x.sh\n"
	    "\t@./x.sh $(ARGS)\n"
	    "\tcd sub && ./y.sh\n"
	    "\t./z.sh\n",
	    "1 script.file common.mk\n"
	    "2 script.file local.mk ?\n"
	    "5 script.file x.sh\n"
	    "6 script.file sub + ...\n"
	    "6 script.file sub/y.sh\n"
	    "7 script.file z.sh\n");
}

static void
texts_that_do_not_end_are_no_texts(void **state)
{
	(void)state;
	assert_symbols("a.sh",
	    "echo don't\n"
	    "bash a/b.sh \"x\n",
	    "2 script.file a/b.sh\n");
}

static void
what_a_script_makes_may_be_missing(void **state)
{
	(void)state;
	assert_symbols("a.sh",
	    "curl -fsSL https://h.org/get.sh -o get.sh\n"
	    "bash get.sh\n"
	    "wget https://h.org/more.sh\n"
	    "bash more.sh\n"
	    "NAMES=(origin/main a/b.sh)\n"
	    "if [ -f \"$dir/requirements.txt\" ]; then pip install -r "
	    "requirements.txt; fi\n"
	    "./$HOME/x.sh; $HOME/bin/y.sh\n",
	    "2 script.file get.sh ?\n"
	    "4 script.file more.sh ?\n"
	    "6 script.file requirements.txt ?\n"
	    "7 script.file */x.sh ~\n");
}

static void
functions_begin_where_the_script_began(void **state)
{
	(void)state;
	assert_symbols("a.sh",
	    "one() {\n"
	    "  cd sub\n"
	    "  { ./a.sh; }\n"
	    "}\n"
	    "two()\n"
	    "{\n"
	    "  bash b.sh\n"
	    "}\n"
	    "./tool\n",
	    "2 script.file sub + ...\n"
	    "3 script.file sub/a.sh\n"
	    "7 script.file b.sh\n"
	    "9 script.file tool ...\n");
}

static void
a_blank_in_quotes_is_no_command(void **state)
{
	(void)state;
	assert_symbols("a.sh",
	    "\" \" -f x.yaml\n"
	    "\"\" x.sh\n",
	    "");
}

static void
an_entrypoint_runs_in_its_container(void **state)
{
	(void)state;
	assert_symbols("entrypoint.sh",
	    "./manage.py migrate\n"
	    "exec \"$@\"\n",
	    "1 script.file manage.py ...\n");
}

static void
a_folder_that_is_entered_is_named(void **state)
{
	(void)state;
	assert_symbols("a.sh",
	    "cd live/prod\n"
	    "cd ../..\n"
	    "cd $X\n"
	    "cd /tmp\n",
	    "1 script.file live/prod + ...\n");
}

UNIT(symbol_script)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_name_files),
		cmocka_unit_test(a_chart_may_be_a_folder),
		cmocka_unit_test(what_is_computed_is_a_pattern),
		cmocka_unit_test(folders_change_and_come_back),
		cmocka_unit_test(the_folder_of_a_script_is_known),
		cmocka_unit_test(terraform_has_a_folder_of_its_own),
		cmocka_unit_test(what_may_be_missing_is_said),
		cmocka_unit_test(makefiles_include_and_run),
		cmocka_unit_test(texts_that_do_not_end_are_no_texts),
		cmocka_unit_test(what_a_script_makes_may_be_missing),
		cmocka_unit_test(functions_begin_where_the_script_began),
		cmocka_unit_test(a_blank_in_quotes_is_no_command),
		cmocka_unit_test(an_entrypoint_runs_in_its_container),
		cmocka_unit_test(a_folder_that_is_entered_is_named),
	};

	return UNIT_RUN(tests);
}
