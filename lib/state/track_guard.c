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

/* Append why this must not follow a state: a proxy's error page, say, would
 * then be served to the next reader in its place. A state that was cut off is
 * saved for the part that is intact, but not if a tool is to read it again. */
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
		    "it is not a state, but the last version is one of %s",
		    a->tool);
	else if (strcmp(tool, a->tool) != 0)
		gv_buf_addf(text,
		    "it is of %s, but the last version is a state of %s", tool,
		    a->tool);
	else if (b->damage && g->wants_whole)
		gv_buf_addstr(
		    text, "it is not an intact state, but the last version is");
	return text->len > 0;
}

/* Append why Terraform would refuse to put this in the place of the last whole
 * version; NULL if it would not. A damaged version is not compared with, since
 * its serial may be wrong. Content that was named by another key cannot be
 * compared. */
const char *
gv_track_object(const struct gv_track_guard *g, struct gv_buf *text)
{
	const struct gv_track_version *a = g->good ? g->good : g->last;
	const struct gv_track_version *b = g->next;

	if (gv_oid_is_zero(&g->last->commit) || gv_track_is_same(g->last, b) ||
	    (g->is_refused && !g->good))
		return NULL;
	/* the newest whole version may follow a damaged one */
	if (g->good && gv_track_is_same(a, b))
		return NULL;
	/* a pipe is empty if its writer failed */
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
		    ", but the last version has %" PRIu64 ": it is older",
		    b->serial, a->serial);
	else if (b->serial == a->serial && strcmp(a->key, b->key) == 0)
		gv_buf_addf(text,
		    "serial %" PRIu64 " is already used by the last version, "
		    "with different content",
		    b->serial);
	return text->len ? text->p : NULL;
}
