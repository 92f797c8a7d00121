/* lib/symbol/symbol_jenkins: words of Groovy. */
#include "unit.h"

#include "symbol_told.h"

static void
words_with_texts_are_found(void **state)
{
	(void)state;
	assert_symbols("Jenkinsfile",
	    "@Library(['shared@1.2', 'other']) _\n"
	    "// stage('no')\n"
	    "/* sh 'no.sh' */\n"
	    "library identifier: 'x@main'\n"
	    "pipeline {\n"
	    "  environment { KEY = credentials('aws-key') }\n"
	    "  stages {\n"
	    "    stage('Build') {\n"
	    "      steps {\n"
	    "        sh 'bash ci/build.sh'\n"
	    "        sh \"\"\"\n"
	    "          ./ci/a.sh\n"
	    "          kubectl apply -f k8s/${ENV}.yaml\n"
	    "        \"\"\"\n"
	    "        sh(script: \"ci/b.sh\", returnStdout: true)\n"
	    "        withCredentials([string(credentialsId: 'tok', "
	    "variable: 'T')]) {}\n"
	    "        load 'lib.groovy'\n"
	    "        echo 'it is // no comment'\n"
	    "      }\n"
	    "    }\n"
	    "  }\n"
	    "}\n",
	    "1 jenkins.library @library:shared=1.2\n"
	    "1 jenkins.library @library:other\n"
	    "4 jenkins.library @library:x=main\n"
	    "6 jenkins.credentials @credentials:aws-key ...\n"
	    "8 jenkins.stage Build\n"
	    "10 script.file ci/build.sh %\n"
	    "12 script.file ci/a.sh %\n"
	    "13 script.file k8s/*.yaml ~ %\n"
	    "15 script.file ci/b.sh %\n"
	    "16 jenkins.credentials @credentials:tok ...\n"
	    "17 script.file lib.groovy %\n");
}

static void
folders_make_paths_uncertain(void **state)
{
	(void)state;
	assert_symbols("x.jenkinsfile", "dir('infra') { sh './a.sh' }\n",
	    "1 script.file a.sh % ...\n");
}

static void
texts_may_not_end(void **state)
{
	(void)state;
	assert_symbols("Jenkinsfile",
	    "sh 'never\n"
	    "stage(\"x\n",
	    "");
}

UNIT(symbol_jenkins)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_with_texts_are_found),
		cmocka_unit_test(folders_make_paths_uncertain),
		cmocka_unit_test(texts_may_not_end),
	};

	return UNIT_RUN(tests);
}
