#ifndef DOCTOR_OUT_H
#define DOCTOR_OUT_H
/*
 * doctor and health: the options that both take, and what they print. `health`
 * is `doctor --brief` under its older name.
 *
 *	r = gv_doctor_out_run(ctx, &opts);
 */

#include <stdbool.h>

struct gv_ctx;

struct gv_doctor_out_opts {
	bool brief, fix;
	const char *max_age, *verified_within;
	const char *remote; /* to be tried, too; NULL: none */
	const char *html;   /* write a page there instead; NULL: no */
};

/* The rows of the option table that both have. */
#define GV_DOCTOR_OUT_OPTS                                                     \
	{                                                                      \
		.type = GV_OPT_STRING,                                         \
		.name = "max-age",                                             \
		.arg = "DURATION",                                             \
		.at = offsetof(struct gv_doctor_out_opts, max_age),            \
		.help =                                                        \
		    "how old the newest snapshot may be, as 26h; default: 7d"  \
	},                                                                     \
	    { .type = GV_OPT_STRING,                                           \
		    .name = "verified-within",                                 \
		    .arg = "DURATION",                                         \
		    .at =                                                      \
			offsetof(struct gv_doctor_out_opts, verified_within),  \
		    .help =                                                    \
			"how long ago one may have been verified; default: "   \
			"30d" },                                               \
	{                                                                      \
		.type = GV_OPT_STRING, .name = "html", .arg = "FILE",          \
		.at = offsetof(struct gv_doctor_out_opts, html),               \
		.help = "write a page with all figures to this file instead"   \
	}

/* Look, print, and with `fix` run the safe commands. 0 where nothing is wrong
 * (notes may be there), 1 where something is, or a failure. */
int
gv_doctor_out_run(struct gv_ctx *ctx, const struct gv_doctor_out_opts *opts);

#endif
