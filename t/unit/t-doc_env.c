/* lib/doc/doc_env: NAME=value lines. */
#include "unit.h"

#include "base/err.h"
#include "doc_told.h"

static void
each_line_is_a_variable(void **state)
{
	static const struct doc_row rows[] = {
		{ "A=1\nexport B=\"x y\" # c\r\nC='$n'\n  D = e # f\nG=\n",
		    "A=1 B=x y C=$n D=e G= " },
		{ "A=\"two\nlines\\n\\\"\"\nB=b#c", "A=two\nlines\n\" B=b#c " },
		{ "A=${B}/x-$C\nD=\"$E\"\nF=$$G\n",
		    "A=~${B}/x-$C <B> <C> D=~$E <E> F=$$G " },
		{ "export=1\nA=\"b\"c\nB=\"open\nC=1",
		    "export=1 A=\"b\"c B=\"open C=1 " },
		{ "\357\273\277A=1", "A=1 " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_ENV, rows, DOC_COUNT(rows));
}

static void
a_line_that_is_none_is_broken_by_itself(void **state)
{
	static const struct doc_row rows[] = {
		{ "A=1\nb c\n=2\nD=3", "A=1 !2:1 !3:1 D=3 " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_ENV, rows, DOC_COUNT(rows));
	assert_doc_error(GV_DOC_FORMAT_ENV, "A=1\n\nb", 6,
	    "line 3, column 1: this line is no NAME=value");
}

UNIT(doc_env)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_a_variable),
		cmocka_unit_test(a_line_that_is_none_is_broken_by_itself),
	};

	return UNIT_RUN(tests);
}
