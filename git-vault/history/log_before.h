#ifndef LOG_BEFORE_H
#define LOG_BEFORE_H
/*
 * Which snapshot a log compares another one with: the one that it followed.
 *
 *	r = gv_log_before_init(&before, &all);
 *	rec = gv_log_before_get(&before, i);
 *	gv_log_before_release(&before);
 */

#include <stddef.h>

#include "base/map.h"

struct gv_record;
struct gv_records;

struct gv_log_before {
	const struct gv_records *all;
	struct gv_map by_id; /* snapshots of all files */
};

#define GV_LOG_BEFORE_INIT                                                     \
	{                                                                      \
		.by_id = GV_MAP_INIT                                           \
	}

/* Prepare the lookup; `all` is borrowed. 0 or GV_ENOMEM. To be released in any
 * case. */
int gv_log_before_init(struct gv_log_before *out, const struct gv_records *all);
void gv_log_before_release(struct gv_log_before *b);

/* The snapshot that records[i] followed; if that one is gone or holds only some
 * files, the next older one of all files; NULL for the first. */
const struct gv_record *
gv_log_before_get(const struct gv_log_before *b, size_t i);

#endif
