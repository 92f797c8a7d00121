#ifndef CONFIG_BEFORE_H
#define CONFIG_BEFORE_H
/*
 * What `config validate` asks of other parts: the configurations that were good
 * before, and whether the commits that are to be deployed were approved.
 */

#include "param/param_check.h"

#define GV_CONFIG_BEFORE 3 /* records that the present schemas have to take */

struct gv_ctx;
struct gv_oid;

struct gv_config_before {
	struct gv_param_before items[GV_CONFIG_BEFORE];
	char names[GV_CONFIG_BEFORE][96];
	size_t n;
};

/* Open the last known-good records of an environment. 0, and the caller closes
 * *out; a record that is damaged or of no snapshot ends the list. GV_ENOMEM,
 * GV_ECANCELED. */
int gv_config_before_open(
    struct gv_config_before *out, struct gv_ctx *ctx, const char *env);
void gv_config_before_close(struct gv_config_before *before);

/* Add what the protected branch would ask of the commits that it does not have
 * yet, as far as they are about files that were checked. `to` is the commit
 * that is judged; NULL: HEAD. 0 or a failure. */
int gv_config_check_approvals(
    struct gv_param_report *out, struct gv_ctx *ctx, const struct gv_oid *to);

#endif
