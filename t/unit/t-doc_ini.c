/* lib/doc/doc_ini: INI and .properties. */
#include "unit.h"

#include "base/err.h"
#include "doc_told.h"

static void
settings_are_in_their_sections(void **state)
{
	static const struct doc_row rows[] = {
		{ "a=1\n; c\n[s t]\nb: \"x\"\nc = 'y' z\r\n# c\n[u]\nd\n",
		    "a=1 [\"s t\"].b=x [\"s t\"].c='y' z u.d=:null " },
		{ "[web]\nhost1 ansible_host=1.2.3.4 port=2\n",
		    "web.host1=ansible_host=1.2.3.4 port=2 " },
		{ "a = 1\n  2\n\n  3\nb = 4\n", "a=1\n  2 3=:null b=4 " },
		{ "[s\n= 1\na = b=c", "!1:1 !2:1 a=b=c " },
		{ "[s]\na=1\n[s]\na=2", "s.a=1 s.a=2 " },
		{ "[a]b]\nc=1", "[\"a]b\"].c=1 " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_INI, rows, DOC_COUNT(rows));
}

static void
properties_have_escapes(void **state)
{
	static const struct doc_row rows[] = {
		{ "a=1\nb:2\nc 3\n! x\n# x\nd\n", "a=1 b=2 c=3 d=:null " },
		{ "a\\:b\\ c = x\\ty\\u00e4\\q\nd=1\\\n   2\ne=\\\\\nf=1",
		    "[\"a:b c\"]=x\ty\303\244q d=12 e=\\ f=1 " },
		{ "a=1\\", "a=1\\ " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_PROPERTIES, rows, DOC_COUNT(rows));
}

UNIT(doc_ini)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_in_their_sections),
		cmocka_unit_test(properties_have_escapes),
	};

	return UNIT_RUN(tests);
}
