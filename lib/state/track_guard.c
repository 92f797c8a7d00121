#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "state/track_internal.h"

bool
gv_track_is_same(
    const struct gv_track_version *a, const struct gv_track_version *b)
{
	return strcmp(a->key, b->key) == 0 &&
	    gv_digest_equal(&a->digest, &b->digest);
}

static bool
is_state(const struct gv_track_version *v)
{
	return v->size && v->damage == NULL && v->tool &&
	    strcmp(v->tool, "opaque") != 0;
}

/* Why this is no state to go on with from one that was: the page of a proxy,
 * say, which the next who asks would get in place of it. A state that is cut
 * off is kept for what is whole in it, but not where a tool is to read it
 * again. */
static bool
adds_strange(const struct gv_track_guard *g, const struct gv_track_version *a,
    struct gv_buf *text)
{
	const struct gv_track_version *b = g->next;
	const char *tool = b->tool ? b->tool : "opaque";

	if (!is_state(a))
		return false;
	if (strcmp(tool, "opaque") == 0)
		gv_buf_addf(text,
		    "it is no state, and the last version is one of %s",
		    a->tool);
	else if (strcmp(tool, a->tool) != 0)
		gv_buf_addf(text,
		    "it is of %s, and the last version is a state of %s", tool,
		    a->tool);
	else if (b->damage && g->wants_whole)
		gv_buf_addstr(
		    text, "it is no whole state, and the last version is one");
	return text->len > 0;
}

/* Why Terraform would refuse to put this in the place of the last one that was
 * whole, since what a damaged one says of itself counts for nothing; NULL for
 * no reason. Bytes named by another key cannot be compared. */
const char *
gv_track_object(const struct gv_track_guard *g, struct gv_buf *text)
{
	const struct gv_track_version *a = g->good ? g->good : g->last;
	const struct gv_track_version *b = g->next;

	if (gv_oid_is_zero(&g->last->commit) || gv_track_is_same(g->last, b) ||
	    (g->is_refused && !g->good))
		return NULL;
	/* the newest whole one may come back over a damaged one */
	if (g->good && gv_track_is_same(a, b))
		return NULL;
	/* what a pipe gives whose writer has failed */
	if (b->size == 0 && g->last->size)
		gv_buf_addstr(text, "it is empty, and the last version is not");
	else if (adds_strange(g, a, text))
		return text->p;
	else if (a->lineage && b->lineage &&
	    strcmp(a->lineage, b->lineage) != 0)
		gv_buf_addf(text,
		    "its lineage is %s, and that of the last version is %s: "
		    "it is the state of something else",
		    b->lineage, a->lineage);
	else if (!a->has_serial || !b->has_serial)
		return NULL;
	else if (b->serial < a->serial)
		gv_buf_addf(text,
		    "its serial is %" PRIu64
		    ", and the last version has %" PRIu64 ": it is older",
		    b->serial, a->serial);
	else if (b->serial == a->serial && strcmp(a->key, b->key) == 0)
		gv_buf_addf(text,
		    "its serial is %" PRIu64
		    ", as that of the last version, which has other content",
		    b->serial);
	return text->len ? text->p : NULL;
}
