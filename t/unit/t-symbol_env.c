/* lib/symbol/symbol_env: names, never values. */
#include "unit.h"

#include "symbol_told.h"

static void
names_only(void **state)
{
	(void)state;
	assert_symbols(".env",
	    "A=secret\n"
	    "export B=\"x ${A} $C\"\n"
	    "D='${NO}'\n",
	    "1 env.var A\n"
	    "2 env.var B\n"
	    "2 B> env.var env.var:A ...\n"
	    "2 B> env.var env.var:C ...\n"
	    "3 env.var D\n");
}

static void
a_line_that_is_none_is_said(void **state)
{
	(void)state;
	assert_symbols("prod.env",
	    "A=1\n"
	    "what is this\n"
	    "B=2\n",
	    "1 env.var A\n"
	    "3 env.var B\n"
	    "2 !this line is no NAME=value\n");
}

UNIT(symbol_env)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_only),
		cmocka_unit_test(a_line_that_is_none_is_said),
	};

	return UNIT_RUN(tests);
}
