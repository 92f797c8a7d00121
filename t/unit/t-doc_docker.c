/* lib/doc/doc_docker: Dockerfiles. */
#include "unit.h"

#include <stdlib.h>

#include "base/err.h"
#include "doc_told.h"

static void
each_instruction_is_a_block_of_words(void **state)
{
	static const struct doc_row rows[] = {
		{ "ARG V=1\nFROM --platform=x go:${V} AS build\r\nARG N\n",
		    "ARG.V=1 FROM[0]=--platform=x FROM[1]=~go:${V} <V> "
		    "FROM[2]=AS FROM[3]=build ARG.N= " },
		{ "ENV A=1 B=\"x y\" \\\n# c\n\n  C=$D\nenv k v w\n",
		    "ENV.A=1 ENV.B=x y ENV.C=~$D <D> env.k=v w " },
		{ "COPY --from=build [\"a b\", \"c\"]\nCOPY a b\\ c d\n",
		    "COPY[0]=--from=build COPY[1]=a b COPY[2]=c COPY[0]=a "
		    "COPY[1]=b COPY[2]=\\ COPY[3]=c COPY[4]=d " },
		{ "RUN --mount=type=cache a && \\\n  b $X\nCMD [\"x\",\"y\"]\n",
		    "RUN[0]=--mount=type=cache RUN[1]=~a && \\\n  b $X "
		    "CMD[0]=x CMD[1]=y " },
		{ "RUN <<EOT\nFROM x\nEOT\nUSER a\n",
		    "RUN[0]=~<<EOT USER[0]=a " },
		{ "# escape=`\nRUN a `\n b\nUSER c:\\d\n",
		    "RUN[0]=~a `\n b USER[0]=c:\\d " },
		{ "FROM a\n?\nUSER b", "FROM[0]=a !2:1 USER[0]=b " },
		{ "EXPOSE", "EXPOSE=b " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_DOCKERFILE, rows, DOC_COUNT(rows));
}

static void
comments_are_found(void **state)
{
	static const char text[] = "# a\nRUN x # no\\\n  # b\n y\n #c\n";
	struct gv_doc d;

	(void)state;
	assert_int_equal(
	    gv_doc_read(&d, GV_DOC_FORMAT_DOCKERFILE, text, strlen(text), NULL),
	    0);
	assert_int_equal(d.n_comments, 2);
	gv_doc_release(&d);
}

/* Each of them is looked for to the end of the file. */
static void
texts_without_end_take_linear_time(void **state)
{
	char *text = doc_repeat("", "RUN <<E\n", 200000, "");
	struct gv_doc d;

	(void)state;
	assert_int_equal(
	    gv_doc_read(&d, GV_DOC_FORMAT_DOCKERFILE, text, strlen(text), NULL),
	    0);
	assert_int_equal(d.n, 400001);
	gv_doc_release(&d);
	free(text);
}

UNIT(doc_docker)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_instruction_is_a_block_of_words),
		cmocka_unit_test(comments_are_found),
		cmocka_unit_test(texts_without_end_take_linear_time),
	};

	return UNIT_RUN(tests);
}
