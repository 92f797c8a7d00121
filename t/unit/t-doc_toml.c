/* lib/doc/doc_toml: TOML. */
#include "unit.h"

#include "base/err.h"
#include "doc_told.h"

static void
tables_and_keys_make_a_path(void **state)
{
	static const struct doc_row rows[] = {
		{ "a = 1\n[b.\"c.d\"] # c\ne.f = 'x'\n[g]\n",
		    "a=1:int b[\"c.d\"].e.f=x g={ " },
		{ "[[a]]\nb = 1\n[a.c]\nd = 2\n[[a]]\n[[a.e]]\nf = 3\n",
		    "a[0].b=1:int a[0].c.d=2:int a[1]={ a[1].e[0].f=3:int " },
		{ "a = {b = 1, c.d = [1, {e = 2}]}\n",
		    "a.b=1:int a.c.d[0]=1:int a.c.d[1].e=2:int " },
		{ "a = [\n 1, # c\n 2,\n]\r\nb = []\n",
		    "a[0]=1:int a[1]=2:int b=[ " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_TOML, rows, DOC_COUNT(rows));
}

static void
values_have_types(void **state)
{
	static const struct doc_row rows[] = {
		{ "a=[+1, 1_000, 0xfF, 0o7, 0b1, 1.5, -2e-3, inf, -nan, true]",
		    "a[0]=+1:int a[1]=1_000:int a[2]=0xfF:int a[3]=0o7:int "
		    "a[4]=0b1:int a[5]=1.5:float a[6]=-2e-3:float "
		    "a[7]=inf:float a[8]=-nan:float a[9]=true:bool " },
		{ "a=[1979-05-27, 07:32:00, 1979-05-27T07:32:00.5Z, "
		  "1979-05-27 07:32:00]",
		    "a[0]=1979-05-27:time a[1]=07:32:00:time "
		    "a[2]=1979-05-27T07:32:00.5Z:time "
		    "a[3]=1979-05-27 07:32:00:time " },
		{ "a = \"x\\ty\\u00e4\"\nb = 'c\\d'\nc = \"\"\"\nx\\\n  y\"\"\"\n"
		  "d = '''\nz\n'''\n",
		    "a=x\ty\303\244 b=c\\d c=xy d=z\n " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_TOML, rows, DOC_COUNT(rows));
}

static void
a_line_that_cannot_be_read_is_broken_by_itself(void **state)
{
	static const struct doc_row rows[] = {
		{ "[a]\nb = = 1\nc = 2\nd = yes\n[e\nf = 3\n",
		    "!2:1 a.c=2:int !4:1 !5:1 e.f=3:int " },
	};

	(void)state;
	assert_doc_error(GV_DOC_FORMAT_TOML, "a = 1 2", 7,
	    "line 1, column 7: something after");
	assert_doc_error(GV_DOC_FORMAT_TOML, "a = \"x", 6,
	    "line 1, column 7: a text does not end");
	assert_doc_error(GV_DOC_FORMAT_TOML, "[a]\nb = 1\n= 2", 13,
	    "line 3, column 1: a name should be here");
	assert_docs(GV_DOC_FORMAT_TOML, rows, DOC_COUNT(rows));
}

UNIT(doc_toml)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_and_keys_make_a_path),
		cmocka_unit_test(values_have_types),
		cmocka_unit_test(
		    a_line_that_cannot_be_read_is_broken_by_itself),
	};

	return UNIT_RUN(tests);
}
