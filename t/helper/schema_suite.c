#include "schema_suite.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static const struct {
	const char *name;
	enum gv_schema_draft draft;
} drafts[] = { { "draft4", GV_SCHEMA_DRAFT_04 },
	{ "draft6", GV_SCHEMA_DRAFT_06 }, { "draft7", GV_SCHEMA_DRAFT_07 },
	{ "draft2019-09", GV_SCHEMA_DRAFT_2019 },
	{ "draft2020-12", GV_SCHEMA_DRAFT_2020 } };

struct suite {
	const struct gv_doc *doc;
	struct schema_suite_count *count;
	void (*tell)(void *ctx, const struct schema_suite_test *t);
	void *ctx;
	uint32_t remotes;
	char **uris;
	size_t n_uris;
};

static char *
text_of(const struct gv_doc *doc, uint32_t node, bool is_key)
{
	struct gv_buf b = GV_BUF_INIT;

	if (is_key)
		gv_doc_key(&b, doc, node);
	else
		gv_doc_text(&b, doc, node);
	gv_buf_addch(&b, '\0');
	return gv_buf_take(&b);
}

/* Only schemas that name another place need those of others. */
static bool
wants_remotes(const struct gv_doc *doc, uint32_t schema)
{
	const struct gv_doc_node *n = &doc->nodes[schema];
	static const char *const words[] = { "$ref", "Ref\"", "$schema" };
	size_t i, j;

	for (i = 0; i < 3; i++)
		for (j = 0; j + strlen(words[i]) <= n->len; j++)
			if (memcmp(doc->text + n->at + j, words[i],
				strlen(words[i])) == 0)
				return true;
	return false;
}

static struct gv_schema *
compile(const struct suite *s, enum gv_schema_draft draft,
    enum gv_schema_formats formats, uint32_t schema)
{
	const struct gv_schema_opts opts = { .draft = draft,
		.formats = formats };
	struct gv_schema *out;
	uint32_t i;
	size_t k = 0;

	if (gv_schema_new(&out, &opts) < 0)
		return NULL;
	if (gv_schema_add(out, "", s->doc, schema) < 0)
		goto out;
	for (i = gv_doc_first(s->doc, s->remotes);
	     i != GV_DOC_NONE && wants_remotes(s->doc, schema);
	     i = gv_doc_next(s->doc, i))
		if (gv_schema_add(out, s->uris[k++], s->doc, i) < 0)
			goto out;
	if (gv_schema_compile(out, 0, "") == 0)
		return out;
out:
	gv_schema_free(out);
	return NULL;
}

static void
run_test(const struct suite *s, const struct gv_schema *schema, uint32_t test,
    struct schema_suite_test *t)
{
	const uint32_t valid = gv_doc_get(s->doc, test, "valid");
	struct gv_schema_report report = { 0 };
	enum gv_schema_verdict quick = GV_SCHEMA_UNKNOWN;
	struct gv_instance in;
	char *name =
	    text_of(s->doc, gv_doc_get(s->doc, test, "description"), false);

	t->test = name;
	t->is_valid = gv_doc_is(s->doc, valid, "true");
	t->verdict = GV_SCHEMA_UNKNOWN;
	if (schema &&
	    gv_instance_read(&in, "data", s->doc,
		gv_doc_get(s->doc, test, "data"), NULL) == 0) {
		if (gv_schema_check(schema, &in, &report) == 0 &&
		    gv_schema_judge(schema, &in, &quick) == 0 &&
		    quick == report.verdict &&
		    (report.n > 0) == (quick != GV_SCHEMA_VALID))
			t->verdict = report.verdict;
		gv_schema_report_release(&report);
		gv_instance_release(&in);
	}
	s->count->all[t->kind]++;
	if (t->verdict == (t->is_valid ? GV_SCHEMA_VALID : GV_SCHEMA_INVALID))
		s->count->right[t->kind]++;
	else
		s->tell(s->ctx, t);
	free(name);
}

static int
kind_of(const char *file)
{
	if (strncmp(file, "optional/format/", 16) == 0)
		return SCHEMA_SUITE_FORMAT;
	return strncmp(file, "optional/", 9) == 0 ? SCHEMA_SUITE_OPTIONAL
						  : SCHEMA_SUITE_REQUIRED;
}

static void
run_group(const struct suite *s, uint32_t group, size_t draft)
{
	const uint32_t tests = gv_doc_get(s->doc, group, "tests");
	char *file = text_of(s->doc, gv_doc_get(s->doc, group, "file"), false);
	char *name =
	    text_of(s->doc, gv_doc_get(s->doc, group, "description"), false);
	struct schema_suite_test t = { .draft = drafts[draft].name,
		.file = file,
		.group = name,
		.kind = kind_of(file) };
	struct gv_schema *schema = compile(s, drafts[draft].draft,
	    t.kind == SCHEMA_SUITE_FORMAT ? GV_SCHEMA_FORMATS_ALL
					  : GV_SCHEMA_FORMATS_NONE,
	    gv_doc_get(s->doc, group, "schema"));
	uint32_t i;

	for (i = gv_doc_first(s->doc, tests); i != GV_DOC_NONE;
	     i = gv_doc_next(s->doc, i))
		run_test(s, schema, i, &t);
	gv_schema_free(schema);
	free(file);
	free(name);
}

void
schema_suite_run(struct schema_suite_count *out, const struct gv_doc *doc,
    void (*tell)(void *ctx, const struct schema_suite_test *t), void *ctx)
{
	const uint32_t root = doc->parts[0].node;
	const uint32_t groups = gv_doc_get(doc, root, "groups");
	struct suite s = { .doc = doc,
		.count = out,
		.tell = tell,
		.ctx = ctx,
		.remotes = gv_doc_get(doc, root, "remotes") };
	uint32_t i, j, names;
	size_t d;

	memset(out, 0, sizeof(*out));
	for (i = gv_doc_first(doc, s.remotes); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i))
		s.n_uris++;
	s.uris = calloc(s.n_uris + 1, sizeof(char *));
	s.n_uris = 0;
	for (i = gv_doc_first(doc, s.remotes); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i))
		s.uris[s.n_uris++] = text_of(doc, i, true);
	for (i = gv_doc_first(doc, groups); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		names = gv_doc_get(doc, i, "drafts");
		for (j = gv_doc_first(doc, names); j != GV_DOC_NONE;
		     j = gv_doc_next(doc, j))
			for (d = 0; d < sizeof(drafts) / sizeof(drafts[0]); d++)
				if (gv_doc_is(doc, j, drafts[d].name))
					run_group(&s, i, d);
	}
	while (s.n_uris)
		free(s.uris[--s.n_uris]);
	free(s.uris);
}
