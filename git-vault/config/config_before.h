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

/* The last records of one environment at a time; `ctx` is set by the caller. */
struct gv_config_before {
	struct gv_ctx *ctx;
	char *env; /* whose they are; NULL: none was asked for */
	struct gv_param_before items[GV_CONFIG_BEFORE];
	char names[GV_CONFIG_BEFORE][96];
	size_t n;
};

/* Open those of an environment: gv_param_before_fn(), with such a struct. The
 * caller closes it at the end. */
int gv_config_before_of(
    const struct gv_param_before **out, size_t *n, void *ctx, const char *env);
void gv_config_before_close(struct gv_config_before *before);

/* Add what the protected branch would ask of the commits that it does not have
 * yet, as far as they are about files that were checked. `to` is the commit
 * that is judged; NULL: HEAD. 0 or a failure. */
int gv_config_check_approvals(
    struct gv_param_report *out, struct gv_ctx *ctx, const struct gv_oid *to);

#endif
