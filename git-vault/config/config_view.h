#ifndef CONFIG_VIEW_H
#define CONFIG_VIEW_H
/*
 * The options of `git vault config`, and the configuration of an environment at
 * a time, for its verbs and what prints them.
 */

#include <stdbool.h>

#include "git-vault/front/opt.h"
#include "git-vault/state/serve_go.h"
#include "param/param.h"
#include "repo/oid.h"

enum gv_config_form {
	GV_CONFIG_TEXT,
	GV_CONFIG_JSON,
	GV_CONFIG_YAML,
	GV_CONFIG_TFVARS,
	GV_CONFIG_ENV,
	GV_CONFIG_MAP,
	GV_CONFIG_SARIF,
	GV_CONFIG_JUNIT,
	GV_CONFIG_HTML,
};

struct gv_config_opts {
	const char *env, *service, *provider, *region, *host, *layout, *at;
	const char *name, *output, *layer, *as, *reason, *like;
	struct gv_opt_list identities; /* that open and sign */
	struct gv_opt_list apps;       /* of validate: versions */
	int form;                      /* of enum gv_config_form */
	bool origin, secrets, all, from_stdin, verify, removes, in_freeze;
	struct gv_serve_args serve;
};

struct gv_config_sealed;

struct gv_config_view {
	struct gv_param_pool *pool;
	struct gv_param *param;
	struct gv_param_query query;
	struct gv_oid tree; /* with has_tree: else it is the working tree */
	bool has_tree;
	char hex[GV_OID_HEX + 1];
	const char *env;    /* NULL: none was named */
	const char *commit; /* NULL: the working tree, or a snapshot */
	char *label;        /* of a side that is compared */
	bool reveals;       /* secrets are printed */
	struct gv_config_sealed *sealed; /* config_sealed.h; NULL: none */
};

#endif
