/* lib/doc/doc_xml: XML without entities. */
#include "unit.h"

#include "base/err.h"
#include "doc_told.h"

static void
elements_attributes_and_texts_are_nodes(void **state)
{
	static const struct doc_row rows[] = {
		{ "<?xml version=\"1.0\"?>\n<p a=\"1 &amp; 2\" b='x'>\n"
		  " <v>1.0</v><e/><f></f></p>\n",
		    "p.a=1 & 2 p.b=x p.v=1.0 p.e= p.f= " },
		{ "<d>t <b>&#65;&#x42;&lt;</b> u</d>", "d=t d.b=AB< d=u " },
		{ "<c><!-- x --><![CDATA[<raw>&amp;]]></c>", "c=<raw>&amp; " },
		{ "<a:b x:y=\"z\"/>", "[\"a:b\"][\"x:y\"]=z " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_XML, rows, DOC_COUNT(rows));
}

static void
no_entity_is_replaced_that_a_file_declares(void **state)
{
	static const struct doc_row rows[] = {
		{ "<!DOCTYPE p [<!ENTITY x \"]>\"><!ENTITY y SYSTEM 'f'>]>"
		  "<p>&x;&y;</p>",
		    "p=&x;&y; " },
		{ "<!DOCTYPE p SYSTEM \"x.dtd\"><p>a</p>", "p=a " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_XML, rows, DOC_COUNT(rows));
}

static void
what_is_wrong_is_said_with_its_place(void **state)
{
	static const struct doc_row rows[] = {
		{ "<a>\n<b></a>", "line 2, column 4: this ends no element" },
		{ "<a>", "line 1, column 4: the file ends within" },
		{ "<a b>", "line 1, column 5: an attribute" },
		{ "<a b=c>", "line 1, column 6: the value of an attribute" },
		{ "<a b=\"c>", "line 1, column 6: the value of an attribute" },
		{ "<a><!-- ", "line 1, column 4: a comment" },
		{ "<a><![CDATA[", "line 1, column 4: a CDATA" },
		{ "<!DOCTYPE a [", "line 1, column 14: a declaration" },
		{ "x", "line 1, column 2: a text is outside" },
		{ "</a>", "line 1, column 1: this ends no element" },
		{ "<>", "line 1, column 2: an element" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < DOC_COUNT(rows); i++)
		assert_doc_error(GV_DOC_FORMAT_XML, rows[i].text,
		    strlen(rows[i].text), rows[i].want);
}

UNIT(doc_xml)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_attributes_and_texts_are_nodes),
		cmocka_unit_test(no_entity_is_replaced_that_a_file_declares),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place),
	};

	return UNIT_RUN(tests);
}
