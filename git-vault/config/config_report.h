#ifndef CONFIG_REPORT_H
#define CONFIG_REPORT_H
/*
 * What a check of configurations found, as a text of each format.
 *
 *	r = gv_config_report(&out, &view, GV_CONFIG_HTML);
 */

#include <stdbool.h>
#include <stdint.h>

#include "git-vault/config/config_view.h"
#include "param/param_check.h"

struct gv_buf;

struct gv_config_checked {
	const struct gv_param_report *report;
	const char *env;   /* NULL: all */
	const char *at;    /* the commit or snapshot; NULL: the working tree */
	int64_t now, good; /* when the last known-good record is of */
	bool has_good;
	const char *no_good; /* why there is none; NULL: it was not asked for */
};

/* Append a report. 0; GV_ENOMEM. */
int gv_config_report(struct gv_buf *out, const struct gv_config_checked *c,
    enum gv_config_form form);

/* Of the first: "valid", "invalid", "could not be checked". */
const char *gv_config_verdict(const struct gv_param_report *report);

/* The page of a report; what config_report.c has for it. */
void
gv_config_report_html(struct gv_buf *out, const struct gv_config_checked *c);

#endif
