#include "search/search_internal.h"

#include <string.h>

#include "base/err.h"
#include "object/odb.h"
#include "search/definition.h"
#include "search/renamed.h"

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
	int r = scan(p, path, text, len);

	if (r < 0)
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
	struct gv_sought_text text = { .p = NULL };
	struct gv_object obj = { 0 };
	int r;

	gv_buf_reset(&out->text);
	out->number = out->lines = 0;
	out->is_withheld = out->is_definition = false;
	r = gv_odb_read_type(
	    p->odb, &obj, &p->versions[story->version], GV_OTYPE_BLOB);
	if (r == 0 &&
	    (r = gv_sought_open(&text, &p->sought, obj.data, obj.len)) > 0)
		r = read_line(out, p, story->version,
		    search->paths[story->path], text.p, text.len);
	gv_sought_close(&text);
	gv_object_release(&obj);
	return r;
}

/* The path says how secrets are found. The new name may be one as well, in a
 * line such as `password = …`. */
static int
find_renamed(struct gv_buf *out, struct gv_search *s,
    const struct gv_story_event *e, const struct gv_sought_text *old,
    const struct gv_sought_text *new)
{
	struct gv_search_private *p = s->private;
	const uint32_t path = e->to == GV_STORY_NONE ? e->path : e->to;
	size_t at, len;
	int r;

	if (old->len > GV_DESCENT_SIZE || new->len > GV_DESCENT_SIZE ||
	    (len = gv_renamed_find(
		 &at, &p->sought, old->p, old->len, new->p, new->len)) == 0)
		return 0;
	if ((r = scan(p, s->paths[path], new->p, new->len)) < 0)
		return r;
	if (!is_secret(&p->scan, at, len) && len < GV_SEARCH_TEXT)
		gv_buf_add(out, new->p + at, len);
	return gv_buf_check(out);
}

static int
open_both(struct gv_buf *out, struct gv_search *s,
    const struct gv_story_event *e, const struct gv_object *old,
    const struct gv_object *new)
{
	const struct gv_sought *sought = &s->private->sought;
	struct gv_sought_text a = { .p = NULL }, b = { .p = NULL };
	int r = gv_sought_open(&a, sought, old->data, old->len);

	if (r > 0)
		r = gv_sought_open(&b, sought, new->data, new->len);
	if (r > 0)
		r = find_renamed(out, s, e, &a, &b);
	gv_sought_close(&a);
	gv_sought_close(&b);
	return r;
}

int
gv_search_renamed(struct gv_buf *out, struct gv_search *search,
    const struct gv_story_event *event)
{
	struct gv_search_private *p = search->private;
	struct gv_object old = { 0 }, new = { 0 };
	int r;

	gv_buf_reset(out);
	if (p->renamed == GV_SEARCH_RENAMED)
		return 0;
	if (event->before == GV_STORY_NONE || event->after == GV_STORY_NONE ||
	    (p->sought.flags & GV_SOUGHT_REGEX))
		return 0;
	p->renamed++;
	r = gv_odb_read_type(
	    p->odb, &old, &p->versions[event->before], GV_OTYPE_BLOB);
	if (r == 0)
		r = gv_odb_read_type(
		    p->odb, &new, &p->versions[event->after], GV_OTYPE_BLOB);
	if (r == 0)
		r = open_both(out, search, event, &old, &new);
	gv_object_release(&old);
	gv_object_release(&new);
	/* a damaged one was counted when it was searched */
	return r == GV_ENOTFOUND || r == GV_ECORRUPT ? 0 : r;
}
