#ifndef GV_PAGE_INTERNAL_H
#define GV_PAGE_INTERNAL_H
/*
 * What the panels of the page share: texts, times and sizes as people read
 * them, and the sign in front of what is judged. A colour never says anything
 * alone: there is a sign and a word.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "draw/picture.h"
#include "health/health.h"

enum gv_page_sign {
	GV_PAGE_GOOD,
	GV_PAGE_WARN,
	GV_PAGE_BAD,
	GV_PAGE_NONE, /* nothing is known, or wanted */
};

/* The class of a sign: "good" … */
extern const char *const gv_page_signs[];

/* Text of anybody; of more than `most` bytes (0: any), the beginning. */
void gv_page_text(struct gv_buf *out, const char *text, size_t most);

/* A sign, which screen readers hear as a word. */
void gv_page_sign(struct gv_buf *out, enum gv_page_sign sign);

/* How long ago, with the very time; "just now" of seconds, "never" of 0. */
void gv_page_ago(struct gv_buf *out, int64_t time, int64_t now);

/* A length of time in two units at most: "2 h 10 min". */
void gv_page_span(struct gv_buf *out, int64_t seconds);

/* A size, "12.3 MiB". */
void gv_page_size(struct gv_buf *out, uint64_t bytes);

/* The heading of a panel; `more` (or NULL) says what it is. */
void gv_page_head(struct gv_buf *out, const char *title, const char *more);

/* A cell of a table that has this name where the table is a list. */
void gv_page_cell(struct gv_buf *out, const char *name, bool is_number);
void gv_page_cell_end(struct gv_buf *out);

/* ---- panels, from top to bottom ---- */

void gv_page_verdict(struct gv_buf *out, const struct gv_health *h);
void gv_page_tiles(struct gv_buf *out, const struct gv_health *h);
void gv_page_envs(struct gv_buf *out, const struct gv_health *h);
void gv_page_days(struct gv_buf *out, const struct gv_health *h);
void gv_page_goals(struct gv_buf *out, const struct gv_health *h);
void gv_page_jobs(struct gv_buf *out, const struct gv_health *h);
void gv_page_copies(struct gv_buf *out, const struct gv_health *h);
void gv_page_components(struct gv_buf *out, const struct gv_health *h);
void gv_page_drills(struct gv_buf *out, const struct gv_health *h);
void gv_page_sizes(struct gv_buf *out, const struct gv_health *h);
void gv_page_events(struct gv_buf *out, const struct gv_health *h);

#endif
