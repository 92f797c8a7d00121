#ifndef LOG_PICK_H
#define LOG_PICK_H
/*
 * The forms -S and -G of `log`: in which snapshots a string or a line came,
 * changed or went, and in which file.
 *
 *	if (o->pick_string || o->pick_regex)
 *		return gv_log_pick(ctx, &how, &keys);
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_ctx;
struct gv_record_filter;
struct gv_reveal_keys;

struct gv_log_pick {
	const char *string, *regex; /* one of both */
	char *const *paths;         /* as typed, NULL behind the last */
	const struct gv_record_filter *filter;
	int64_t limit;   /* negative: none */
	bool with_saves; /* automatic ones, too */
};

/* Print them. 0; 3 where something is damaged and left out; GV_EUSAGE for a
 * path with pathspec magic, or as gv_pick_init(); a failure. */
int gv_log_pick(struct gv_ctx *ctx, const struct gv_log_pick *how,
    struct gv_reveal_keys *keys);

#endif
