#ifndef CONFIG_JUDGE_H
#define CONFIG_JUDGE_H
/*
 * What `git vault drift` says of the differences of two configurations: whether
 * environments are made to differ there, or should not.
 */

#include "git-vault/config/config_view.h"

struct gv_config_judge;
struct gv_ctx;

struct gv_config_judged {
	const char *verdict; /* "intended", "drift" …; "same" for what differs
				by the name of the environment alone */
	const char *class;   /* NULL: none */
	const char *severity; /* NULL: none */
	const char *says;     /* a sentence without secrets; NULL: none */
};

/* Compare two views by the drift engine. 0, and the caller closes *out, before
 * the views; or a failure. */
int gv_config_judge_open(struct gv_config_judge **out, struct gv_ctx *ctx,
    const struct gv_config_view *left, const struct gv_config_view *right);

/* What it says of a key that is not the same on both sides. */
void gv_config_judge(struct gv_config_judged *out,
    const struct gv_config_judge *judge, const char *key);

/* NULL-safe; wipes the values that were compared. */
void gv_config_judge_close(struct gv_config_judge *judge);

#endif
