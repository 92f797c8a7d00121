#ifndef GV_METRICS_H
#define GV_METRICS_H
/*
 * A vault's health as Prometheus reads it: text of version 0.0.4, without times
 * of its own, since collectors of text files refuse these. Values of labels are
 * names of the repository, its environments, jobs, copies and components, never
 * ids or paths. Pure.
 *
 *	r = gv_metrics_text(&text, &health);
 *	if (gv_metrics_open_is_wanted(accept))
 *		r = gv_metrics_open_text(&open, text.p, text.len);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;
struct gv_health;

/* Append it; `version` is that of this program. 0 or GV_ENOMEM. */
int gv_metrics_text(
    struct gv_buf *out, const struct gv_health *health, const char *version);

/* Append the value of a label: `"`, `\` and newlines are escaped, and bytes
 * that are not UTF-8 become U+FFFD. */
void gv_metrics_label(struct gv_buf *out, const char *value);

/* ---- metrics_open.c: the same as OpenMetrics ---- */

#define GV_METRICS_OPEN_TYPE                                                   \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"

/* Whether a client with this header Accept (NULL: none) wants OpenMetrics: it
 * names version 1.0.0, and does not want plain text more. */
bool gv_metrics_open_is_wanted(const char *accept);

/* Append text of version 0.0.4, such as gv_metrics_text() makes, as
 * OpenMetrics: families of counters are named without `_total`, and the text
 * ends with "# EOF". 0 or GV_ENOMEM. */
int gv_metrics_open_text(struct gv_buf *out, const char *text, size_t len);

#endif
