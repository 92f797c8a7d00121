#ifndef GV_METRICS_H
#define GV_METRICS_H
/*
 * A vault's health as Prometheus reads it: text of version 0.0.4, without times
 * of its own, since collectors of text files refuse these. Values of labels are
 * names of the repository, its environments, jobs, copies and components, never
 * ids or paths. Pure.
 *
 *	r = gv_metrics_text(&text, &health);
 */

struct gv_buf;
struct gv_health;

/* Append it; `version` is that of this program. 0 or GV_ENOMEM. */
int gv_metrics_text(
    struct gv_buf *out, const struct gv_health *health, const char *version);

/* Append the value of a label: `"`, `\` and newlines are escaped, and bytes
 * that are not UTF-8 become U+FFFD. */
void gv_metrics_label(struct gv_buf *out, const char *value);

#endif
