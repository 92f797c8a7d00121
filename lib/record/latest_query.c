#include "record/latest.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "record/own.h"
#include "record/record.h"

#define MAX_DIGITS 9

/* --- what is asked for --- */

/* "~", "~N" or nothing. */
static bool
read_back(unsigned long *back, const char *p)
{
	*back = 0;
	if (*p == '\0')
		return true;
	if (*p++ != '~' || strlen(p) > MAX_DIGITS ||
	    strspn(p, "0123456789") != strlen(p))
		return false;
	*back = *p ? strtoul(p, NULL, 10) : 1;
	return true;
}

/* A name, which has no '~' in it (git takes none in a branch), and what is
 * behind it. */
static int
read_name(struct gv_latest_query *q, const char *p)
{
	size_t len = strcspn(p, "~");

	if (len == 0 || *p == '{' || !read_back(&q->back, p + len))
		return 0;
	q->name = strndup(p, len);
	return q->name ? 1 : gv_err_nomem();
}

int
gv_latest_parse(struct gv_latest_query *out, const char *text)
{
	static const char heads[] = "refs/heads/";
	static const struct {
		const char *word;
		enum gv_latest_of of;
	} words[] = { { "latest", GV_LATEST_TREE },
		{ "any:latest", GV_LATEST_ANY },
		{ "safety", GV_LATEST_SAFETY } };
	size_t i, len;

	memset(out, 0, sizeof(*out));
	if (strncmp(text, "host:", 5) == 0) {
		out->of = GV_LATEST_HOST;
		return read_name(out, text + 5);
	}
	if (strncmp(text, "latest@", 7) == 0) {
		text += 7;
		out->of = GV_LATEST_BRANCH;
		if (strncmp(text, heads, strlen(heads)) == 0)
			text += strlen(heads);
		return read_name(out, text);
	}
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		len = strlen(words[i].word);
		out->of = words[i].of;
		if (strncmp(text, words[i].word, len) == 0 &&
		    read_back(&out->back, text + len))
			return 1;
	}
	return 0;
}

void
gv_latest_query_release(struct gv_latest_query *q)
{
	if (q == NULL)
		return;
	free(q->name);
	memset(q, 0, sizeof(*q));
}

/* --- ranks --- */

static bool
is_same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool
is_on_branch(const struct gv_latest_view *view, const struct gv_record *rec)
{
	if (view->branch)
		return is_same(rec->branch, view->branch);
	return gv_map_get(&view->merged, rec->base.id, GV_OID_RAW) != NULL;
}

/* Whether a hook or a pipeline took it: often of a bare checkout, or of a
 * moment that nobody chose. */
static bool
is_automatic(const struct gv_record *rec)
{
	return is_same(rec->trigger, "hook") || is_same(rec->trigger, "ci");
}

enum gv_latest_rank
gv_latest_rank(const struct gv_latest_query *q,
    const struct gv_latest_view *view, const struct gv_record *rec)
{
	bool is_own = gv_own_is_here(view->own, &rec->commit);
	bool is_safety = is_same(rec->trigger, GV_RECORD_SAFETY);
	bool is_auto = is_automatic(rec);

	if (rec->only || is_safety != (q->of == GV_LATEST_SAFETY))
		return GV_LATEST_RANKS;
	switch (q->of) {
	case GV_LATEST_TREE:
		if (is_own)
			return is_on_branch(view, rec) ? GV_LATEST_OWN_HERE
						       : GV_LATEST_OWN;
		if (is_on_branch(view, rec))
			return is_auto ? GV_LATEST_HERE_AUTO : GV_LATEST_HERE;
		return is_auto ? GV_LATEST_OTHER_AUTO : GV_LATEST_OTHER;
	case GV_LATEST_BRANCH:
		if (!is_same(rec->branch, q->name))
			return GV_LATEST_RANKS;
		if (is_own)
			return GV_LATEST_OWN_HERE;
		return is_auto ? GV_LATEST_HERE_AUTO : GV_LATEST_HERE;
	case GV_LATEST_ANY:
		return GV_LATEST_OTHER;
	case GV_LATEST_HOST:
		return is_same(rec->host, q->name) ? GV_LATEST_OTHER
						   : GV_LATEST_RANKS;
	case GV_LATEST_SAFETY:
		return is_own ? GV_LATEST_OWN_HERE : GV_LATEST_HERE;
	}
	return GV_LATEST_RANKS;
}
