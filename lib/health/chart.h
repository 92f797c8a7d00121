#ifndef GV_CHART_H
#define GV_CHART_H
/*
 * Small pictures of figures, as SVG in a page: lines, bars, strips of days. A
 * page gives them their colours by classes of its style. Pure.
 *
 *	gv_chart_line(&page, "spark", &trend, "the last 24 dumps");
 */

#include <stddef.h>

struct gv_buf;
struct gv_health_trend;

/* Append a line over an area, from the smallest number to the largest; `label`
 * says what it shows, and is no text of others. Nothing with fewer than two
 * numbers. */
void gv_chart_line(struct gv_buf *out, const char *class,
    const struct gv_health_trend *trend, const char *label);

/* Append a bar that is filled up to a share from 0 to 1, in one of two classes.
 */
void gv_chart_bar(struct gv_buf *out, double share, const char *class);

/* Append a strip of days (enum gv_health_day); `name` is the environment's. */
void gv_chart_days(
    struct gv_buf *out, const unsigned char *days, size_t n, const char *name);

#endif
