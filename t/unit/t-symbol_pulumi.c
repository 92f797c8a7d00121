/* lib/symbol/symbol_pulumi: projects and stacks. */
#include "unit.h"

#include "symbol_told.h"

static void
projects_have_names_and_settings(void **state)
{
	(void)state;
	assert_symbols("Pulumi.yaml",
	    "name: web\n"
	    "runtime: {name: nodejs, options: {}}\n"
	    "main: src/index.ts\n"
	    "config:\n"
	    "  aws:region: eu-west-1\n"
	    "  size: {type: integer}\n"
	    "  count: {default: 3}\n"
	    "resources:\n"
	    "  net:\n"
	    "    type: pulumi:pulumi:StackReference\n"
	    "    properties: {name: \"org/net/${pulumi.stack}\"}\n"
	    "  other:\n"
	    "    type: pulumi:pulumi:StackReference\n",
	    "1 pulumi.project web=nodejs\n"
	    "3 web> pulumi.project src/index.ts\n"
	    "5 web> pulumi.config aws:region d\n"
	    "6 web> pulumi.config web:size\n"
	    "7 web> pulumi.config web:count d\n"
	    "11 web> pulumi.stack_ref pulumi.stack:org/net/* ~ ...\n"
	    "12 web> pulumi.stack_ref pulumi.stack:other ...\n");
}

static void
stacks_say_which_settings_are_encrypted(void **state)
{
	(void)state;
	assert_symbols("Pulumi.prod.yaml",
	    "secretsprovider: awskms://alias/prod?region=eu-west-1\n"
	    "encryptionsalt: v1:xyz\n"
	    "config:\n"
	    "  aws:region: eu-west-1\n"
	    "  web:pass:\n"
	    "    secure: v1:abc:def\n",
	    "1 pulumi.secrets_provider "
	    "@secretsprovider:awskms://alias/prod\n"
	    "4 pulumi.config pulumi.config:aws:region ...\n"
	    "5 pulumi.config pulumi.config:web:pass # ...\n"
	    "4 =clear aws:region\n");
}

UNIT(symbol_pulumi)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(projects_have_names_and_settings),
		cmocka_unit_test(stacks_say_which_settings_are_encrypted),
	};

	return UNIT_RUN(tests);
}
