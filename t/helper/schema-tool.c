/*
 * Schemas from the command line, for t/conformance/schema and t/bench/schema:
 *
 *	schema-tool suite FILE		a packed JSON-Schema-Test-Suite: a line
 *					for each test that is not as it says
 *	schema-tool check SCHEMA FILE	what is wrong with a file
 *	schema-tool judge plain|formats	for each line "SCHEMA<TAB>FILE" of
 *					stdin its verdict
 *	schema-tool bench N SCHEMA FILE	N checks: nanoseconds for each, and for
 *					reading the file with it
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/schema.h"
#include "schema_suite.h"

static void
die(const char *what)
{
	fprintf(stderr, "schema-tool: %s: %s\n", what, gv_err_message());
	exit(2);
}

/* A whole file; the program ends before it is freed. */
static void
read_doc(struct gv_doc *doc, const char *path)
{
	struct gv_buf b = GV_BUF_INIT;
	enum gv_doc_format format = GV_DOC_FORMAT_JSON;
	char part[65536];
	size_t n;
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		die(path);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		gv_buf_add(&b, part, n);
	fclose(f);
	(void)gv_doc_format_of(&format, path, b.p, b.len);
	if (gv_doc_read(doc, format, b.p, b.len, NULL) < 0)
		die(path);
}

static void
release_doc(struct gv_doc *doc)
{
	char *text = (char *)(uintptr_t)doc->text;

	gv_doc_release(doc);
	if (text != gv_buf_empty)
		free(text);
}

/* Compile; NULL where that is refused. */
static struct gv_schema *
compile(struct gv_doc *doc, const char *path, enum gv_schema_formats formats)
{
	const struct gv_schema_opts opts = { .formats = formats };
	struct gv_schema *s;

	read_doc(doc, path);
	if (gv_schema_new(&s, &opts) < 0)
		die(path);
	if (gv_schema_add(s, path, doc, doc->parts[0].node) < 0 ||
	    gv_schema_compile(s, 0, "") < 0) {
		gv_schema_free(s);
		return NULL;
	}
	return s;
}

static const char *const verdicts[] = { "valid", "invalid", "unknown" };

static int
check(const char *schema, const char *path)
{
	struct gv_schema_report report;
	struct gv_buf b = GV_BUF_INIT;
	struct gv_doc own, doc;
	struct gv_schema *s = compile(&own, schema, GV_SCHEMA_FORMATS_COMMON);
	struct gv_instance in;
	size_t i;

	if (s == NULL)
		die(schema);
	read_doc(&doc, path);
	if (gv_instance_read(&in, path, &doc, doc.parts[0].node, NULL) < 0 ||
	    gv_schema_check(s, &in, &report) < 0)
		die(path);
	for (i = 0; i < report.n; i++) {
		gv_buf_reset(&b);
		gv_schema_write(&b, s, &in, &report.findings[i]);
		printf("%s%s\n",
		    report.findings[i].because == GV_DOC_NONE ? "" : "  ", b.p);
	}
	printf("%s\n", verdicts[report.verdict]);
	i = report.verdict;
	gv_buf_release(&b);
	gv_schema_report_release(&report);
	gv_instance_release(&in);
	gv_schema_free(s);
	release_doc(&doc);
	release_doc(&own);
	return (int)i;
}

static void
judge_one(struct gv_schema *s, const char *schema, const char *path)
{
	enum gv_schema_verdict v = GV_SCHEMA_UNKNOWN;
	struct gv_instance in;
	struct gv_doc doc;

	read_doc(&doc, path);
	if (s == NULL ||
	    gv_instance_read(&in, path, &doc, doc.parts[0].node, NULL) < 0) {
		printf("%s\t%s\terror\n", schema, path);
	} else {
		if (gv_schema_judge(s, &in, &v) < 0)
			die(path);
		printf("%s\t%s\t%s\n", schema, path, verdicts[v]);
		gv_instance_release(&in);
	}
	release_doc(&doc);
}

/* Lines of one schema are next to each other. */
static int
judge(enum gv_schema_formats formats)
{
	char line[8192], last[8192] = "", *path;
	struct gv_schema *s = NULL;
	struct gv_doc own;

	memset(&own, 0, sizeof(own));
	own.text = gv_buf_empty;
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		path = strchr(line, '\t');
		if (path == NULL)
			continue;
		*path++ = '\0';
		if (strcmp(last, line) != 0) {
			gv_schema_free(s);
			release_doc(&own);
			memcpy(last, line, sizeof(last));
			s = compile(&own, last, formats);
		}
		judge_one(s, last, path);
	}
	gv_schema_free(s);
	release_doc(&own);
	return 0;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
bench(size_t n, const char *schema, const char *path)
{
	struct gv_doc own, doc, again;
	struct gv_schema *s = compile(&own, schema, GV_SCHEMA_FORMATS_COMMON);
	enum gv_schema_verdict v = GV_SCHEMA_UNKNOWN;
	struct gv_instance in;
	double begin, checked, read;
	const size_t again_n = n / 10 + 1;
	size_t i;

	if (s == NULL)
		die(schema);
	read_doc(&doc, path);
	if (gv_instance_read(&in, path, &doc, doc.parts[0].node, NULL) < 0)
		die(path);
	begin = now();
	for (i = 0; i < n; i++)
		if (gv_schema_judge(s, &in, &v) < 0)
			die(path);
	checked = (now() - begin) / (double)n;
	gv_instance_release(&in);
	begin = now();
	for (i = 0; i < again_n; i++) {
		if (gv_doc_read(&again, doc.format, doc.text, doc.len, NULL) <
			0 ||
		    gv_instance_read(
			&in, path, &again, again.parts[0].node, NULL) < 0)
			die(path);
		gv_instance_release(&in);
		gv_doc_release(&again);
	}
	read = (now() - begin) / (double)again_n;
	printf("%s\t%.0f\t%.0f\n", verdicts[v], checked, read);
	gv_schema_free(s);
	release_doc(&doc);
	release_doc(&own);
	return 0;
}

static void
tell(void *ctx, const struct schema_suite_test *t)
{
	size_t *wrong = ctx;

	++*wrong;
	printf("%s\t%s\t%s\t%s\t%s, not %s\n", t->draft, t->file, t->group,
	    t->test, verdicts[t->verdict], t->is_valid ? "valid" : "invalid");
}

static int
suite(const char *path)
{
	struct schema_suite_count count;
	struct gv_doc doc;
	size_t wrong = 0;

	read_doc(&doc, path);
	schema_suite_run(&count, &doc, tell, &wrong);
	printf("required %zu of %zu, optional %zu of %zu, formats %zu of "
	       "%zu\n",
	    count.right[0], count.all[0], count.right[1], count.all[1],
	    count.right[2], count.all[2]);
	release_doc(&doc);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "suite") == 0)
		return suite(argv[2]);
	if (argc == 4 && strcmp(argv[1], "check") == 0)
		return check(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "judge") == 0)
		return judge(strcmp(argv[2], "plain") == 0
			? GV_SCHEMA_FORMATS_NONE
			: GV_SCHEMA_FORMATS_COMMON);
	if (argc == 5 && strcmp(argv[1], "bench") == 0)
		return bench(strtoul(argv[2], NULL, 10), argv[3], argv[4]);
	fprintf(stderr, "usage: schema-tool suite|check|judge|bench ...\n");
	return 2;
}
