#ifndef GV_GLANCE_H
#define GV_GLANCE_H
/*
 * What was last seen of each project, kept until something may have happened to
 * it. A process in a project tells how that stands (sight.h). Where the running
 * watch says that nothing happened in the project's files since, and its refs
 * and the user's settings have the stamps they had, what that process said is
 * said again, without looking at any file. In doubt there is nothing to say
 * again. Without a watch, nothing is kept.
 *
 *	r = gv_glances_open(&g, &registry, now);
 *	text = gv_glances_get(&g, i, &len);		NULL: look at it
 *	r = gv_glances_note(&g, i, text, len);		what was seen
 *	gv_glances_close(&g);				and kept
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "worktree/hint.h"

struct gv_registry;

/* Longer than that nothing is said again, in seconds: what depends on the day,
 * or on files that have no stamp here. */
#define GV_GLANCE_MOST 3600

struct gv_glance {
	const char *path; /* NULL: nothing is known */
	size_t path_len;
	struct gv_moment since; /* before it was looked at */
	uint64_t stamp;         /* of what lies beside the files; 0: none */
	int64_t made;           /* seconds since 1970 */
	const char *text;
	size_t len;
};

/* The entries of a file, which point into its bytes. 0; GV_ECORRUPT without a
 * message; GV_ENOMEM. The caller frees *out. Pure. */
int gv_glance_parse(
    struct gv_glance **out, size_t *n, const char *bytes, size_t len);

/* Append the file. 0 or GV_ENOMEM. Pure. */
int
gv_glance_format(struct gv_buf *out, const struct gv_glance *items, size_t n);

struct gv_glances {
	/* private */
	const struct gv_registry *registry;
	struct gv_glance *items; /* by the registry's numbers */
	bool *is_known;          /* that may be said again */
	char **noted;            /* what was seen now; NULL */
	struct gv_moment now;
	int64_t time;
	bool is_moved; /* there is something to keep */
	struct gv_buf bytes;
};

/* Read what is kept, and find out what of it still holds at `now` (seconds).
 * The registry stays in place. 0 or GV_ENOMEM. To be closed in any case. */
int gv_glances_open(
    struct gv_glances *out, const struct gv_registry *registry, int64_t now);

/* What was seen of a project by its number; NULL where it is to be looked at.
 * Borrowed. */
const char *gv_glances_get(const struct gv_glances *g, size_t i, size_t *len);

/* Note what was seen just now. 0 or GV_ENOMEM. */
int
gv_glances_note(struct gv_glances *g, size_t i, const char *text, size_t len);

/* Keep it, where there is something new, and free; zeroed ok. No failure tells:
 * the next list looks at all. */
void gv_glances_close(struct gv_glances *g);

#endif
