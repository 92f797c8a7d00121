#include "search/search_internal.h"

#include <string.h>

#include "base/err.h"
#include "object/odb.h"
#include "search/definition.h"

/* What is not sure to be an example is not shown. */
static bool
is_secret(const struct gv_scan *scan, size_t at, size_t len)
{
	size_t i;

	for (i = 0; i < scan->n; i++) {
		const struct gv_scan_finding *f = &scan->findings[i];

		if (f->grade > GV_SCAN_EXAMPLE && f->at < at + len &&
		    f->at + f->len > at)
			return true;
	}
	return false;
}

static int
scan(
    struct gv_search_private *p, const char *path, const char *text, size_t len)
{
	int r;

	if (!p->has_rules) {
		if ((r = gv_team_rules_load(&p->rules, p->repo)) < 0)
			return r;
		p->has_rules = true;
	}
	return gv_scan_run(&p->scan, p->rules.set, path, text, len);
}

static void
take_line(struct gv_search_line *out, const char *text, size_t len)
{
	while (len && (*text == ' ' || *text == '\t')) {
		text++;
		len--;
	}
	while (len && (text[len - 1] == '\r' || text[len - 1] == ' '))
		len--;
	gv_buf_add(
	    &out->text, text, len < GV_SEARCH_TEXT ? len : GV_SEARCH_TEXT);
}

static int
read_line(struct gv_search_line *out, struct gv_search_private *p,
    uint32_t version, const char *path, const char *text, size_t len)
{
	const struct gv_definition_language *lang =
	    gv_definition_language(path);
	struct gv_sought_hit hit = { 0 };
	int r;

	if ((r = scan(p, path, text, len)) < 0)
		return r;
	out->is_withheld = true;
	out->is_definition = false;
	while (gv_sought_next(&hit, &p->sought, text, len)) {
		const bool defines =
		    gv_search_is_definition(p, version, lang, text, &hit);

		if (p->opts->symbol && !defines)
			continue;
		if (out->lines++ == 0)
			out->number = hit.number;
		if ((!out->is_withheld && (!defines || out->is_definition)) ||
		    is_secret(&p->scan, hit.line, hit.line_len))
			continue;
		out->is_withheld = false;
		out->is_definition = defines;
		out->number = hit.number;
		gv_buf_reset(&out->text);
		take_line(out, text + hit.line, hit.line_len);
	}
	return gv_buf_check(&out->text);
}

int
gv_search_line(struct gv_search_line *out, struct gv_search *search,
    const struct gv_story *story)
{
	struct gv_search_private *p = search->private;
	struct gv_object obj = { 0 };
	int r;

	gv_buf_reset(&out->text);
	out->number = out->lines = 0;
	out->is_withheld = out->is_definition = false;
	r = gv_odb_read_type(
	    p->odb, &obj, &p->versions[story->version], GV_OTYPE_BLOB);
	if (r == 0)
		r = read_line(out, p, story->version,
		    search->paths[story->path], (const char *)obj.data,
		    obj.len);
	gv_object_release(&obj);
	return r;
}
