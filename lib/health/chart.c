#include "health/chart.h"

#include <string.h>

#include "base/buf.h"
#include "draw/picture.h"
#include "health/health.h"

#define WIDTH  240.0
#define HEIGHT 100.0
#define EDGE   6.0 /* above and below the line */

static double
place(const struct gv_health_trend *t, size_t i, double least, double most)
{
	const double span = most - least;

	if (span <= 0)
		return HEIGHT / 2;
	return HEIGHT - EDGE - (t->at[i] - least) / span * (HEIGHT - 2 * EDGE);
}

static void
add_points(struct gv_buf *out, const struct gv_health_trend *t, double least,
    double most)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		gv_buf_addf(out, "%s%.1f,%.1f", i ? " " : "",
		    WIDTH * (double)i / (double)(t->n - 1),
		    place(t, i, least, most));
}

void
gv_chart_line(struct gv_buf *out, const char *class,
    const struct gv_health_trend *trend, const char *label)
{
	double least, most;
	size_t i;

	if (trend->n < 2)
		return;
	least = most = trend->at[0];
	for (i = 1; i < trend->n; i++) {
		least = trend->at[i] < least ? trend->at[i] : least;
		most = trend->at[i] > most ? trend->at[i] : most;
	}
	gv_buf_addf(out,
	    "<svg class=\"%s\" viewBox=\"0 0 %.0f %.0f\" "
	    "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"%s\">"
	    "<polygon points=\"0,%.0f ",
	    class, WIDTH, HEIGHT, label, HEIGHT);
	add_points(out, trend, least, most);
	gv_buf_addf(out, " %.0f,%.0f\"/><polyline points=\"", WIDTH, HEIGHT);
	add_points(out, trend, least, most);
	gv_buf_addstr(out, "\"/></svg>");
}

void
gv_chart_bar(struct gv_buf *out, double share, const char *class)
{
	const double width = share < 0 ? 0 : share > 1 ? 100 : share * 100;

	gv_buf_addf(out,
	    "<svg class=\"bar\" viewBox=\"0 0 100 6\" "
	    "preserveAspectRatio=\"none\" aria-hidden=\"true\">"
	    "<rect class=\"bg\" width=\"100\" height=\"6\" rx=\"1.5\"/>"
	    "<rect class=\"%s\" width=\"%.2f\" height=\"6\" rx=\"1.5\"/></svg>",
	    class, width);
}

void
gv_chart_days(
    struct gv_buf *out, const unsigned char *days, size_t n, const char *name)
{
	const struct gv_picture_text text = { name, strlen(name) };
	size_t count[GV_HEALTH_DAY_KINDS] = { 0 }, i;

	for (i = 0; i < n; i++)
		count[days[i]]++;
	gv_buf_addf(out,
	    "<svg viewBox=\"0 0 %zu 20\" preserveAspectRatio=\"none\" "
	    "role=\"img\" aria-label=\"",
	    n * 8);
	gv_picture_add_text(out, text);
	gv_buf_addstr(out, ":");
	for (i = 0; i < GV_HEALTH_DAY_KINDS; i++)
		if (count[i])
			gv_buf_addf(
			    out, " %zu %s", count[i], gv_health_day_kinds[i]);
	gv_buf_addstr(out, "\">");
	for (i = 0; i < n; i++)
		gv_buf_addf(out,
		    days[i] == GV_HEALTH_MISSED
			? "<rect class=\"d-%s\" x=\"%zu.7\" y=\".7\" "
			  "width=\"5\" height=\"18.6\" rx=\"1\"/>"
			: "<rect class=\"d-%s\" x=\"%zu\" width=\"6.4\" "
			  "height=\"20\" rx=\"1\"/>",
		    gv_health_day_kinds[days[i]], i * 8);
	gv_buf_addstr(out, "</svg>");
}
