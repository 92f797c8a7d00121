#ifndef DRILL_REPORT_H
#define DRILL_REPORT_H
/*
 * A drill in the formats of other programs: JUnit for pipelines, and a page of
 * HTML for people, which needs no other file.
 *
 *	gv_drill_report_html(&page, &drill);
 */

struct gv_buf;
struct gv_drill;

/* Append it. */
void gv_drill_report_junit(struct gv_buf *out, const struct gv_drill *drill);
void gv_drill_report_html(struct gv_buf *out, const struct gv_drill *drill);

/* Write ID.json, ID.xml and ID.html to a folder, which is made if it does not
 * exist. 0; GV_ERROR; GV_ENOMEM. */
int gv_drill_report_save(const char *dir, const struct gv_drill *drill);

#endif
