#ifndef GV_RECORD_FILTER_H
#define GV_RECORD_FILTER_H
/*
 * Which snapshots a command is about, by the options that choose them.
 *
 *	struct gv_record_filter f = { .since = "7d" };
 *	r = gv_record_filter_init(&f);
 *	if (gv_record_filter_takes(&f, &rec)) …
 *	gv_record_filter_release(&f);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_record;

/* Which snapshots are meant: those that have all that is set. */
struct gv_record_filter {
	const char *const *tags; /* all of them */
	size_t n_tags;
	const char *host, *branch, *environment, *trigger;
	const char *since, *until;   /* as gv_record_time(), both included */
	const char *const *patterns; /* POSIX basic regular expressions; one
					of them matches in the message */
	size_t n_patterns;
	/* private, set by gv_record_filter_init() */
	int64_t from, to;
	void *compiled;
};

/* Read the dates and the patterns, which stay the caller's. 0; GV_EREFUSED for
 * a date or GV_EUSAGE for an invalid pattern. The caller releases it. */
int gv_record_filter_init(struct gv_record_filter *f);
void gv_record_filter_release(struct gv_record_filter *f);

/* Whether the snapshot is one of them. */
bool gv_record_filter_takes(
    const struct gv_record_filter *f, const struct gv_record *rec);

#endif
